"""Foods and habits: alcohol, grapefruit, smoking, dairy …"""

from __future__ import annotations

from recommender.facts import LifestyleLimit
from recommender.knowledge import Knowledge
from recommender.safety.verdict import Check, Outcome, Verdict, to_missing, to_passed, to_silence
from recommender.situation import Situation, to_fact

CHECK = Check.FOOD_LIFESTYLE


def check_food_lifestyle(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Hold the drug's food and lifestyle rows against the patient's habits; an unknown habit is *not assessed*."""
    rows = knowledge.lifestyle_limits_of.get(drug, ())
    if not rows:
        return (to_silence(drug, CHECK, knowledge.coverage.get((drug, CHECK))),)
    return tuple(_check_row(row, situation, knowledge) for row in rows)


def _check_row(row: LifestyleLimit, situation: Situation, knowledge: Knowledge) -> Verdict:
    factor = row.factor.replace("_", " ")
    rule = f"{knowledge.name(row.drug)} with {factor}: {row.verdict}"
    habit = next((f for f in reversed(situation.patient.lifestyle) if f.factor == row.factor), None)
    if row.verdict == Outcome.OK:
        return Verdict(row.drug, CHECK, Outcome.OK, rule, (), row.citation, row.advice)
    if habit is None:
        return to_missing(row.drug, CHECK, f"{factor}: habit is not recorded; {rule}", row.advice, row.citation)
    fact = to_fact(f"{factor}: {habit.text or ('yes' if habit.present else 'no')}", habit.origin)
    if not habit.present:
        return to_passed(row.drug, CHECK, rule, knowledge.coverage.get((row.drug, CHECK)), (fact,), row.citation)
    outcome = Outcome(row.verdict)
    return Verdict(row.drug, CHECK, outcome, rule, (fact,), row.citation, row.advice, other=row.factor)
