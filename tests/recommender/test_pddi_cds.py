"""HL7's two worked interactions, from the decision logic of the PDDI-CDS implementation guide 1.0.0 (CQL) as read.

Read: WarfarinNSAIDsCDSLogic.cql and DigoxinCyclosporineCDSLogic.cql. Its labels are mapped so: "Use only if benefit
outweighs risk" with a risk factor of its own blocks; "Assess risk and take action if necessary" warns; topical
diclofenac ("info") warns as minor. Unverified: the value sets behind the drug groups, which were not read – the
starter's classes stand in for them – and the guide's look-back of 100 days for prescriptions, which is not applied.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from recommender.map_patient import map_patient
from recommender.read_yaml import read_plain
from recommender.safety.interaction import check_interaction
from recommender.safety.verdict import Outcome, worst
from recommender.situation import build_situation
from tests.recommender.memory_graph import starter_recommender

DAY = date(2026, 9, 14)
RECENT = "2026-09-01"


def outcome(drug: str, **facts: Any) -> tuple[Outcome, str]:
    """The worst interaction outcome between the drug and the patient's medications, and its severity."""
    recommender = starter_recommender()
    patient = read_plain(
        {"patient_id": "golden", "sex": "male", "age_years": 50, "conditions": ["gout"], **facts}, as_of=DAY
    )
    mapped = map_patient(patient, recommender.codes)
    assert mapped.unmapped == ()
    (curie,) = recommender.codes.drugs_by_name[drug]
    verdicts = check_interaction(curie, build_situation(mapped, recommender.knowledge), recommender.knowledge)
    first = max(verdicts, key=lambda v: v.outcome.rank)
    return worst(verdicts), first.severity


WARFARIN_CASES: list[tuple[str, dict[str, Any], Outcome]] = [
    ("no modifier", {}, Outcome.CAUTION),
    ("age over 65", {"age_years": 66}, Outcome.BLOCKED),
    ("age of exactly 65", {"age_years": 65}, Outcome.CAUTION),
    (
        "age over 65 with a proton pump inhibitor",
        {"age_years": 70, "medications": ["warfarin", "omeprazole"]},
        Outcome.CAUTION,
    ),
    ("history of upper gastrointestinal bleeding", {"conditions": ["HP:0002239"]}, Outcome.BLOCKED),
    ("peptic ulcer", {"conditions": ["DOID:750"]}, Outcome.BLOCKED),
    ("systemic corticosteroid", {"medications": ["warfarin", "prednisone"]}, Outcome.BLOCKED),
    ("aldosterone antagonist", {"medications": ["warfarin", "spironolactone"]}, Outcome.BLOCKED),
    ("a second NSAID", {"medications": ["warfarin", "ibuprofen"]}, Outcome.BLOCKED),
    (
        "corticosteroid with a proton pump inhibitor",
        {"medications": ["warfarin", "prednisone", "omeprazole"]},
        Outcome.CAUTION,
    ),
]


@pytest.mark.parametrize(("facts", "expected"), [c[1:] for c in WARFARIN_CASES], ids=[c[0] for c in WARFARIN_CASES])
def test_warfarin_with_an_nsaid(facts: dict[str, Any], expected: Outcome) -> None:
    assert outcome("naproxen", **{"medications": ["warfarin"], **facts})[0] is expected


def test_topical_diclofenac_is_minor() -> None:
    topical = {"name": "diclofenac", "route": "topical"}
    recommender = starter_recommender()
    assert outcome("warfarin", medications=[topical]) == (Outcome.CAUTION, "minor")
    assert outcome("warfarin", medications=["diclofenac"], age_years=80)[0] is Outcome.BLOCKED
    assert "diclofenac" in recommender.codes.drugs_by_name


NORMAL = {
    "digoxin_ng_ml": {"value": 0.7, "time": RECENT},
    "potassium_mmol_l": {"value": 4.1, "time": RECENT},
    "magnesium_mmol_l": {"value": 0.9, "time": RECENT},
    "calcium_mg_dl": {"value": 9.4, "time": RECENT},
    "creatinine_mg_dl": {"value": 1.0, "time": RECENT},
}
DIGOXIN_CASES: list[tuple[str, dict[str, Any], Outcome]] = [
    ("digoxin level below 0.9 ng/mL, all else normal", NORMAL, Outcome.CAUTION),
    ("no digoxin level", {}, Outcome.BLOCKED),
    ("digoxin level older than 30 days", {"digoxin_ng_ml": {"value": 0.7, "time": "2026-07-01"}}, Outcome.BLOCKED),
    ("digoxin level of 0.9 ng/mL", {**NORMAL, "digoxin_ng_ml": {"value": 0.9, "time": RECENT}}, Outcome.BLOCKED),
    ("low potassium", {**NORMAL, "potassium_mmol_l": {"value": 3.2, "time": RECENT}}, Outcome.CAUTION),
    ("raised creatinine", {**NORMAL, "creatinine_mg_dl": {"value": 1.6, "time": RECENT}}, Outcome.CAUTION),
]


@pytest.mark.parametrize(("values", "expected"), [c[1:] for c in DIGOXIN_CASES], ids=[c[0] for c in DIGOXIN_CASES])
def test_cyclosporine_for_a_patient_on_digoxin(values: dict[str, Any], expected: Outcome) -> None:
    assert outcome("ciclosporin", medications=["digoxin"], measurements=values)[0] is expected


def test_electrolytes_and_renal_function_raise_the_severity() -> None:
    normal = outcome("ciclosporin", medications=["digoxin"], measurements=NORMAL)
    low = outcome(
        "ciclosporin",
        medications=["digoxin"],
        measurements={**NORMAL, "potassium_mmol_l": {"value": 3.2, "time": RECENT}},
    )
    assert normal == (Outcome.CAUTION, "moderate")
    assert low == (Outcome.CAUTION, "major")
