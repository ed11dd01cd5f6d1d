"""What speaks against the patient's current medications: alerts that stand outside the plan's lines."""

from __future__ import annotations

from typing import Final

from recommender.knowledge import Knowledge
from recommender.safety.gate import check_drug
from recommender.safety.verdict import Check, Outcome, Verdict
from recommender.situation import Situation

_ALERTING: Final = frozenset({Outcome.BLOCKED, Outcome.CAUTION})
_PAIRWISE: Final = frozenset({Check.INTERACTION, Check.DUPLICATE_THERAPY})


def check_current_medications(situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Every check on every current ingredient; a pair that speaks against each other is told once."""
    alerts: dict[tuple[str, ...], Verdict] = {}
    for drug in dict.fromkeys(t.drug for t in situation.taken):
        for verdict in (*check_drug(drug, situation, knowledge), *_duplicates(drug, situation, knowledge)):
            if verdict.outcome in _ALERTING:
                alerts.setdefault(_key(verdict), verdict)
    return tuple(sorted(alerts.values(), key=lambda v: -v.outcome.rank))


def _duplicates(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Duplicate therapy among the current ingredients, which the gate reads as continuation."""
    found = []
    for other in situation.taken:
        shared = [
            c for c in knowledge.classes_of_kind(drug, "therapeutic") if c in knowledge.classes_of.get(other.drug, ())
        ]
        if other.drug != drug and shared:
            rule = f"{knowledge.name(drug)} and {knowledge.name(other.drug)} are both {knowledge.name(shared[0])}"
            found.append(Verdict(drug, Check.DUPLICATE_THERAPY, Outcome.CAUTION, rule, (other.text,), other=other.drug))
    return tuple(found)


def _key(verdict: Verdict) -> tuple[str, ...]:
    if verdict.check in _PAIRWISE:
        return (verdict.check, *sorted((verdict.drug, verdict.other)), verdict.severity)
    return (verdict.check, verdict.drug, verdict.rule)
