"""Hepatic limits by Child-Pugh class."""

from __future__ import annotations

from typing import Final

from recommender.facts import Citation, HepaticLimit
from recommender.knowledge import Knowledge
from recommender.patient import Patient
from recommender.safety.verdict import Check, Outcome, Verdict, to_missing, to_passed, to_silence
from recommender.situation import Situation, is_stale

CHECK = Check.HEPATIC
# Below these values of bilirubin, and above this albumin, Pugh's table gives the least points (Pugh et al. 1973).
_MAX_BILIRUBIN_MG_DL: Final = 2.0
_MIN_ALBUMIN_G_DL: Final = 3.5
LIVER_DISEASE: Final = "DOID:409"


def check_hepatic(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Hold the drug's hepatic limits against the patient's Child-Pugh class.

    Without a class: no recorded liver disease and recent normal bilirubin and albumin count as no impairment; anything
    less is *not assessed*.
    """
    coverage = knowledge.coverage.get((drug, CHECK))
    limits = knowledge.hepatic_limits_of.get(drug, ())
    known = situation.derived.child_pugh
    fact = (f"Child-Pugh {known} ({situation.derived.child_pugh_how})",) if known else ()
    applying = tuple(limit for limit in limits if limit.child_pugh == known)
    if applying:
        return tuple(_to_verdict(limit, fact, knowledge) for limit in applying)
    if known or not limits:
        return (to_silence(drug, CHECK, coverage, fact),)
    return (_without_class(drug, limits, situation, coverage),)


def _to_verdict(limit: HepaticLimit, fact: tuple[str, ...], knowledge: Knowledge) -> Verdict:
    rule = f"{knowledge.name(limit.drug)}: {limit.verdict} in Child-Pugh {limit.child_pugh}"
    return Verdict(limit.drug, CHECK, Outcome(limit.verdict), rule, fact, limit.citation, limit.advice)


def _without_class(
    drug: str, limits: tuple[HepaticLimit, ...], situation: Situation, coverage: Citation | None
) -> Verdict:
    citation = limits[0].citation
    if LIVER_DISEASE not in situation.findings and _has_normal_liver_tests(situation.patient):
        rule = "limits apply in hepatic impairment, of which there is no sign"
        facts = ("normal bilirubin and albumin, no liver disease recorded",)
        return to_passed(drug, CHECK, rule, coverage, facts, citation)
    classes = ", ".join(f"{limit.child_pugh} {limit.verdict}" for limit in limits)
    missing = f"Child-Pugh class is not known; limits: {classes}"
    return to_missing(drug, CHECK, missing, limits[0].advice, citation)


def _has_normal_liver_tests(patient: Patient) -> bool:
    bilirubin, albumin = patient.latest("bilirubin_mg_dl"), patient.latest("albumin_g_dl")
    if bilirubin is None or albumin is None:
        return False
    if is_stale(bilirubin, patient.as_of) or is_stale(albumin, patient.as_of):
        return False
    return bilirubin.value < _MAX_BILIRUBIN_MG_DL and albumin.value > _MIN_ALBUMIN_G_DL
