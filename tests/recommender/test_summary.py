"""What a plan says that it knows: the record's words, what is missing, and how a value moved."""

from __future__ import annotations

from dataclasses import replace

from recommender.build_plan import build_plan
from recommender.patient import GenomicFinding, Mapping, Patient
from recommender.situation import build_situation
from recommender.summary import Known, summarise
from tests.recommender.worlds import INFECTION, allergic_to, measured, patient_with, small_world, taking

WORLD = small_world()


def known(patient: Patient) -> dict[str, Known]:
    return {k.what: k for k in summarise(build_situation(patient, WORLD), WORLD)}


def test_what_is_recorded_is_said_and_what_is_not_is_missing() -> None:
    found = known(patient_with(INFECTION))
    assert found["patient"].said == ("male, 40 years",)
    assert found["conditions"].said == ("infection",)
    assert found["medication now"] == Known("medication now", ("none, as the record states",))
    assert found["allergies"] == Known("allergies", ("none, as the record states",))
    assert {what for what, k in found.items() if k.is_missing} == {"kidney function", "liver function", "genetic tests"}
    silent = known(patient_with(INFECTION, no_known_allergies=False, no_medications=False))
    assert silent["allergies"] == Known("allergies", ("not recorded",), is_missing=True)
    assert silent["medication now"].is_missing


def test_a_value_is_shown_with_the_one_before_it() -> None:
    series = (measured("egfr_ml_min_1_73m2", 61, "2025-01-01"), measured("egfr_ml_min_1_73m2", 44, "2026-09-01"))
    found = known(patient_with(INFECTION, measurements=series))
    assert found["kidney function"].said == ("eGFR 44, was 61 on 2025-01-01 (as measured, 2026-09-01)",)
    found = known(patient_with(INFECTION, measurements=(measured("potassium_mmol_l", 4.2),)))
    assert found["values"].said == ("potassium 4.2 (2026-09-01)",)


def test_a_broad_mapping_is_told() -> None:
    patient = patient_with(INFECTION)
    broad = replace(patient.conditions[0].concept, text="rare infection of the toe", mapping=Mapping.BROAD)
    patient = replace(patient, conditions=(replace(patient.conditions[0], concept=broad),))
    assert known(patient)["conditions"].said == ("rare infection of the toe (read as the broader infection)",)


def test_pregnancy_is_asked_of_whom_it_may_concern() -> None:
    assert "pregnancy" not in known(patient_with(INFECTION))
    assert known(patient_with(INFECTION, sex="female"))["pregnancy"].is_missing
    assert known(patient_with(INFECTION, sex="female", pregnant=True))["pregnancy"].said == ("yes",)


def test_the_plan_carries_it_and_says_what_is_continued() -> None:
    patient = patient_with(
        INFECTION,
        medications=taking("DRUGBANK:M"),
        allergies=allergic_to("DRUGBANK:P"),
        genome=(GenomicFinding("EGFR", "L858R"),),
    )
    plan = build_plan(patient, WORLD)
    assert {k.what: k.said for k in plan.known}["genetic tests"] == ("EGFR L858R",)
    assert plan.actions(plan.conditions[0].condition) == ["start cephalosporin", "continue macrolide"]
