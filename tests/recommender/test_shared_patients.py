"""Every patient of the private data sets goes through; shares are printed by `benchmarks/recommend.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from recommender.patient import Patient
from recommender.read_eicu import read_eicu
from recommender.read_mimic import read_mimic
from recommender.read_patient import find_patient_files, read_patient
from recommender.safety.gate import is_blocked
from recommender.safety.verdict import Check, Outcome
from tests.recommender.memory_graph import starter_recommender

SharedData = Callable[[str], Path]


def check_all(patients: Iterable[Patient]) -> int:
    """Plan for every patient; nothing blocked may stand in a line, and nothing unmapped may pass silently."""
    recommender, num = starter_recommender(), 0
    for patient in patients:
        mapped = recommender.map(patient)
        plan = recommender.recommend_mapped(mapped)
        num += 1
        for line in plan.lines:
            assert not is_blocked(line.verdicts)
            outcomes = {(v.check, v.outcome) for v in line.verdicts}
            if any(u.kind == "allergy" for u in plan.unmapped):
                refuted_only = all(
                    a.refuted or a.category == "environment" for a in mapped.allergies if not a.concept.curies
                )
                assert refuted_only or (Check.ALLERGY, Outcome.NOT_ASSESSED) in outcomes
        assert plan.lines or plan.reason
    return num


def test_every_synthea_bundle_goes_through(shared_data: SharedData) -> None:
    folder = shared_data("synthea_fhir_r4") / "bundles"
    assert check_all(map(read_patient, find_patient_files(folder))) > 0


def test_every_mimic_patient_goes_through(shared_data: SharedData) -> None:
    assert check_all(read_mimic(shared_data("mimic3_demo"))) == 100


def test_every_eicu_stay_goes_through(shared_data: SharedData) -> None:
    assert check_all(read_eicu(shared_data("eicu_demo"))) > 1_000


def test_every_recorded_eicu_allergy_counts_or_is_listed(shared_data: SharedData) -> None:
    recommender = starter_recommender()
    for patient in read_eicu(shared_data("eicu_demo")):
        if patient.allergies:
            mapped = recommender.map(patient)
            listed = [u for u in mapped.unmapped if u.kind == "allergy"]
            assert len(listed) + sum(bool(a.concept.curies) for a in mapped.allergies) == len(patient.allergies)
