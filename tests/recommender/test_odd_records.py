"""Records that are valid FHIR and unusual: what a hasty reader would take for its opposite, or pass over."""

from __future__ import annotations

from typing import Any

import pytest

from recommender.patient import Patient
from recommender.plan import RECOMMENDED, Plan
from recommender.read_fhir import read_bundle
from recommender.safety.gate import check_drug
from recommender.safety.verdict import Check, Outcome, Verdict, worst
from recommender.situation import build_situation
from tests.recommender.memory_graph import starter_recommender
from tests.recommender.test_read_fhir import LOINC, SNOMED, code, observation, quantity, read

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PREGNANCY_STATUS = "82810-3"


def bare(system: str, value: str) -> dict[str, Any]:
    """A concept of a code alone, without any words."""
    return {"coding": [{"system": system, "code": value}]}


def condition(concept: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "code": concept, "clinicalStatus": bare("s", "active"), **more}


def medication(**more: Any) -> dict[str, Any]:
    return {"resourceType": "MedicationRequest", "status": "active", "intent": "order", **more}


def allergy(text: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "AllergyIntolerance", "code": {"text": text}, **more}


def said_of(drug: str, check: Check, patient: Patient) -> tuple[Verdict, ...]:
    recommender = starter_recommender()
    situation = build_situation(recommender.map(patient), recommender.knowledge)
    verdicts = check_drug(recommender.codes.drugs_by_name[drug][0], situation, recommender.knowledge)
    return tuple(v for v in verdicts if v.check is check)


def outcome(drug: str, check: Check, patient: Patient) -> Outcome:
    return worst(said_of(drug, check, patient))


def plan_of(patient: Patient) -> Plan:
    plan: Plan = starter_recommender().recommend(patient)
    return plan


def mapped(*resources: dict[str, Any], **patient: Any) -> Patient:
    found: Patient = starter_recommender().map(read(*resources, **patient))
    return found


# References


@pytest.mark.parametrize(
    "reference", ["Medication/m", "Medication/m/_history/2", "http://ehr.example/fhir/Medication/m", "urn:uuid:9"]
)
def test_a_medication_is_found_however_it_is_referred_to(reference: str) -> None:
    product = {"resourceType": "Medication", "id": "m", "code": code("warfarin")}
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": {"resourceType": "Patient", "id": "p"}},
            {"fullUrl": "urn:uuid:9", "resource": product, "request": {"method": "POST", "url": "Medication"}},
            {"resource": medication(medicationReference={"reference": reference})},
        ],
    }
    assert [m.concept.text for m in read_bundle(bundle).medications] == ["warfarin"]


def test_a_medication_without_a_code_is_known_by_all_of_its_ingredients() -> None:
    parts = [{"itemCodeableConcept": code(name)} for name in ("losartan", "hydrochlorothiazide")]
    held = [{"resourceType": "Medication", "id": "m", "ingredient": parts}]
    taken = mapped(medication(contained=held, medicationReference={"reference": "#m"})).medications[0]
    assert len(taken.concept.curies) == 2


@pytest.mark.parametrize(
    ("subject", "is_own"),
    [("Patient/p", True), ("http://x.example/fhir/Patient/p/_history/3", True), ("urn:uuid:p", True),
     ("Patient/xp", False), ("Patient/p2", False)],
)  # fmt: skip
def test_whose_record_it_is_is_told_by_the_whole_identifier(subject: str, is_own: bool) -> None:
    patient = read(condition(code("gout"), subject={"reference": subject}))
    assert bool(patient.conditions) is is_own


def test_bundles_within_a_bundle_are_read() -> None:
    inner = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": condition(code("gout"))}]}
    assert [c.concept.text for c in read(inner).conditions] == ["gout"]


# What has no name is not passed over


def test_a_nameless_medication_leaves_the_interactions_not_assessed() -> None:
    known = medication(medicationCodeableConcept=code("metformin"))
    lost = medication(medicationReference={"reference": "Medication/none"})
    assert outcome("amoxicillin", Check.INTERACTION, read(known, lost)) is Outcome.NOT_ASSESSED
    assert "medication" in {u.kind for u in plan_of(read(known, lost)).unmapped}


def test_a_nameless_condition_or_allergy_leaves_its_check_not_assessed() -> None:
    diabetes = condition(code("Type 2 diabetes mellitus", SNOMED, "44054006"))
    assert outcome("amoxicillin", Check.CONTRAINDICATION, read(diabetes, condition({}))) is Outcome.NOT_ASSESSED
    nameless = {"resourceType": "AllergyIntolerance"}
    assert outcome("amoxicillin", Check.ALLERGY, read(allergy("latex"), nameless)) is Outcome.NOT_ASSESSED


def test_a_drug_that_was_handed_out_is_reported_as_not_read() -> None:
    dispensed = {"resourceType": "MedicationDispense", "medicationCodeableConcept": code("warfarin")}
    assert "is not read" in read(dispensed).issues[0].problem


# Certainty


@pytest.mark.parametrize(("certainty", "is_treated"), [("confirmed", True), ("provisional", True),
                                                       ("differential", False), ("unconfirmed", False)])  # fmt: skip
def test_what_is_only_suspected_is_not_treated(certainty: str, is_treated: bool) -> None:
    gout = condition(code("gout"), verificationStatus=bare("s", certainty))
    plan = plan_of(read(gout))
    assert bool(plan.lines) is is_treated
    assert is_treated or "no more than suspected" in plan.reason or "suspected (gout)" in plan.reason


def test_what_is_suspected_still_speaks_against_a_drug() -> None:
    asthma = condition(code("asthma"), verificationStatus=bare("s", "differential"))
    assert outcome("propranolol", Check.CONTRAINDICATION, read(asthma)) is Outcome.BLOCKED


# Allergies


@pytest.mark.parametrize(
    "text", ["No known allergies", "NKDA", "No Known Drug Allergies", "no known food or drug allergies"]
)
def test_that_no_allergy_is_known_is_read_in_the_words_of_records(text: str) -> None:
    assert outcome("amoxicillin", Check.ALLERGY, read(allergy(text))) is Outcome.OK


@pytest.mark.parametrize("text", ["No known food allergy", "No known latex allergy"])
def test_no_allergy_to_something_else_says_nothing_of_drugs(text: str) -> None:
    patient = read(allergy(text))
    assert outcome("amoxicillin", Check.ALLERGY, patient) is Outcome.NOT_ASSESSED
    assert plan_of(patient).unmapped == ()


def test_a_withdrawn_statement_that_no_allergy_is_known_is_none() -> None:
    withdrawn = allergy("No known allergies", verificationStatus=bare("s", "entered-in-error"))
    assert not read(withdrawn).no_known_allergies


def test_no_known_allergies_holds_beside_a_refuted_one() -> None:
    refuted = allergy("penicillin", verificationStatus=bare("s", "refuted"))
    assert outcome("amoxicillin", Check.ALLERGY, read(allergy("NKA"), refuted)) is Outcome.OK


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, Outcome.CAUTION),
        ({"criticality": "high"}, Outcome.BLOCKED),
        ({"reaction": [{"manifestation": [code("rash")], "severity": "severe"}]}, Outcome.BLOCKED),
        ({"reaction": [{"manifestation": [code("Anaphylactic shock")]}]}, Outcome.BLOCKED),
    ],
)
def test_a_severe_intolerance_blocks_as_an_allergy_does(more: dict[str, Any], expected: Outcome) -> None:
    patient = read(allergy("amoxicillin", type="intolerance", **more))
    assert outcome("amoxicillin", Check.ALLERGY, patient) is expected


@pytest.mark.parametrize(
    "text",
    ["Allergy to penicillin (finding)", "Allergy status to penicillin", "Penicillin allergy",
     "History of allergy to penicillin", "Anaphylaxis due to amoxicillin"],
)  # fmt: skip
def test_an_allergy_on_the_problem_list_is_one(text: str) -> None:
    for status in ("active", "resolved"):
        patient = read(condition(code(text), clinicalStatus=bare("s", status)))
        assert outcome("amoxicillin", Check.ALLERGY, patient) is Outcome.BLOCKED
    refuted = read(condition(code(text), verificationStatus=bare("s", "refuted")))
    assert outcome("amoxicillin", Check.ALLERGY, refuted) is not Outcome.BLOCKED


@pytest.mark.parametrize(
    "text", ["Allergic rhinitis", "Seasonal allergy", "Peanut allergy", "Family history of penicillin allergy"]
)
def test_what_is_no_allergy_to_a_drug_stays_a_condition(text: str) -> None:
    assert starter_recommender().map(read(condition(code(text)))).allergies == ()


def test_statements_that_there_is_nothing_are_no_entries() -> None:
    healthy = condition(code("No current problems or disability", SNOMED, "160245001"))
    untreated = {"resourceType": "MedicationStatement", "medicationCodeableConcept": code("No current medications")}
    patient = read(healthy, untreated)
    assert (patient.conditions, patient.medications, patient.no_medications) == ((), (), True)


# Pregnancy


@pytest.mark.parametrize(
    ("system", "value", "pregnant"),
    [(SNOMED, "77386006", True), (SNOMED, "60001007", False), (LOINC, "LA15173-0", True), (LOINC, "LA26683-5", False),
     (LOINC, "LA4489-6", None), (SNOMED, "146799005", None), (SNOMED, "99999999", None)],
)  # fmt: skip
def test_pregnancy_is_read_from_the_answer_s_code_alone(system: str, value: str, pregnant: bool | None) -> None:
    status = observation("Pregnancy status", PREGNANCY_STATUS, valueCodeableConcept=bare(system, value))
    assert read(status).pregnant is pregnant


def test_the_newest_statement_counts_whatever_the_order_of_the_bundle() -> None:
    newer = observation("Pregnancy status", PREGNANCY_STATUS, valueCodeableConcept=code("Not pregnant"))
    older = {
        **observation("x", PREGNANCY_STATUS, valueCodeableConcept=code("Pregnant")),
        "effectiveDateTime": "2026-01-01",
    }
    assert read(newer, older).pregnant is False
    assert read(older, newer).pregnant is False


@pytest.mark.parametrize(
    ("concept", "pregnant"),
    [(bare(ICD10, "Z33.1"), True), (bare(ICD10, "O24.410"), True), (bare(SNOMED, "72892002"), True),
     (code("High-risk pregnancy"), True), (code("Ectopic pregnancy"), None), (code("History of pregnancy"), None),
     (bare(SNOMED, "7289200"), None)],
)  # fmt: skip
def test_a_current_condition_may_say_that_the_patient_is_pregnant(
    concept: dict[str, Any], pregnant: bool | None
) -> None:
    assert mapped(condition(concept)).pregnant is pregnant


def test_a_pregnancy_that_is_over_says_nothing_about_today() -> None:
    over = condition(code("Normal pregnancy"), clinicalStatus=bare("s", "resolved"))
    assert mapped(over).pregnant is None
    assert outcome("isotretinoin", Check.PREGNANCY, read(over)) is Outcome.NOT_ASSESSED


def test_an_expected_delivery_a_gestational_age_and_a_positive_test_say_pregnant() -> None:
    expected = {**observation("Delivery date Estimated", "11778-8"), "valueDateTime": "2026-12-01"}
    assert read(expected).pregnant is True
    assert read({**expected, "valueDateTime": "2025-12-01"}).pregnant is None
    assert read(observation("Gestational age", "18185-9", **quantity(25, "wk"))).pregnant is True
    assert read(observation("hCG", "2106-3", valueCodeableConcept=code("Positive"))).pregnant is True
    assert read(observation("hCG", "2106-3", valueCodeableConcept=code("Negative"))).pregnant is None


def test_a_condition_outweighs_an_observation_that_denies_it() -> None:
    denied = observation("Pregnancy status", PREGNANCY_STATUS, valueCodeableConcept=code("Not pregnant"))
    assert mapped(denied, condition(code("Normal pregnancy"))).pregnant is True


# Habits


@pytest.mark.parametrize(("value", "present"), [("266919005", False), ("8517006", False), ("449868002", True)])
def test_a_habit_is_read_from_its_code_alone(value: str, present: bool) -> None:
    habits = read(observation("Tobacco smoking status", "72166-2", valueCodeableConcept=bare(SNOMED, value))).lifestyle
    assert [h.present for h in habits] == [present]


@pytest.mark.parametrize("concept", [bare(SNOMED, "266927001"), code("Unknown if ever smoked"), bare(SNOMED, "99999")])
def test_a_habit_that_is_not_known_is_no_habit(concept: dict[str, Any]) -> None:
    assert read(observation("Tobacco smoking status", "72166-2", valueCodeableConcept=concept)).lifestyle == ()


# Values


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (300, "umol/L", 3.394),
        (300, "µmol/L", 3.394),
        (300, "micromol/L", 3.394),
        (3.4, "MG/DL", 3.4),
        (3.4, "mg%", 3.4),
    ],
)
def test_creatinine_is_read_in_the_units_of_records(value: float, unit: str, expected: float) -> None:
    said = {"valueQuantity": {"value": value, "unit": unit}}
    found = read(observation("Creatinine", "2160-0", **said)).latest("creatinine_mg_dl")
    assert found is not None
    assert found.value == pytest.approx(expected, abs=1e-3)


def test_hba1c_of_the_ifcc_is_not_taken_for_a_percentage() -> None:
    """53 mmol/mol is 7.0 %, by the master equation of IFCC and NGSP."""
    found = read(observation("HbA1c", "59261-8", **quantity(53, "mmol/mol"))).latest("hba1c_percent")
    assert found is not None
    assert found.value == pytest.approx(7.0, abs=0.01)


def test_a_value_below_a_limit_of_the_method_is_below_it() -> None:
    """Metformin is blocked below 30; a report of "< 30" is not 30."""
    low = observation("eGFR", "98979-8", **quantity(30, "mL/min/{1.73_m2}"))
    low["valueQuantity"]["comparator"] = "<"
    assert outcome("metformin", Check.RENAL, read(low)) is Outcome.BLOCKED
    assert (
        outcome("metformin", Check.RENAL, read(observation("eGFR", "98979-8", valueString="< 30 mL/min")))
        is Outcome.BLOCKED
    )


def test_a_known_measure_without_a_number_is_reported() -> None:
    assert "has no number" in read(observation("Creatinine", "2160-0", valueString="see comment")).issues[0].problem


def test_creatinine_in_urine_is_not_that_in_blood() -> None:
    assert read(observation("Creatinine", "2161-8", **quantity(120, "mg/dL"))).measurements == ()


def test_times_are_compared_as_instants() -> None:
    """23:30 five hours behind Greenwich on the 1st comes after 00:30 two hours ahead of it on the 2nd."""
    later = {
        **observation("Creatinine", "2160-0", **quantity(3, "mg/dL")),
        "effectiveDateTime": "2026-09-01T23:30:00-05:00",
    }
    sooner = {
        **observation("Creatinine", "2160-0", **quantity(1, "mg/dL")),
        "effectiveDateTime": "2026-09-02T00:30:00+02:00",
    }
    newest = read(later, sooner).latest("creatinine_mg_dl")
    assert newest is not None
    assert newest.value == 3


def test_an_undated_low_egfr_is_not_outdone_by_a_dated_creatinine() -> None:
    undated = {
        k: v for k, v in observation("eGFR", "98979-8", **quantity(20, "mL/min")).items() if k != "effectiveDateTime"
    }
    normal = observation("Creatinine", "2160-0", **quantity(0.8, "mg/dL"))
    assert outcome("metformin", Check.RENAL, read(undated, normal)) is Outcome.BLOCKED


def test_the_child_pugh_class_may_be_stated_as_class_or_points() -> None:
    points = {"resourceType": "Observation", "code": {"text": "Child-Pugh score"}, "valueInteger": 11}
    letter = {"resourceType": "Observation", "code": {"text": "Child-Pugh class"}, "valueString": "Class C"}
    assert read(points).child_pugh == read(letter).child_pugh == "C"


def test_a_child_s_kidneys_are_estimated_by_schwartz() -> None:
    """0.413 × 120 cm / 1.5 mg/dL = 33 mL/min/1.73 m²."""
    values = (
        observation("Creatinine", "2160-0", **quantity(1.5, "mg/dL")),
        observation("Height", "8302-2", **quantity(120, "cm")),
    )
    (verdict, *_) = said_of("metformin", Check.RENAL, read(*values, birthDate="2018-01-01"))
    assert "eGFR 33 (bedside Schwartz 2009" in verdict.facts[0]


def test_without_a_sex_the_lower_of_both_estimates_counts() -> None:
    """Creatinine 1.9 mg/dL at 70 years: 37 as a man, 28 as a woman (CKD-EPI 2021)."""
    value = observation("Creatinine", "2160-0", **quantity(1.9, "mg/dL"))
    assert outcome("metformin", Check.RENAL, read(value, gender="unknown", birthDate="1956-01-01")) is Outcome.BLOCKED


def test_an_infant_is_so_many_months_old() -> None:
    patient = read(birthDate="2026-05-20")
    assert patient.age_years == 0.25
    assert "3 months" in next(k.said[0] for k in plan_of(patient).known if k.what == "patient")


# Routes


@pytest.mark.parametrize("route", [{"text": "Topical route"}, bare(SNOMED, "6064005")])
def test_a_topical_nsaid_is_minor_however_the_route_is_written(route: dict[str, Any]) -> None:
    gel = medication(medicationCodeableConcept=code("diclofenac"), dosageInstruction=[{"route": route}])
    assert {v.severity for v in said_of("warfarin", Check.INTERACTION, read(gel))} == {"minor"}


def test_a_product_s_name_may_tell_the_route() -> None:
    gel = medication(medicationCodeableConcept={"text": "Diclofenac Sodium 1 % Topical Gel"})
    assert {v.severity for v in said_of("warfarin", Check.INTERACTION, read(gel))} == {"minor"}


# Reports


def test_a_report_entered_in_error_is_not_read_and_a_pdf_is_reported() -> None:
    withdrawn = {"resourceType": "DiagnosticReport", "status": "entered-in-error", "conclusion": "Pneumonia."}
    scan = {
        "resourceType": "DocumentReference",
        "content": [{"attachment": {"contentType": "application/pdf", "data": "JQ=="}}],
    }
    patient = read(withdrawn, scan)
    assert patient.texts == ()
    assert "application/pdf" in patient.issues[0].problem


# The kidneys without a value


@pytest.mark.parametrize(
    ("concept", "expected"),
    [
        (code("Chronic kidney disease stage 4 (disorder)", SNOMED, "431857002"), Outcome.BLOCKED),
        (bare(ICD10, "N18.4"), Outcome.BLOCKED),
        (bare(ICD10, "N18.32"), Outcome.CAUTION),
        (code("CKD stage 3a"), Outcome.NOT_ASSESSED),
        (code("Lung cancer stage 4"), Outcome.NOT_ASSESSED),
    ],
)
def test_a_stage_of_kidney_disease_stands_in_for_a_missing_egfr(concept: dict[str, Any], expected: Outcome) -> None:
    """Metformin: blocked below 30, caution below 45. Stage 3a says below 60, which leaves both open."""
    assert outcome("metformin", Check.RENAL, read(condition(concept))) is expected


def test_less_than_sixty_may_be_anything_below() -> None:
    low = observation("eGFR", "98979-8", valueString="<60 mL/min")
    assert outcome("metformin", Check.RENAL, read(low)) is Outcome.NOT_ASSESSED
    assert (
        outcome("metformin", Check.RENAL, read(observation("eGFR", "98979-8", valueString=">60 mL/min"))) is Outcome.OK
    )


# For whom a treatment is meant


def test_valproate_is_not_proposed_to_who_may_become_pregnant() -> None:
    epilepsy = condition(code("epilepsy"))
    woman, man = plan_of(read(epilepsy)), plan_of(read(epilepsy, gender="male"))
    assert "valproic acid" not in {line.regimen for line in woman.lines}
    assert "valproic acid" in {line.regimen for line in man.lines}
    assert any("cannot become pregnant" in x.reason for x in woman.left_out)


def test_a_restriction_that_the_record_leaves_open_is_said_with_the_advice() -> None:
    plan = plan_of(read(condition(code("liver cirrhosis"))))
    first = plan.lines[0]
    assert first.condition_of_use
    assert plan.actions(first.condition)[0].endswith(f"(if this fits: {first.condition_of_use})")


def test_an_unknown_pregnancy_counts_against_what_is_forbidden_in_it() -> None:
    hypertension = condition(code("essential hypertension"))
    unknown, known = (plan_of(read(hypertension, gender=g)) for g in ("female", "male"))
    points = {
        line.regimen: sum(c.value for c in line.contributions if c.name == "not_assessed: pregnancy")
        for line in unknown.lines
    }
    assert points["amlodipine"] == 0
    assert all(p == -60 for name, p in points.items() if name in ("valsartan", "ramipril"))
    assert not any(c.name == "not_assessed: pregnancy" for line in known.lines for c in line.contributions)


# Signs and symptoms


def test_an_hpo_term_in_an_observation_is_a_finding_seen_or_absent() -> None:
    hpo = "http://human-phenotype-ontology.org"
    seen, absent = (code(name, hpo, value) for name, value in (("Seizure", "HP:0001250"), ("Fever", "HP:0001945")))
    patient = read(
        {"resourceType": "Observation", "code": seen},
        {"resourceType": "Observation", "code": absent, "valueCodeableConcept": code("Absent", SNOMED, "2667000")},
        {"resourceType": "Observation", "code": absent, "dataAbsentReason": code("not asked")},
    )
    assert [(p.concept.codings[0].curie, p.excluded) for p in patient.phenotypes] == [
        ("HP:0001250", False),
        ("HP:0001945", True),
    ]


def test_without_a_diagnosis_symptoms_bring_hypotheses_and_drugs() -> None:
    plan = plan_of(read(condition(code("nausea and vomiting")), condition(code("fever"))))
    assert plan.hypotheses
    assert {line.condition.name.lower() for line in plan.lines} == {"nausea and vomiting"}
    assert plan_of(read(condition(code("fever")), condition(code("gout")))).hypotheses == ()


def test_an_adjunct_is_never_recommended_without_what_it_is_added_to() -> None:
    """Dexamethasone in tuberculous meningitis is added to the four drugs, and is no treatment of tuberculosis."""
    tuberculosis = condition(code("tuberculosis"))
    plan = plan_of(read(tuberculosis))
    (chosen,) = (line for line in plan.lines if line.role == RECOMMENDED)
    assert {d.name for d in chosen.drugs} == {"isoniazid", "rifampicin", "pyrazinamide", "ethambutol"}
    added = next((line for line in plan.lines if line.regimen == "dexamethasone"), None)
    assert added is None or added.added_to.startswith("isoniazid")


def test_what_so_much_speaks_against_is_no_option_though_nothing_blocks_it() -> None:
    """Ibuprofen for gout in heart failure and kidney disease beside an ACE inhibitor and diuretics."""
    ill = [condition(code(name)) for name in ("heart failure", "CKD stage 3", "gout")]
    taken = [
        medication(medicationCodeableConcept=code(n))
        for n in ("furosemide", "lisinopril", "spironolactone", "ibuprofen")
    ]
    plan = plan_of(read(*ill, *taken))
    assert all(line.score >= 0 for line in plan.lines)
    assert not any("ibuprofen" in action for c in plan.conditions for action in plan.actions(c.condition))
    assert any("ibuprofen" in {d.name for d in x.drugs} for x in plan.left_out)


def test_a_state_that_a_check_reads_is_neither_unmapped_nor_treated() -> None:
    feeding = condition(code("Breastfeeding mother"))
    plan = plan_of(read(feeding, condition(code("gout"))))
    assert plan.unmapped == ()
    assert [c.condition.name for c in plan.conditions] == ["gout"]
    assert outcome("colchicine", Check.LACTATION, read(feeding)) is not Outcome.NOT_ASSESSED
