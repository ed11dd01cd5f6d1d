"""CDS Hooks 2.0: discovery, the three services, and their feedback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.exceptions import HTTPException

from recommender.policy.served import Offer
from recommender.read_fhir import read_bundle
from recommender.recommend import Recommender
from recommender.service.cds_cards import Card, add_link, find_proposed, order_cards, plan_cards
from recommender.service.cds_orders import check_orders
from recommender.service.cds_request import PREFETCH, HookRequest, find_gaps, read_resources, to_bundle
from recommender.service.drift import to_bins
from recommender.service.parts import Caller, Here, Parts, Principal
from recommender.service.plan_routes import check_consent_audited, check_graph, count_plan
from recommender.service.planning import Made, with_mentions

router = APIRouter(prefix="/cds-services", tags=["CDS Hooks"])
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CdsService:
    """One entry of the discovery document and the function that makes its cards."""

    id: str
    hook: str
    title: str
    description: str
    make_cards: Callable[[Recommender, HookRequest, list[str]], Cards]


@dataclass(frozen=True, slots=True)
class Cards:
    """What a service made: its cards, and the plan behind them where there is one, with what its card offers by the
    suggestions' identifiers."""

    cards: list[Card]
    made: Made | None = None
    num_orders: int = 0
    offers: dict[str, Offer] = field(default_factory=dict)


def _view_patient(recommender: Recommender, request: HookRequest, gaps: list[str]) -> Cards:
    if "conditions" not in (request.prefetch or {}):
        raise HTTPException(412, 'A plan needs conditions: satisfy the prefetch template "conditions".')
    patient = with_mentions(read_bundle(to_bundle(read_resources(request))), ())
    plan = recommender.recommend(patient)
    outcome, kinds = "abstained" if plan.abstained else "planned", tuple(u.kind for u in plan.unmapped)
    cards = plan_cards(plan, gaps, request.field("patientId"), recommender.knowledge)
    suggested = zip(cards[0].get("suggestions", ()), find_proposed(plan), strict=True)
    offers = {s["uuid"]: Offer(x.condition.curie, tuple(d.curie for d in x.drugs), x.score) for s, x in suggested}
    return Cards(cards, Made("", patient.patient_id, outcome, kinds, to_bins(patient, plan)), offers=offers)


def _check_drafts(recommender: Recommender, request: HookRequest, gaps: list[str]) -> Cards:
    orders = check_orders(request, recommender)
    cards = order_cards(orders, gaps, request.field("patientId"), recommender.knowledge)
    return Cards(cards, num_orders=len(orders))


SERVICES: Final = (
    CdsService(
        "theragraph-patient-view",
        "patient-view",
        "Treatment plan",
        "Ranked treatments for active conditions that passed the safety checks, and alerts about current medication.",
        _view_patient,
    ),
    CdsService(
        "theragraph-order-select",
        "order-select",
        "Safety of selected orders",
        "Checks the selected medication orders against the record and the other drafts, and suggests replacements.",
        _check_drafts,
    ),
    CdsService(
        "theragraph-order-sign",
        "order-sign",
        "Safety of orders to be signed",
        "Checks every draft medication order against the record and the other drafts, and suggests replacements.",
        _check_drafts,
    ),
)


class FeedbackItem(BaseModel):
    """What became of one card. A clinician's free text is not kept: it may speak of the patient."""

    model_config = ConfigDict(extra="ignore")
    card: str = Field(min_length=1, max_length=100)
    outcome: Literal["accepted", "overridden"]
    acceptedSuggestions: list[dict[str, Any]] = Field(default=[], max_length=50)  # noqa: N815
    overrideReason: dict[str, Any] | None = None  # noqa: N815
    outcomeTimestamp: datetime  # noqa: N815

    @model_validator(mode="after")
    def _check_accepted(self) -> FeedbackItem:
        if self.outcome == "accepted" and not self.acceptedSuggestions:
            raise ValueError("acceptedSuggestions is required when the outcome is accepted")
        return self


class FeedbackRequest(BaseModel):
    """An object that holds an array, as the standard says."""

    feedback: list[FeedbackItem] = Field(max_length=1000)


@router.get("")
async def list_services() -> Json:
    """Return the discovery document."""
    return {
        "services": [
            {"hook": s.hook, "title": s.title, "description": s.description, "id": s.id, "prefetch": PREFETCH}
            for s in SERVICES
        ]
    }


@router.post("/{service_id}")
async def call_service(service_id: str, body: HookRequest, parts: Here, caller: Caller) -> Json:
    """Return cards, an empty list when nothing needs to be said; 412 when the patient was not prefetched."""
    service = _find_service(service_id)
    if body.hook != service.hook:
        raise HTTPException(400, f"The service {service_id} answers the hook {service.hook} only.")
    body.check()
    await check_graph(parts)
    patient_id = str(body.field("patientId"))
    resources = to_bundle(read_resources(body))
    await parts.worker.run(lambda: check_consent_audited(resources, parts, caller, patient_id))
    found = await parts.worker.plan(service.make_cards, body, [*parts.alarms, *find_gaps(body)])
    cards = [add_link(card, parts.config.public_url.rstrip("/")) for card in found.cards]
    await parts.worker.finish(lambda: _keep(service, cards, parts, caller, patient_id))
    parts.metrics.count_event("orders", "checked", found.num_orders)
    if (made := found.made) is not None:
        count_plan(made, parts)
        await parts.worker.finish(lambda: parts.slates.keep_card(cards[0]["uuid"], made.patient_id, found.offers))
    return {"cards": cards}


@router.post("/{service_id}/feedback")
async def keep_feedback(service_id: str, body: FeedbackRequest, parts: Here, caller: Caller) -> Json:
    """Keep what became of cards; every item is on the disk when the answer comes."""
    service = _find_service(service_id)
    entries = [_to_entry(service, item, caller) for item in body.feedback]
    await parts.worker.run(lambda: parts.keep_feedback(entries))
    await parts.worker.run(lambda: _pass_on(body.feedback, parts))
    for item in body.feedback:
        parts.metrics.count_event("cds_feedback", item.outcome)
    return {}


def _pass_on(items: list[FeedbackItem], parts: Parts) -> None:
    """Into the log that ranking policies learn from, where it is known which slate a card was made of."""
    for item in items:
        taken = item.acceptedSuggestions if item.outcome == "accepted" else []
        parts.slates.answer_card(item.card, [str(s.get("id", "")) for s in taken])


def _find_service(service_id: str) -> CdsService:
    found = next((s for s in SERVICES if s.id == service_id), None)
    if found is None:
        raise HTTPException(404, "There is no such service; GET /cds-services lists them.")
    return found


def _keep(service: CdsService, cards: list[Card], parts: Parts, caller: Principal, patient_id: str) -> None:
    """Audit the call, and keep which cards were shown so that feedback can be counted against them."""
    parts.metrics.count_event("hook", service.hook)
    parts.keep_feedback([_to_shown(service, card) for card in cards])
    kind = "plan_card" if service.hook == "patient-view" else "order_card"
    for card in cards:
        parts.metrics.count_event(kind, card["indicator"])
    parts.keep_access(caller, service.hook, f"{len(cards)} cards", patient=patient_id)


def _to_shown(service: CdsService, card: Card) -> Json:
    suggestions = [s["uuid"] for s in card.get("suggestions", ())]
    shown = {"card": card["uuid"], "indicator": card["indicator"], "suggestions": suggestions}
    return {"kind": "card", "service": service.id, **shown}


def _to_entry(service: CdsService, item: FeedbackItem, caller: Principal) -> Json:
    reason = (item.overrideReason or {}).get("reason")
    return {
        "kind": "cds",
        "service": service.id,
        "who": caller.name,
        "card": item.card,
        "outcome": item.outcome,
        "accepted": [str(s.get("id", ""))[:100] for s in item.acceptedSuggestions],
        "reason": str(reason.get("code", ""))[:100] if isinstance(reason, dict) else "",
        "at": item.outcomeTimestamp.isoformat(),
    }
