"""The gate's semantics: silence, missing facts, unmapped facts, and what blocks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recommender.facts import Concept as Node
from recommender.facts import Contraindication, Interaction, Membership
from recommender.knowledge import Knowledge
from recommender.patient import Allergy, Condition, Mapping, Medication, Origin, Patient
from recommender.safety.gate import CHECKS, check_drug, check_knowledge, is_blocked
from recommender.safety.verdict import Check, Outcome, worst
from recommender.situation import build_situation
from tests.recommender.worlds import (
    CLOT,
    DRUGS,
    INFECTION,
    NSAID,
    PARACETAMOL,
    PENICILLIN,
    ULCER,
    WARFARIN,
    allergic_to,
    measured,
    patient_with,
    small_rows,
    small_world,
    taking,
    unknown,
)

WORLD = small_world()


def outcome(drug: str, patient: Patient, check: Check, knowledge: Knowledge = WORLD) -> Outcome:
    return worst(CHECKS[check](drug, build_situation(patient, knowledge), knowledge))


def test_a_covered_drug_without_anything_against_it_is_ok() -> None:
    verdicts = check_drug(PENICILLIN, build_situation(patient_with(INFECTION), WORLD), WORLD)
    not_ok = {v.check for v in verdicts if v.outcome is not Outcome.OK}
    assert not_ok == {Check.RENAL, Check.DUPLICATE_THERAPY}  # no coverage row; no therapeutic class known


@pytest.mark.parametrize("check", [Check.CONTRAINDICATION, Check.INTERACTION, Check.AGE, Check.QT, Check.HEPATIC])
def test_silence_without_coverage_is_not_assessed(check: Check) -> None:
    uncovered = Knowledge.from_rows(replace(small_rows(), coverage=()))
    assert outcome(PENICILLIN, patient_with(INFECTION), check, uncovered) is Outcome.NOT_ASSESSED


def test_an_absolute_contraindication_blocks_and_a_relative_one_warns() -> None:
    assert outcome(NSAID, patient_with(ULCER), Check.CONTRAINDICATION) is Outcome.BLOCKED
    assert outcome(PARACETAMOL, patient_with(ULCER), Check.CONTRAINDICATION) is Outcome.CAUTION


def test_a_past_condition_warns_only() -> None:
    past = patient_with(ULCER)
    past = replace(past, conditions=tuple(replace(c, status="resolved") for c in past.conditions))
    assert outcome(NSAID, past, Check.CONTRAINDICATION) is Outcome.CAUTION


def test_an_interaction_by_class_blocks_in_either_order() -> None:
    assert outcome(NSAID, patient_with(INFECTION, medications=taking(WARFARIN)), Check.INTERACTION) is Outcome.BLOCKED
    assert outcome(WARFARIN, patient_with(INFECTION, medications=taking(NSAID)), Check.INTERACTION) is Outcome.BLOCKED


def test_unmapped_facts_make_their_checks_not_assessed() -> None:
    plain = patient_with(INFECTION)
    condition = replace(plain, conditions=(*plain.conditions, Condition(unknown(), "active")))
    medication = replace(plain, medications=(Medication(unknown(), "active"),))
    allergy = replace(plain, allergies=(Allergy(unknown()),))
    for drug in DRUGS:
        assert outcome(drug, condition, Check.CONTRAINDICATION).rank >= Outcome.NOT_ASSESSED.rank
        assert outcome(drug, medication, Check.INTERACTION).rank >= Outcome.NOT_ASSESSED.rank
        assert outcome(drug, allergy, Check.ALLERGY).rank >= Outcome.NOT_ASSESSED.rank


def test_empty_lists_are_not_statements_that_there_is_nothing() -> None:
    bare = patient_with(INFECTION, no_known_allergies=False, no_medications=False)
    assert outcome(PENICILLIN, bare, Check.ALLERGY) is Outcome.NOT_ASSESSED
    assert outcome(PENICILLIN, bare, Check.INTERACTION) is Outcome.NOT_ASSESSED


def test_a_medication_without_status_counts_as_current() -> None:
    medications = tuple(replace(m, status="") for m in taking(WARFARIN))
    assert outcome(NSAID, patient_with(INFECTION, medications=medications), Check.INTERACTION) is Outcome.BLOCKED
    stopped = tuple(replace(m, status="stopped") for m in taking(WARFARIN))
    assert outcome(NSAID, patient_with(INFECTION, medications=stopped), Check.INTERACTION) is Outcome.OK


def test_an_allergy_reaches_the_class_and_what_cross_reacts() -> None:
    allergic = patient_with(INFECTION, allergies=allergic_to(PENICILLIN))
    assert outcome("DRUGBANK:A", allergic, Check.ALLERGY) is Outcome.BLOCKED
    assert outcome("DRUGBANK:C", allergic, Check.ALLERGY) is Outcome.CAUTION
    assert outcome("DRUGBANK:M", allergic, Check.ALLERGY) is Outcome.OK


def test_an_intolerance_warns() -> None:
    allergic = patient_with(INFECTION, allergies=allergic_to(PENICILLIN, kind="intolerance"))
    assert outcome(PENICILLIN, allergic, Check.ALLERGY) is Outcome.CAUTION


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((), Outcome.NOT_ASSESSED),
        ((measured("egfr_ml_min_1_73m2", 29.9),), Outcome.BLOCKED),
        ((measured("egfr_ml_min_1_73m2", 30.0),), Outcome.OK),
        ((measured("egfr_ml_min_1_73m2", 80.0, "2020-01-01"),), Outcome.NOT_ASSESSED),
        ((measured("egfr_ml_min_1_73m2", 20.0, "2020-01-01"),), Outcome.BLOCKED),
    ],
)
def test_renal_limits_need_a_recent_value_to_be_ok(values: tuple[object, ...], expected: Outcome) -> None:
    assert outcome(NSAID, patient_with(INFECTION, measurements=values), Check.RENAL) is expected


def test_a_drug_without_any_safety_knowledge_is_named_so() -> None:
    verdicts = check_knowledge("DRUGBANK:UNHEARD", WORLD)
    assert [v.check for v in verdicts] == [Check.CONTRAINDICATION, Check.INTERACTION]
    assert not is_blocked(verdicts)
    assert check_knowledge(PENICILLIN, WORLD) == ()


GLAUCOMA, ANGLE_CLOSURE = "DOID:5", "DOID:6"


def glaucoma_world() -> Knowledge:
    rows = small_rows()
    return Knowledge.from_rows(
        replace(
            rows,
            concepts=(*rows.concepts, Node(GLAUCOMA, "glaucoma", "Disease"), Node(ANGLE_CLOSURE, "closed", "Disease")),
            contraindications=(*rows.contraindications, Contraindication(PENICILLIN, ANGLE_CLOSURE, "absolute")),
            parents=((ANGLE_CLOSURE, GLAUCOMA),),
        )
    )


def test_what_was_mapped_to_a_broader_concept_is_not_assessed_where_a_rule_is_narrower() -> None:
    world, patient = glaucoma_world(), patient_with(GLAUCOMA)
    broad = tuple(replace(c, concept=replace(c.concept, mapping=Mapping.BROAD)) for c in patient.conditions)
    assert outcome(PENICILLIN, patient, Check.CONTRAINDICATION, world) is Outcome.OK
    assert (
        outcome(PENICILLIN, replace(patient, conditions=broad), Check.CONTRAINDICATION, world) is Outcome.NOT_ASSESSED
    )


@pytest.mark.parametrize(
    ("words", "status", "onset", "expected"),
    [
        ("active", "active", "2001-01-01", Outcome.BLOCKED),
        ("active", "", "", Outcome.CAUTION),
        ("acute or recent", "active", "2026-09-01", Outcome.BLOCKED),
        ("acute or recent", "active", "2001-01-01", Outcome.CAUTION),
        ("acute or recent", "resolved", "2026-09-01", Outcome.CAUTION),
        ("mechanical prosthetic valve", "active", "2026-09-01", Outcome.CAUTION),
    ],
)
def test_a_row_on_active_or_acute_disease_blocks_when_the_record_says_so(
    words: str, status: str, onset: str, expected: Outcome
) -> None:
    rows = replace(small_rows(), contraindications=(Contraindication(WARFARIN, ULCER, "absolute", words),))
    patient = patient_with(ULCER)
    patient = replace(
        patient, conditions=tuple(replace(c, status=status, origin=Origin("c", onset)) for c in patient.conditions)
    )
    assert outcome(WARFARIN, patient, Check.CONTRAINDICATION, Knowledge.from_rows(rows)) is expected


def test_silence_about_one_of_a_class_that_interacts_is_not_assessed() -> None:
    """Four of five inhibitors interact severely with warfarin: the fifth's silence is a gap."""
    inhibitors = [f"DRUGBANK:I{i}" for i in range(5)]
    rows = small_rows()
    world = Knowledge.from_rows(
        replace(
            rows,
            concepts=(
                *rows.concepts,
                Node("theragraph.class:i", "inhibitors", "ChemicalEntity", kind="pharmacological"),
            ),
            memberships=(*rows.memberships, *(Membership(d, "theragraph.class:i") for d in inhibitors)),
            interactions=tuple(Interaction(WARFARIN, d, "major") for d in inhibitors[:4]),
        )
    )
    silent = patient_with(CLOT, medications=taking(inhibitors[4]))
    unrelated = patient_with(CLOT, medications=taking(PARACETAMOL))
    assert outcome(WARFARIN, silent, Check.INTERACTION, world) is Outcome.NOT_ASSESSED
    assert outcome(WARFARIN, unrelated, Check.INTERACTION, world) is Outcome.OK
