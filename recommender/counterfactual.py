"""What would have to be different for another treatment to come first: the smallest change of one fact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from recommender.candidates import Candidate
from recommender.knowledge import Knowledge
from recommender.naming import join_names
from recommender.patient import Measurement, Origin, Patient
from recommender.safety.gate import check_knowledge, check_regimen, is_blocked
from recommender.safety.qt import BLOCKED_QTC_MS
from recommender.safety.verdict import Check, Outcome, Verdict
from recommender.score import MIN_SCORE, Scored, score_candidate, verdict_points
from recommender.situation import Situation, build_situation

Change = tuple[str, Patient]

_HYPOTHETICAL: Final = Origin("what if", "9999-12-31")


def explain_exclusion(
    candidate: Candidate,
    verdicts: tuple[Verdict, ...],
    best: int | None,
    situation: Situation,
    knowledge: Knowledge,
    formulary: frozenset[str],
) -> str:
    """Return one sentence, or "" when more than one fact blocks it or no change of one fact would make it an option."""
    blocking = {v.check: v for v in verdicts if v.outcome is Outcome.BLOCKED}
    if len(blocking) != 1 or any(check_knowledge(drug, knowledge) for drug in candidate.drugs):
        return ""
    verdict = next(iter(blocking.values()))
    for words, patient in _smallest_change(verdict, situation.patient, knowledge):
        changed = _score_anew(candidate, build_situation(patient, knowledge), knowledge, formulary)
        if not is_blocked(changed.verdicts) and changed.score >= MIN_SCORE:
            place = "would be first" if best is None or changed.score > best else "would be an option"
            return f"{place} {words} (score {changed.score})"
    return ""


def explain_rank(
    scored: Scored, leader: Scored, situation: Situation, knowledge: Knowledge, formulary: frozenset[str]
) -> tuple[str, ...]:
    """What would put a lower-ranked regimen first: for each caution that alone keeps it down, the smallest change.

    Both regimens are checked and scored anew for the changed patient. Where no change of one fact that is known here
    does it, the caution's rule is named.
    """
    return tuple(
        _explain_flip(v, scored, leader, situation, knowledge, formulary)
        for v in scored.verdicts
        if v.outcome is Outcome.CAUTION and scored.score - verdict_points(v) > leader.score
    )


def _explain_flip(
    caution: Verdict,
    scored: Scored,
    leader: Scored,
    situation: Situation,
    knowledge: Knowledge,
    formulary: frozenset[str],
) -> str:
    for words, patient in _smallest_change(caution, situation.patient, knowledge):
        changed = build_situation(patient, knowledge)
        own = _score_anew(scored.candidate, changed, knowledge, formulary)
        other = _score_anew(leader.candidate, changed, knowledge, formulary)
        if own.score > max(other.score, MIN_SCORE) and not is_blocked(own.verdicts):
            return f"would be first {words} (score {own.score} against {other.score})"
    return f"would be first (score {scored.score - verdict_points(caution)}) without this: {caution.rule}"


def _score_anew(candidate: Candidate, situation: Situation, knowledge: Knowledge, formulary: frozenset[str]) -> Scored:
    verdicts = check_regimen(candidate.drugs, situation, knowledge)
    return score_candidate(candidate, verdicts, situation, knowledge, formulary)


def explain_lead(chosen: Scored, others: list[Scored], knowledge: Knowledge) -> tuple[str, ...]:
    """By how much the chosen regimen leads the best of the others: what would have to change to flip the two."""
    if not others:
        return ()
    second = max(others, key=lambda s: s.score)
    regimen = join_names(second, knowledge)
    margin = chosen.score - second.score
    if margin < 0:
        return (f"is {-margin} points behind {regimen}, which goes less well with the rest of the plan",)
    return (f"leads {regimen} by {margin} points",)


def _smallest_change(verdict: Verdict, patient: Patient, knowledge: Knowledge) -> Iterator[Change]:
    """Changes of one fact that could lift the verdict, the smallest first."""
    name = knowledge.name(verdict.other)
    if verdict.check is Check.RENAL:
        yield from _better_kidneys(verdict, patient, knowledge)
    elif verdict.check is Check.ALLERGY:
        allergies = tuple(a for a in patient.allergies if verdict.other not in a.concept.curies)
        yield f"without the allergy to {name}", replace(patient, allergies=allergies)
    elif verdict.check is Check.INTERACTION:
        left = tuple(m for m in patient.medications if verdict.other not in m.concept.curies)
        yield f"without {name}", replace(patient, medications=left)
    elif verdict.check is Check.CONTRAINDICATION:
        others = tuple(
            c for c in patient.conditions if not any(verdict.other in knowledge.closure(x) for x in c.concept.curies)
        )
        yield f"without {name}", replace(patient, conditions=others)
    elif verdict.check is Check.HEPATIC:
        yield from ((f"if Child-Pugh were {c}", replace(patient, child_pugh=c)) for c in ("B", "A"))
    elif verdict.check is Check.AGE:
        yield from _another_age(verdict, patient, knowledge)
    elif verdict.check is Check.PHARMACOGENOMICS:
        genome = tuple(g for g in patient.genome if g.gene not in (verdict.other, name))
        yield f"without this result of {name}", replace(patient, genome=genome)
    elif verdict.check is Check.FOOD_LIFESTYLE:
        habits = tuple(f for f in patient.lifestyle if f.factor != verdict.other)
        yield f"without {verdict.other.replace('_', ' ')}", replace(patient, lifestyle=habits)
    elif verdict.check in _SINGLE:
        words, change = _SINGLE[verdict.check]
        yield words, change(patient)


def _with_value(patient: Patient, measure: str, value: float, unit: str) -> Patient:
    return replace(patient, measurements=(*patient.measurements, Measurement(measure, value, unit, _HYPOTHETICAL)))


_SINGLE: Final[dict[Check, tuple[str, Callable[[Patient], Patient]]]] = {
    Check.PREGNANCY: ("if not pregnant", lambda p: replace(p, pregnant=False)),
    Check.LACTATION: ("if not breast-feeding", lambda p: replace(p, lactating=False)),
    Check.QT: (
        f"if QTc were below {BLOCKED_QTC_MS:g} ms",
        lambda p: _with_value(p, "qtc_ms", BLOCKED_QTC_MS - 1, "ms"),
    ),
}


def _better_kidneys(verdict: Verdict, patient: Patient, knowledge: Knowledge) -> Iterator[Change]:
    """The lowest eGFR or creatinine clearance at which no limit blocks, or warns, any more."""
    limits = [r for r in knowledge.renal_limits_of.get(verdict.drug, ()) if _is_as_bad(r.verdict, verdict)]
    egfr = max((r.below for r in limits if r.measure == "egfr_ml_min_1_73m2"), default=None)
    crcl = max((r.below for r in limits if r.measure == "crcl_ml_min"), default=None)
    if egfr is not None and crcl is None:
        yield f"if eGFR ≥ {egfr:g}", _with_value(patient, "egfr_ml_min_1_73m2", egfr, "mL/min/1.73m2")
    elif crcl is not None and egfr is None:
        without = tuple(m for m in patient.measurements if m.measure != "creatinine_mg_dl")
        better = _with_value(replace(patient, measurements=without), "crcl_ml_min", crcl, "mL/min")
        yield f"if creatinine clearance ≥ {crcl:g} mL/min", better


def _another_age(verdict: Verdict, patient: Patient, knowledge: Knowledge) -> Iterator[Change]:
    """The nearest age at which no limit blocks, or warns, any more."""
    limits = [r for r in knowledge.age_limits_of.get(verdict.drug, ()) if _is_as_bad(r.verdict, verdict)]
    low = max((r.min_years for r in limits if r.min_years is not None), default=None)
    high = min((r.max_years for r in limits if r.max_years is not None), default=None)
    for age, words in ((low, "from {:g} years on"), (high, "up to {:g} years")):
        if age is not None:
            yield words.format(age), replace(patient, birth_date=None, stated_age_years=age)


def _is_as_bad(of_limit: str, verdict: Verdict) -> bool:
    """Whether a limit must be lifted with the verdict: what blocks always, what warns if the verdict is a caution."""
    return of_limit == Outcome.BLOCKED or verdict.outcome is Outcome.CAUTION
