"""What would have to be different for an excluded treatment to come first: the smallest change that flips it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from recommender.candidates import Candidate
from recommender.knowledge import Knowledge
from recommender.patient import Measurement, Origin, Patient
from recommender.safety.gate import check_knowledge, check_regimen, is_blocked
from recommender.safety.verdict import Check, Outcome, Verdict
from recommender.score import Scored, score_candidate, verdict_points
from recommender.situation import Situation, build_situation

_HYPOTHETICAL: Final = Origin("what if", "9999-12-31")


def explain_exclusion(
    candidate: Candidate,
    verdicts: tuple[Verdict, ...],
    best: int | None,
    situation: Situation,
    knowledge: Knowledge,
    formulary: frozenset[str],
) -> str:
    """Return one sentence, or "" when more than one fact blocks it or no change of one fact would let it pass."""
    blocking = {v.check: v for v in verdicts if v.outcome is Outcome.BLOCKED}
    if len(blocking) != 1 or any(check_knowledge(drug, knowledge) for drug in candidate.drugs):
        return ""
    verdict = next(iter(blocking.values()))
    change = _smallest_change(verdict, situation.patient, knowledge)
    if change is None:
        return ""
    words, patient = change
    changed = build_situation(patient, knowledge)
    rechecked = check_regimen(candidate.drugs, changed, knowledge)
    if is_blocked(rechecked):
        return ""
    score = score_candidate(candidate, rechecked, changed, knowledge, formulary).score
    place = "would be first" if best is None or score > best else "would be an option"
    return f"{place} {words} (score {score})"


def explain_rank(scored: Scored, best: int) -> tuple[str, ...]:
    """What would put a lower-ranked regimen first: the single caution without which it would lead."""
    return tuple(
        f"would be first (score {scored.score - verdict_points(v)}) without this: {v.rule}"
        for v in scored.verdicts
        if v.outcome is Outcome.CAUTION and scored.score - verdict_points(v) > best
    )


def _smallest_change(verdict: Verdict, patient: Patient, knowledge: Knowledge) -> tuple[str, Patient] | None:
    if verdict.check is Check.RENAL:
        return _better_kidneys(verdict.drug, patient, knowledge)
    if verdict.check is Check.ALLERGY:
        kept = tuple(a for a in patient.allergies if verdict.other not in a.concept.curies)
        return f"without the allergy to {knowledge.name(verdict.other)}", replace(patient, allergies=kept)
    if verdict.check is Check.INTERACTION:
        left = tuple(m for m in patient.medications if verdict.other not in m.concept.curies)
        return f"without {knowledge.name(verdict.other)}", replace(patient, medications=left)
    if verdict.check is Check.CONTRAINDICATION:
        others = tuple(
            c for c in patient.conditions if not any(verdict.other in knowledge.closure(x) for x in c.concept.curies)
        )
        return f"without {knowledge.name(verdict.other)}", replace(patient, conditions=others)
    if verdict.check is Check.PREGNANCY:
        return "if not pregnant", replace(patient, pregnant=False)
    return None


def _better_kidneys(drug: str, patient: Patient, knowledge: Knowledge) -> tuple[str, Patient] | None:
    """The lowest eGFR at which no limit blocks any more."""
    limits = [
        limit.below
        for limit in knowledge.renal_limits_of.get(drug, ())
        if limit.verdict == Outcome.BLOCKED and limit.measure == "egfr_ml_min_1_73m2"
    ]
    if not limits:
        return None
    value = Measurement("egfr_ml_min_1_73m2", max(limits), "mL/min/1.73m2", _HYPOTHETICAL)
    return f"if eGFR ≥ {max(limits):g}", replace(patient, measurements=(*patient.measurements, value))
