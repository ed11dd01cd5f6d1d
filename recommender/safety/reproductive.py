"""What pregnancy and lactation share: a state of the patient, and rows that say what holds in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from recommender.knowledge import Knowledge
from recommender.patient import Origin, Patient
from recommender.procedures import UTERUS_ABSENT
from recommender.safety.verdict import WOULD_BLOCK, Check, Outcome, Verdict, to_missing, to_silence
from recommender.situation import Situation, to_fact

CHILDBEARING_YEARS: Final = (10.0, 55.0)


def check_state(
    drug: str, check: Check, has_state: bool | None, origin: Origin, situation: Situation, knowledge: Knowledge
) -> tuple[Verdict, ...]:
    """Apply the drug's rows for the state; unknown is *not assessed*, and who cannot be in it is *ok*."""
    reason = cannot_apply(situation.patient, check)
    if reason and not has_state:
        return (Verdict(drug, check, Outcome.OK, f"does not apply: {reason}", (reason,)),)
    rows = [r for r in knowledge.reproductive_limits_of.get(drug, ()) if r.state == check]
    if has_state is None:
        told = "; ".join(f"{knowledge.name(drug)} is {r.verdict} in {check}" for r in rows)
        missing = f"whether {check} is present is not recorded" + (f"; {told}" if told else "")
        is_grave = check is Check.PREGNANCY and any(r.verdict == Outcome.BLOCKED for r in rows)
        verdict = to_missing(drug, check, missing, rows[0].advice if rows else "")
        return (replace(verdict, severity=WOULD_BLOCK) if is_grave else verdict,)
    fact = to_fact(f"{check}: {'yes' if has_state else 'no'}", origin)
    if not has_state:
        return (Verdict(drug, check, Outcome.OK, f"does not apply: no {check}", (fact,)),)
    if not rows:
        return (to_silence(drug, check, knowledge.coverage.get((drug, check)), (fact,)),)
    return tuple(
        Verdict(
            drug,
            check,
            Outcome(r.verdict),
            f"{knowledge.name(drug)} in {check}: {r.verdict}",
            (fact,),
            r.citation,
            r.advice,
        )
        for r in rows
    )


def cannot_apply(patient: Patient, check: Check) -> str:
    """Why the patient cannot be pregnant or breast-feeding, or "" when that is possible or unknown."""
    if patient.sex == "male":
        return "patient is male"
    if check is Check.PREGNANCY and any(UTERUS_ABSENT in p.concept.curies for p in patient.procedures):
        return "patient has had a hysterectomy"
    age = patient.age_years
    if age is None or CHILDBEARING_YEARS[0] <= age <= CHILDBEARING_YEARS[1]:
        return ""
    return f"patient is {age:.0f} years old"
