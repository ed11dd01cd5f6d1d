"""Cards (CDS Hooks 2.0, "CDS Service Response"): what the plan or the gate says, with what can be done about it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from recommender.knowledge import Knowledge
from recommender.plan import DISCLAIMER, RECOMMENDED, Line, Plan
from recommender.safety.verdict import Check, Outcome, Verdict
from recommender.service.cds_orders import CheckedOrder
from recommender.service.cds_summary import to_markdown, to_summary
from recommender.service.feedback_routes import OverrideReason

Card = dict[str, Any]

MAX_ALERTS: Final = 10
MAX_NAMED_CHECKS: Final = 3
OVERRIDE_SYSTEM: Final = "https://w3id.org/theragraph/override-reason"
_RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
_SOURCE: Final = "TheraGraph"
_VITAL: Final = frozenset({Check.CONTRAINDICATION, Check.INTERACTION, Check.ALLERGY})
_VERBS: Final = {Outcome.BLOCKED: "Do not give", Outcome.CAUTION: "Caution", Outcome.NOT_ASSESSED: "Not assessed"}
_INDICATORS: Final = {Outcome.BLOCKED: "critical", Outcome.CAUTION: "warning", Outcome.NOT_ASSESSED: "info"}


def order_cards(orders: Iterable[CheckedOrder], gaps: Sequence[str], patient_id: str, know: Knowledge) -> list[Card]:
    """Cards for what speaks against draft orders; none for an order that nothing speaks against."""
    made = (_unknown_card(o, gaps) if not o.drugs else _order_card(o, gaps, patient_id, know) for o in orders)
    return [card for card in made if card is not None]


def plan_cards(plan: Plan, gaps: Sequence[str], patient_id: str, know: Knowledge) -> list[Card]:
    """The plan in one card, then the alerts about current medication, the gravest first."""
    alerts = [_verdict_card((v,), plan.name(v.drug), gaps) for v in plan.alerts[:MAX_ALERTS]]
    left = len(plan.alerts) - len(alerts)
    if left > 0:
        alerts.append(_card(to_summary("More alerts", f"{left} about current medication"), "warning", [], gaps))
    return [_plan_card(plan, gaps, patient_id, know), *alerts]


def find_proposed(plan: Plan) -> list[Line]:
    """The lines that the plan's card makes suggestions of, in their order: recommended, and not taken already."""
    chosen = (line for line in plan.lines if line.role == RECOMMENDED)
    return [line for line in chosen if not any(c.name == "continuity" for c in line.contributions)]


def add_link(card: Card, public_url: str) -> Card:
    """The card with a link to the page."""
    return card | {"links": [{"label": "Open TheraGraph", "url": f"{public_url}/", "type": "absolute"}]}


def _order_card(order: CheckedOrder, gaps: Sequence[str], patient_id: str, know: Knowledge) -> Card | None:
    telling = [v for v in order.verdicts if v.outcome in (Outcome.BLOCKED, Outcome.CAUTION)]
    silent = [v for v in order.verdicts if v.outcome is Outcome.NOT_ASSESSED]
    vital = [v for v in silent if v.check in _VITAL]
    if not telling and not vital:
        return None
    ordered = (*sorted(telling, key=lambda v: -v.outcome.rank), *vital, *(v for v in silent if v not in vital))
    card = _verdict_card(ordered, order.name, gaps)
    if any(v.outcome is Outcome.BLOCKED for v in telling):
        card |= _suggestions(
            [_replacement(order, line, patient_id, know) for line in order.alternatives] or [_removal(order)],
            "at-most-one",
        )
    return card


def _unknown_card(order: CheckedOrder, gaps: Sequence[str]) -> Card:
    said = "the graph does not know what was ordered, so no check was made"
    return _card(to_summary("Not assessed (any check)", order.name, said), "warning", [f"{order.name}: {said}"], gaps)


def _verdict_card(verdicts: Sequence[Verdict], name: str, gaps: Sequence[str]) -> Card:
    """One card for everything that the gate says about one drug; the first verdict is the gravest."""
    first = verdicts[0]
    is_silent = first.outcome is Outcome.NOT_ASSESSED
    alike = (v for v in verdicts if v.outcome is first.outcome and not (is_silent and v.check not in _VITAL))
    checks = dict.fromkeys(_words(v.check) for v in alike)
    rule = first.rule if len(checks) == 1 else "see the detail"
    said = ", ".join(checks) if len(checks) <= MAX_NAMED_CHECKS else f"{len(checks)} checks"
    summary = to_summary(f"{_VERBS[first.outcome]} ({said})", name, rule)
    details = [_verdict_line(v) for v in verdicts]
    return _card(summary, _INDICATORS[first.outcome], details, gaps, first.citation.label)


def _verdict_line(verdict: Verdict) -> str:
    words = f"{_VERBS[verdict.outcome]} ({_words(verdict.check)}): {verdict.rule}"
    facts = f" [{'; '.join(verdict.facts)}]" if verdict.facts else ""
    advice = f" {verdict.advice.rstrip('.')}." if verdict.advice else ""
    source = f" Source: {verdict.citation.label}." if verdict.citation.label else ""
    return f"{words}{facts}.{advice}{source}"


def _plan_card(plan: Plan, gaps: Sequence[str], patient_id: str, know: Knowledge) -> Card:
    chosen = [line for line in plan.lines if line.role == RECOMMENDED]
    if not chosen:
        return _card(to_summary("No recommendation", plan.reason or "see the detail"), "info", [plan.reason], gaps)
    named = [f"{line.regimen} for {line.condition.name}" for line in chosen]
    several = len(chosen) > 1
    summary = to_summary(
        "Proposed", f"{len(chosen)} treatments" if several else named[0], "; ".join(named) if several else ""
    )
    details = [f"{text} (score {line.score}, evidence {line.level})" for text, line in zip(named, chosen, strict=True)]
    card = _card(summary, "info", details, gaps)
    return card | _suggestions([_proposal(line, patient_id, know) for line in find_proposed(plan)], "any")


def _card(summary: str, indicator: str, details: Sequence[str], gaps: Sequence[str], source: str = "") -> Card:
    lines = [*details, *(f"Not complete: {gap}" for gap in gaps), DISCLAIMER]
    return {
        "uuid": str(uuid.uuid4()),
        "summary": summary,
        "indicator": indicator,
        "detail": "\n".join(f"- {to_markdown(line)}" for line in lines if line),
        "source": {"label": source or _SOURCE},
        "overrideReasons": [
            {"code": reason.value, "system": OVERRIDE_SYSTEM, "display": reason.value.replace("-", " ").capitalize()}
            for reason in OverrideReason
        ],
    }


def _suggestions(suggestions: list[Card], behavior: str) -> Card:
    return {"suggestions": suggestions, "selectionBehavior": behavior} if suggestions else {}


def _removal(order: CheckedOrder) -> Card:
    return _suggestion(f"Remove the order of {order.name}", [_delete(order)])


def _replacement(order: CheckedOrder, line: Line, patient_id: str, know: Knowledge) -> Card:
    label = f"Replace {order.name} by {line.regimen}{_warning(line)}"
    return _suggestion(label, [_delete(order), *_creates(line, patient_id, know)])


def _proposal(line: Line, patient_id: str, know: Knowledge) -> Card:
    return _suggestion(f"Draft an order of {line.regimen}{_warning(line)}", _creates(line, patient_id, know))


def _suggestion(label: str, actions: list[Card]) -> Card:
    return {"label": label, "uuid": str(uuid.uuid4()), "actions": actions}


def _delete(order: CheckedOrder) -> Card:
    return {"type": "delete", "description": f"Remove the order of {order.name}", "resourceId": order.reference}


def _creates(line: Line, patient_id: str, know: Knowledge) -> list[Card]:
    """One draft order a drug of the regimen."""
    return [
        {
            "type": "create",
            "description": f"Draft an order of {drug.name}",
            "resource": {
                "resourceType": "MedicationRequest",
                "id": str(uuid.uuid4()),
                "status": "draft",
                "intent": "order",
                "medicationCodeableConcept": _concept(drug.curie, drug.name, know),
                "subject": {"reference": f"Patient/{patient_id}"},
                "reasonCode": [{"text": line.condition.name}],
            },
        }
        for drug in line.drugs
    ]


def _concept(curie: str, name: str, know: Knowledge) -> Card:
    """The drug's name with its RxNorm code, where the graph knows it."""
    node = know.concepts.get(curie)
    codes = [x.partition(":")[2] for x in (curie, *(node.xrefs if node else ())) if x.startswith("RXCUI:")]
    coding = {"coding": [{"system": _RXNORM, "code": codes[0], "display": name}]} if codes else {}
    return {**coding, "text": name}


def _warning(line: Line) -> str:
    """What the gate warns of, so that nobody takes a suggestion for safer than it is."""
    checks = dict.fromkeys(_words(v.check) for v in line.verdicts if v.outcome is Outcome.CAUTION)
    return f" – caution: {', '.join(checks)}" if checks else ""


def _words(check: Check) -> str:
    return check.value.replace("_", " ")
