"""Age limits."""

from __future__ import annotations

from recommender.facts import AgeLimit
from recommender.knowledge import Knowledge
from recommender.safety.verdict import Check, Outcome, Verdict, to_missing, to_passed, to_silence
from recommender.situation import Situation

CHECK = Check.AGE


def check_age(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Hold the drug's age limits against the patient's age."""
    limits, coverage = knowledge.age_limits_of.get(drug, ()), knowledge.coverage.get((drug, CHECK))
    if not limits:
        return (to_silence(drug, CHECK, coverage),)
    age = situation.patient.age_years
    if age is None:
        told = "; ".join(to_range(limit) for limit in limits)
        return (to_missing(drug, CHECK, f"age is not known; {told}", limits[0].advice, limits[0].citation),)
    fact = (f"age {age:g} years",)
    outside = [limit for limit in limits if _is_outside(age, limit)]
    if not outside:
        return (to_passed(drug, CHECK, to_range(limits[0]), coverage, fact, limits[0].citation),)
    return tuple(
        Verdict(drug, CHECK, Outcome(limit.verdict), to_range(limit), fact, limit.citation, limit.advice)
        for limit in outside
    )


def to_range(limit: AgeLimit) -> str:
    """The limit in words.

    >>> to_range(AgeLimit("x", 18.0, None, verdict="blocked"))
    'blocked below 18 years'
    """
    parts = [f"below {limit.min_years:g}"] if limit.min_years is not None else []
    parts += [f"above {limit.max_years:g}"] if limit.max_years is not None else []
    return f"{limit.verdict} {' and '.join(parts)} years"


def _is_outside(age: float, limit: AgeLimit) -> bool:
    too_young = limit.min_years is not None and age < limit.min_years
    too_old = limit.max_years is not None and age > limit.max_years
    return too_young or too_old
