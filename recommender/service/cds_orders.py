"""The safety gate on draft orders: each order against the patient and the other orders of the session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException

from recommender.patient import Medication, Patient
from recommender.plan import Line
from recommender.read_fhir import read_bundle
from recommender.recommend import Recommender
from recommender.safety.gate import check_knowledge, check_regimen, is_blocked
from recommender.safety.verdict import Verdict
from recommender.service.cds_request import HookRequest, Resource, entries_of, read_resources, to_bundle
from recommender.service.planning import with_mentions
from recommender.situation import build_situation

MAX_ORDERS: Final = 30
MAX_ALTERNATIVES: Final = 3


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """What the gate says about one draft order. `drugs` is empty when the graph does not know what was ordered."""

    reference: str
    name: str
    drugs: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    alternatives: tuple[Line, ...]


def check_orders(request: HookRequest, recommender: Recommender) -> tuple[CheckedOrder, ...]:
    """Check the selected orders of `order-select`, all of `order-sign`; problem 400 when the context lacks a field."""
    drafts = list(entries_of(request.field("draftOrders")))
    orders = [r for r in drafts if r.get("resourceType") == "MedicationRequest"]
    if len(orders) > MAX_ORDERS:
        raise HTTPException(400, f"context.draftOrders holds more than {MAX_ORDERS} medication orders.")
    known = _without(read_resources(request), orders)
    helping = [r for r in drafts if r.get("resourceType") == "Medication"]
    selected = [o for o in orders if _is_selected(o, request) and o.get("doNotPerform") is not True]
    return tuple(_check(o, orders, [*known, *helping], recommender) for o in selected)


def to_reference(resource: Resource) -> str:
    """How other resources call this one."""
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _is_selected(order: Resource, request: HookRequest) -> bool:
    if request.hook != "order-select":
        return True
    selections: Any = request.field("selections")
    return isinstance(selections, list) and to_reference(order) in selections


def _without(resources: list[Resource], orders: list[Resource]) -> list[Resource]:
    """An order that is signed again stands in the record too; it is not its own duplicate."""
    drafted = {to_reference(o) for o in orders}
    return [r for r in resources if to_reference(r) not in drafted]


def _check(order: Resource, orders: list[Resource], known: list[Resource], recommender: Recommender) -> CheckedOrder:
    ordered = _read_order(order, known, recommender)
    others = [o for o in orders if o is not order]
    patient = recommender.map(with_mentions(read_bundle(to_bundle([*known, *others])), ()))
    if ordered is None or not ordered.concept.curies:
        name = ordered.concept.text if ordered else to_reference(order)
        return CheckedOrder(to_reference(order), name, (), (), ())
    drugs, knowledge = ordered.concept.curies, recommender.knowledge
    unknown = tuple(v for drug in drugs for v in check_knowledge(drug, knowledge))
    verdicts = (*unknown, *check_regimen(drugs, build_situation(patient, knowledge), knowledge))
    alternatives = _find_alternatives(ordered, patient, recommender) if is_blocked(verdicts) else ()
    name = " + ".join(knowledge.name(drug) for drug in drugs)
    return CheckedOrder(to_reference(order), name, drugs, verdicts, alternatives)


def _read_order(order: Resource, known: list[Resource], recommender: Recommender) -> Medication | None:
    """The order as the only medication of the patient; None when it has no name or names another patient."""
    helping = [r for r in known if r.get("resourceType") in ("Patient", "Medication")]
    as_order = {**order, "status": "draft", "intent": "order"}
    patient = recommender.map(read_bundle(to_bundle([*helping, as_order])))
    return patient.medications[0] if patient.medications else None


def _find_alternatives(ordered: Medication, patient: Patient, recommender: Recommender) -> tuple[Line, ...]:
    """The plan's best lines for what the blocked drug would have treated, without that drug."""
    treated = {
        row.condition for drug in ordered.concept.curies for row in recommender.knowledge.conditions_of.get(drug, ())
    }
    plan = recommender.recommend_mapped(patient)
    taken = {curie for m in patient.current_medications for curie in m.concept.curies}
    fitting = (
        line
        for line in plan.lines
        if line.condition.curie in treated and not _drugs(line) & {*taken, *ordered.concept.curies}
    )
    return tuple(fitting)[:MAX_ALTERNATIVES]


def _drugs(line: Line) -> set[str]:
    return {drug.curie for drug in line.drugs}
