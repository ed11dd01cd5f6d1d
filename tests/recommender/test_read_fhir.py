"""What each kind of resource becomes; expectations from the FHIR R4 definitions."""

from __future__ import annotations

import base64
from datetime import date
from typing import Any

import pytest

from recommender.patient import Patient
from recommender.read_fhir import read_bundle
from recommender.reproduction import with_reproductive_state as planned

TODAY = date(2026, 9, 14)
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"


def read(*resources: dict[str, Any], **patient: Any) -> Patient:
    who = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1990-09-15", **patient}
    return read_bundle({"resourceType": "Bundle", "entry": [{"resource": r} for r in (who, *resources)]}, as_of=TODAY)


def code(text: str, system: str = SNOMED, value: str = "1") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": value, "display": text}], "text": text}


def observation(text: str, loinc: str, **value: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "code": code(text, LOINC, loinc), "effectiveDateTime": "2026-09-01", **value}


def quantity(value: float, unit: str) -> dict[str, Any]:
    return {"valueQuantity": {"value": value, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"}}


def test_age_is_in_completed_years() -> None:
    assert read().age_years == 35
    assert read(birthDate="1990-09-14").age_years == 36
    assert read(birthDate="1990").age_years == 36


def test_codes_become_curies() -> None:
    condition = {"resourceType": "Condition", "code": code("Type 2 diabetes", SNOMED, "44054006")}
    assert read(condition).conditions[0].concept.codings[0].curie == "SNOMEDCT:44054006"


@pytest.mark.parametrize(
    ("status", "is_past"), [("active", False), ("recurrence", False), ("resolved", True), ("remission", True)]
)
def test_the_clinical_status_says_whether_a_condition_is_over(status: str, is_past: bool) -> None:
    condition = {"resourceType": "Condition", "code": code("x"), "clinicalStatus": code(status, "s", status)}
    assert read(condition).conditions[0].is_past is is_past


def test_an_abatement_without_status_means_resolved_and_a_refuted_condition_is_marked() -> None:
    abated = {"resourceType": "Condition", "code": code("x"), "abatementDateTime": "2020-01-01"}
    refuted = {"resourceType": "Condition", "code": code("x"), "verificationStatus": code("r", "s", "refuted")}
    patient = read(abated, refuted)
    assert patient.conditions[0].is_past
    assert patient.conditions[1].refuted


@pytest.mark.parametrize(
    ("status", "is_current"),
    [("active", True), (None, True), ("on-hold", True), ("stopped", False), ("completed", False), ("cancelled", False)],
)
def test_a_medication_s_status_says_whether_it_is_current(status: str | None, is_current: bool) -> None:
    request = {"resourceType": "MedicationRequest", "status": status, "medicationCodeableConcept": code("aspirin")}
    assert read(request).medications[0].is_current is is_current


def test_proposals_and_errors_are_no_medications() -> None:
    proposal = {"resourceType": "MedicationRequest", "intent": "proposal", "medicationCodeableConcept": code("a")}
    error = {"resourceType": "MedicationRequest", "status": "entered-in-error", "medicationCodeableConcept": code("a")}
    assert read(proposal, error).medications == ()


def test_a_medication_is_found_by_reference_contained_or_in_the_bundle() -> None:
    contained = {
        "resourceType": "MedicationStatement",
        "contained": [{"resourceType": "Medication", "id": "m", "code": code("aspirin")}],
        "medicationReference": {"reference": "#m"},
    }
    medication = {"resourceType": "Medication", "id": "m2", "code": code("warfarin")}
    referring = {"resourceType": "MedicationRequest", "medicationReference": {"reference": "Medication/m2"}}
    lost = {"resourceType": "MedicationRequest", "medicationReference": {"reference": "Medication/none"}}
    patient = read(contained, medication, referring, lost)
    assert [m.concept.text for m in patient.medications] == ["aspirin", "warfarin", "a medication without a name"]
    assert any("is not in the Bundle" in issue.problem for issue in patient.issues)


def test_no_known_allergy_is_a_statement_and_an_empty_list_is_none() -> None:
    known = {"resourceType": "AllergyIntolerance", "code": code("No known allergy", SNOMED, "716186003")}
    assert read(known).no_known_allergies
    assert read(known).allergies == ()
    assert not read().no_known_allergies


def test_an_allergy_may_stand_in_its_reaction() -> None:
    allergy = {"resourceType": "AllergyIntolerance", "reaction": [{"substance": code("penicillin")}]}
    assert read(allergy).allergies[0].concept.text == "penicillin"


def test_values_come_in_the_unit_of_their_measure_and_in_the_order_of_time() -> None:
    late = observation("Creatinine", "2160-0", **quantity(88.42, "umol/L"))
    early = {**observation("Creatinine", "2160-0", **quantity(2.0, "mg/dL")), "effectiveDateTime": "2020-01-01"}
    series = read(late, early).series("creatinine_mg_dl")
    assert [m.value for m in series] == pytest.approx([2.0, 1.0], abs=1e-3)


def test_components_are_read() -> None:
    pressure = observation("Blood pressure", "85354-9")
    pressure["component"] = [
        {"code": code("Systolic", LOINC, "8480-6"), **quantity(150, "mm[Hg]")},
        {"code": code("Diastolic", LOINC, "8462-4"), **quantity(95, "mm[Hg]")},
    ]
    patient = read(pressure)
    assert patient.latest("systolic_mmhg").value == 150  # type: ignore[union-attr]
    assert patient.latest("diastolic_mmhg").value == 95  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "present"),
    [("Never smoker", False), ("Former smoker", False), ("Current every day smoker", True), ("Non-smoker", False)],
)
def test_smoking_status_is_a_habit(text: str, present: bool) -> None:
    habit = read(observation("Tobacco smoking status", "72166-2", valueCodeableConcept=code(text))).lifestyle[0]
    assert (habit.factor, habit.present) == ("smoking", present)


def test_pregnancy_comes_from_observations_and_conditions() -> None:
    assert read(observation("Pregnancy status", "82810-3", valueCodeableConcept=code("Not pregnant"))).pregnant is False
    assert read(observation("Pregnancy status", "82810-3", valueCodeableConcept=code("Pregnant"))).pregnant is True
    assert planned(read({"resourceType": "Condition", "code": code("Normal pregnancy")})).pregnant is True
    assert read().pregnant is None


def test_genomic_results_name_gene_and_finding() -> None:
    allele = observation("HLA-B*57:01 [Presence]", "50956-2", valueCodeableConcept=code("Positive"))
    expression = observation("PD-L1 by clone 22C3", "83055-4", **quantity(60, "%"))
    variant = observation("Genetic variant assessment", "69548-6", valueCodeableConcept=code("Present"))
    variant["component"] = [
        {"code": code("Gene studied", LOINC, "48018-6"), "valueCodeableConcept": code("EGFR")},
        {"code": code("Amino acid change", LOINC, "48005-3"), "valueCodeableConcept": code("p.Leu858Arg")},
    ]
    found = {(g.gene, g.finding) for g in read(allele, expression, variant).genome}
    assert found == {("HLA-B", "Positive; *57:01"), ("CD274", "60%"), ("EGFR", "p.Leu858Arg; Present")}


def test_a_relative_s_condition_is_not_the_patient_s() -> None:
    family = {
        "resourceType": "FamilyMemberHistory",
        "relationship": code("mother"),
        "condition": [{"code": code("breast cancer")}],
    }
    patient = read(family)
    assert patient.conditions == ()
    assert (patient.family_history[0].relation, patient.family_history[0].concept.text) == ("mother", "breast cancer")


def test_reports_and_documents_bring_text() -> None:
    data = base64.b64encode(b"No sign of pneumonia.").decode()
    report = {"resourceType": "DiagnosticReport", "conclusion": "Normal chest."}
    attachment = {"contentType": "text/plain; charset=utf-8", "data": data}
    document = {"resourceType": "DocumentReference", "content": [{"attachment": attachment}]}
    assert [t.text for t in read(report, document).texts] == ["Normal chest.", "No sign of pneumonia."]


def test_the_dead_are_known_to_be_dead() -> None:
    assert read(deceasedDateTime="2025-01-01").deceased
    assert read(deceasedBoolean=True).deceased
    assert not read(deceasedBoolean=False).deceased
