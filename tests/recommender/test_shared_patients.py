"""Every patient of the private data sets goes through; shares are printed by `benchmarks/recommend.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from recommender.patient import Patient
from recommender.read_eicu import read_eicu
from recommender.read_mimic import read_mimic
from recommender.read_patient import find_patient_files, read_patient
from recommender.safety.allergy import check_allergy
from recommender.safety.gate import is_blocked
from recommender.safety.verdict import Check, Outcome, worst
from recommender.situation import build_situation
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


def test_every_recorded_eicu_allergy_blocks_cautions_or_is_listed(shared_data: SharedData) -> None:
    """Each recorded substance, given again, is blocked or cautioned; what maps to none stands in `unmapped`."""
    recommender = starter_recommender()
    known, counts = recommender.knowledge, Counter[str]()
    for patient in read_eicu(shared_data("eicu_demo")):
        mapped = recommender.map(patient)
        situation = build_situation(mapped, known)
        for allergy in mapped.allergies:
            if not allergy.concept.curies:
                assert any(u.text == allergy.concept.text for u in mapped.unmapped if u.kind == "allergy")
                counts["unmapped"] += 1
            for curie in allergy.concept.curies:
                drugs = known.members_of.get(curie, (curie,))
                outcomes = {worst(check_allergy(drug, situation, known)) for drug in drugs}
                assert outcomes <= {Outcome.BLOCKED, Outcome.CAUTION}
                counts[max(outcomes, key=lambda o: o.rank).value] += 1
    assert counts["blocked"] > 100
    assert sum(counts.values()) >= 500
