"""Renal limits by eGFR or creatinine clearance."""

from __future__ import annotations

from typing import Final

from recommender.derive import Value, days_old
from recommender.facts import RenalLimit
from recommender.knowledge import Knowledge
from recommender.safety.verdict import Check, Outcome, Verdict, to_missing, to_passed, to_silence
from recommender.situation import Situation

CHECK = Check.RENAL
MAX_DAYS: Final = 365
_NAMES: Final = {"egfr_ml_min_1_73m2": "eGFR", "crcl_ml_min": "creatinine clearance"}


def check_renal(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Hold the drug's renal limits against the newest value.

    A value below a limit speaks however old it is; one above it says *ok* only when it is younger than a year.
    """
    limits = knowledge.renal_limits_of.get(drug, ())
    if not limits:
        return (to_silence(drug, CHECK, knowledge.coverage.get((drug, CHECK))),)
    return tuple(_worst_by_measure([_check_limit(limit, situation, knowledge) for limit in limits]))


def _worst_by_measure(verdicts: list[Verdict]) -> list[Verdict]:
    """Limits that apply; when none does, the one verdict that says least."""
    applying = [v for v in verdicts if v.outcome.rank >= Outcome.CAUTION.rank]
    missing = [v for v in verdicts if v.outcome is Outcome.NOT_ASSESSED]
    return applying + missing[:1] if applying or missing else verdicts[:1]


def _check_limit(limit: RenalLimit, situation: Situation, knowledge: Knowledge) -> Verdict:
    name = _NAMES.get(limit.measure, limit.measure)
    value = value_of(limit.measure, situation)
    rule = f"{knowledge.name(limit.drug)}: {limit.verdict} when {name} is below {limit.below:g}"
    if value is None:
        return _check_stand_in(limit, rule, situation)
    fact = f"{name} {value.shown} ({value.how}, {value.time[:10] or 'undated'})"
    if _is_open(value, limit):
        missing = f"{name} is only known to be {value.shown}; {rule}"
        return Verdict(limit.drug, CHECK, Outcome.NOT_ASSESSED, missing, (fact,), limit.citation, limit.advice)
    if value.value < limit.below:
        return Verdict(limit.drug, CHECK, Outcome(limit.verdict), rule, (fact,), limit.citation, limit.advice)
    age = days_old(value, situation.patient.as_of)
    if age is None or age > MAX_DAYS:
        return Verdict(
            limit.drug,
            CHECK,
            Outcome.NOT_ASSESSED,
            f"{name} is older than a year; {rule}",
            (fact,),
            limit.citation,
            limit.advice,
        )
    return to_passed(limit.drug, CHECK, rule, knowledge.coverage.get((limit.drug, CHECK)), (fact,), limit.citation)


def _is_open(value: Value, limit: RenalLimit) -> bool:
    """True when a value that is known as a bound only may lie on either side of the limit."""
    return (value.bound == "<" and value.value >= limit.below) or (value.bound == ">" and value.value < limit.below)


def _check_stand_in(limit: RenalLimit, rule: str, situation: Situation) -> Verdict:
    """Without a creatinine clearance a low eGFR speaks in its place; a normal one does not."""
    egfr = situation.derived.egfr_ml_min_1_73m2
    is_low = egfr is not None and egfr.value < limit.below and not _is_open(egfr, limit)
    if limit.measure == "crcl_ml_min" and egfr is not None and is_low:
        fact = f"eGFR {egfr.shown} in place of creatinine clearance, for which the weight is missing"
        return Verdict(limit.drug, CHECK, Outcome(limit.verdict), rule, (fact,), limit.citation, limit.advice)
    missing = f"{_NAMES.get(limit.measure, limit.measure)} is not known; {rule}"
    return to_missing(limit.drug, CHECK, missing, limit.advice, limit.citation)


def value_of(measure: str, situation: Situation) -> Value | None:
    """The patient's value of a limit's measure."""
    derived = situation.derived
    return derived.crcl_ml_min if measure == "crcl_ml_min" else derived.egfr_ml_min_1_73m2
