"""Drug–disease contraindication."""

from __future__ import annotations

from typing import Final

from recommender.facts import Contraindication
from recommender.knowledge import Knowledge
from recommender.safety.verdict import Check, Outcome, Verdict, to_missing, to_silence
from recommender.situation import Fact, Situation

CHECK = Check.CONTRAINDICATION
# Restrictions of a row that the state of the patient's condition answers.
ACTIVE: Final = frozenset({"active", "active or untreated", "current"})
ACUTE: Final = frozenset({"acute", "acute or recent", "recent"})


def check_contraindication(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Hold the drug's contraindications against what the patient has, broader concepts included.

    An absolute one blocks. It only warns when the row is limited to a population that words alone describe (save
    that a condition is active or acute), or when the fact is past or stands in a note only. A relative one warns. When
    only a broader concept was found for a condition, a rule on a narrower one is *not assessed*.
    """
    verdicts = [
        _to_verdict(row, situation.findings[row.condition], knowledge)
        for row in knowledge.contraindications_of.get(drug, ())
        if row.condition in situation.findings
    ]
    missing = (*_missing(drug, situation), *_undecided(drug, situation, knowledge))
    if not verdicts and not missing:
        listed = f"{len(situation.patient.conditions)} conditions on record"
        return (to_silence(drug, CHECK, knowledge.coverage.get((drug, CHECK)), (listed,)),)
    return (*verdicts, *missing)


def _to_verdict(row: Contraindication, facts: tuple[Fact, ...], knowledge: Knowledge) -> Verdict:
    is_certain = row.severity == "absolute" and any(_is_certain(row.population, fact) for fact in facts)
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


def _is_certain(population: str, fact: Fact) -> bool:
    """True when the fact is as the row's restriction asks, as far as the record says."""
    if not population:
        return not fact.is_weak
    return fact.is_active if population in ACTIVE else population in ACUTE and fact.is_recent


def _undecided(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Rules on narrower concepts than the one that was found for what the record says."""
    if not situation.broad_conditions:
        return ()
    rows = [r for r in knowledge.contraindications_of.get(drug, ()) if r.condition not in situation.findings]
    said = {
        knowledge.name(row.condition): situation.broad_conditions[broad]
        for row in rows
        for broad in situation.broad_conditions
        if knowledge.is_narrower(row.condition, broad)
    }
    return tuple(to_missing(drug, CHECK, f'whether "{text}" is {narrow} is not known') for narrow, text in said.items())


def _missing(drug: str, situation: Situation) -> tuple[Verdict, ...]:
    if situation.unmapped_conditions:
        names = ", ".join(situation.unmapped_conditions)
        return (to_missing(drug, CHECK, f"conditions that map to no concept could not be checked: {names}"),)
    if not situation.patient.conditions:
        return (to_missing(drug, CHECK, "no list of conditions on record"),)
    return ()
