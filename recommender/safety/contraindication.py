"""Drug–disease contraindication."""

from __future__ import annotations

from recommender.facts import Contraindication
from recommender.knowledge import Knowledge
from recommender.safety.verdict import Check, Outcome, Verdict, to_missing, to_silence
from recommender.situation import Fact, Situation

CHECK = Check.CONTRAINDICATION


def check_contraindication(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Hold the drug's contraindications against what the patient has, broader concepts included.

    An absolute one blocks. It only warns when the row is limited to a population that words alone describe, or when
    the fact is past or stands in a note only. A relative one warns.
    """
    verdicts = [
        _to_verdict(row, situation.findings[row.condition], knowledge)
        for row in knowledge.contraindications_of.get(drug, ())
        if row.condition in situation.findings
    ]
    missing = _missing(drug, situation)
    if not verdicts and not missing:
        listed = f"{len(situation.patient.conditions)} conditions on record"
        return (to_silence(drug, CHECK, knowledge.coverage.get((drug, CHECK)), (listed,)),)
    return (*verdicts, *missing)


def _to_verdict(row: Contraindication, facts: tuple[Fact, ...], knowledge: Knowledge) -> Verdict:
    is_certain = row.severity == "absolute" and not row.population and any(not fact.is_weak for fact in facts)
    limits = f", {row.population}" if row.population else ""
    names = f"{knowledge.name(row.drug)} is contraindicated in {knowledge.name(row.condition)}"
    return Verdict(
        drug=row.drug,
        check=CHECK,
        outcome=Outcome.BLOCKED if is_certain else Outcome.CAUTION,
        rule=f"{names} ({row.severity}{limits})",
        facts=tuple(fact.text for fact in facts),
        citation=row.citation,
        advice=row.rationale,
        severity=row.severity,
        other=row.condition,
    )


def _missing(drug: str, situation: Situation) -> tuple[Verdict, ...]:
    if situation.unmapped_conditions:
        names = ", ".join(situation.unmapped_conditions)
        return (to_missing(drug, CHECK, f"conditions that map to no concept could not be checked: {names}"),)
    if not situation.patient.conditions:
        return (to_missing(drug, CHECK, "no list of conditions on record"),)
    return ()
