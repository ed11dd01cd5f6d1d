"""What was tried before, and what operations leave behind, on the hand-made world and in FHIR."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from recommender.build_plan import build_plan
from recommender.patient import Concept as Said
from recommender.patient import Medication, Origin, Patient, Procedure, StopReason
from recommender.procedures import map_procedure
from recommender.read_yaml import read_plain
from recommender.safety.gate import CHECKS
from recommender.safety.verdict import Check, Outcome, worst
from recommender.situation import build_situation
from tests.recommender.test_read_fhir import SNOMED, TODAY, code, read
from tests.recommender.worlds import (
    CEPHALOSPORIN,
    INFECTION,
    PAIN,
    PENICILLIN,
    patient_with,
    said,
    small_world,
)

WORLD = small_world()


def stopped(drug: str, reason: StopReason, given_for: str = "") -> Patient:
    medication = Medication(
        said(drug), "stopped", reason=given_for, origin=Origin("m", "2026-01-02"), stop_reason=reason
    )
    return patient_with(INFECTION, medications=(medication,))


def first(patient: Patient) -> str:
    return build_plan(patient, WORLD).lines[0].drugs[0].curie


def test_what_failed_is_left_out_with_its_reason_and_the_next_line_counts_as_first() -> None:
    plan = build_plan(stopped(PENICILLIN, StopReason.INEFFECTIVE), WORLD)
    assert PENICILLIN not in {d.curie for line in plan.lines for d in line.drugs}
    (left,) = [x for x in plan.left_out if x.drugs[0].curie == PENICILLIN]
    assert left.reason == "was tried before: penicillin (stopped: ineffective, 2026-01-02, m)"
    line = plan.lines[0]
    assert line.drugs[0].curie == CEPHALOSPORIN
    points = {c.name: (c.value, c.because) for c in line.contributions}["line_of_therapy"]
    assert points == (150, "line 2, line 1 failed")


def test_a_failure_counts_only_for_what_it_was_given_for() -> None:
    assert first(stopped(PENICILLIN, StopReason.INEFFECTIVE, "infection")) == CEPHALOSPORIN
    both = replace(
        stopped(PENICILLIN, StopReason.INEFFECTIVE, "pain"), conditions=patient_with(INFECTION, PAIN).conditions
    )
    assert first(both) == PENICILLIN


def test_what_was_not_tolerated_is_a_caution() -> None:
    situation = build_situation(stopped(PENICILLIN, StopReason.NOT_TOLERATED), WORLD)
    assert worst(CHECKS[Check.ALLERGY](PENICILLIN, situation, WORLD)) is Outcome.CAUTION


def test_a_drug_that_is_taken_again_counts_as_taken_not_as_failed() -> None:
    again = replace(stopped(PENICILLIN, StopReason.INEFFECTIVE).medications[0], status="active")
    assert build_situation(patient_with(INFECTION, medications=(again,)), WORLD).tried == ()


@pytest.mark.parametrize(
    ("resource", "field"),
    [("MedicationRequest", {"statusReason": code("Treatment failure")}),
     ("MedicationStatement", {"statusReason": [code("Lack of efficacy")]})],
)  # fmt: skip
def test_fhir_says_why_a_medication_was_stopped(resource: str, field: dict[str, Any]) -> None:
    given = {"resourceType": resource, "status": "stopped", "medicationCodeableConcept": code("metformin"), **field}
    (medication,) = read(given).medications
    assert medication.stop_reason is StopReason.INEFFECTIVE
    assert not medication.is_current


def test_the_plain_form_says_it_too() -> None:
    document = {"patient_id": "p", "medications": [{"name": "metformin", "stop_reason": "diarrhoea, side effects"}]}
    (medication,) = read_plain(document, as_of=TODAY).medications
    assert (medication.status, medication.stop_reason) == ("stopped", StopReason.NOT_TOLERATED)


def done(text: str, status: str = "completed", value: str = "1") -> Procedure:
    resource = {
        "resourceType": "Procedure",
        "status": status,
        "code": code(text, SNOMED, value),
        "performedDateTime": "2020-05-01",
    }
    return map_procedure(read(resource).procedures[0])


def test_a_procedure_has_its_time_and_place_and_becomes_the_state_that_it_leaves() -> None:
    procedure = done("Transplantation of liver (procedure)")
    assert procedure.origin == Origin("Bundle.entry[1].resource", "2020-05-01")
    assert procedure.concept.curies == ("MESH:D016031",)
    assert done("coronary artery bypass grafting").concept.curies == ("DOID:3393",)
    assert done("something in another language", value="18027006").concept.curies == ("MESH:D016031",)


@pytest.mark.parametrize(
    "procedure", [done("Transplantation of liver", "not-done"), done("Liver transplant evaluation"), done("X-ray")]
)
def test_what_was_not_done_or_leaves_nothing_is_no_state(procedure: Procedure) -> None:
    assert procedure.concept.curies == ()


def test_a_hysterectomy_rules_pregnancy_out() -> None:
    woman = patient_with(INFECTION, sex="female", procedures=(map_procedure(Procedure(Said("hysterectomy"))),))
    situation = build_situation(woman, WORLD)
    assert worst(CHECKS[Check.PREGNANCY](PENICILLIN, situation, WORLD)) is Outcome.OK
    unknown = build_situation(replace(woman, procedures=()), WORLD)
    assert worst(CHECKS[Check.PREGNANCY](PENICILLIN, unknown, WORLD)) is Outcome.NOT_ASSESSED


def sequence(**changes: Any) -> dict[str, Any]:
    """EGFR L858R as ClinVar places it on GRCh37: 7:55259515 T>G."""
    reference = {"referenceSeqId": code("NC_000007.13", "http://www.ncbi.nlm.nih.gov/nuccore", "NC_000007.13"),
                 "genomeBuild": "GRCh37"}  # fmt: skip
    variant = {"start": 55259515, "end": 55259515, "referenceAllele": "T", "observedAllele": "G"}
    return {"resourceType": "MolecularSequence", "coordinateSystem": 1, "type": "dna", "referenceSeq": reference,
            "variant": [variant], **changes}  # fmt: skip


def test_a_known_variant_of_a_molecular_sequence_is_a_finding() -> None:
    (finding,) = read(sequence()).genome
    assert (finding.gene, finding.finding) == ("EGFR", "L858R, at least one copy")
    assert finding.origin.where == "Bundle.entry[1].resource.variant[0]"


def test_zero_based_coordinates_are_shifted() -> None:
    variant = {"start": 55259514, "referenceAllele": "T", "observedAllele": "G"}
    assert read(sequence(coordinateSystem=0, variant=[variant])).genome[0].gene == "EGFR"
    assert read(sequence(coordinateSystem=1, variant=[variant])).genome == ()


def test_an_unknown_variant_is_reported_with_its_path() -> None:
    patient = read(sequence(variant=[{"start": 1, "referenceAllele": "A", "observedAllele": "C"}]))
    assert patient.genome == ()
    (issue,) = patient.issues
    assert issue.path == "Bundle.entry[1].resource.variant[0]"
    assert issue.problem == "7:1 A>C is no variant that a rule reads"


def test_a_sequence_without_a_place_is_reported() -> None:
    assert "has no position" in read(sequence(referenceSeq={})).issues[0].problem
