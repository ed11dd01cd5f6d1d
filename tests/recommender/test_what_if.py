"""What-if: changed facts, a source less, and the difference that is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kg.errors import InputError, UnknownNameError
from recommender.read_patient import read_patient
from recommender.read_yaml import read_plain
from recommender.recommend import Recommender
from recommender.what_if import Change, change_patient, find_difference, read_change
from tests.recommender.memory_graph import MemoryGraph, starter_recommender
from tests.recommender.worlds import INFECTION, NSAID, PAIN, measured, patient_with, small_rows

WORLD = Recommender(MemoryGraph([], []), small_rows())
PATIENTS = Path(__file__).parents[2] / "examples" / "patients"


def test_a_lower_egfr_excludes_and_the_difference_says_so() -> None:
    patient = replace(patient_with(PAIN), no_medications=True)
    changed = [read_change("set", "egfr=25")]

    before = WORLD.recommend_mapped(patient)
    after = WORLD.recommend_mapped(change_patient(patient, changed, WORLD.codes))
    difference = find_difference(before, after)
    assert difference.newly_excluded == ("nsaid for pain",)
    gone = next(m for m in difference.moves if m.regimen == "nsaid")
    assert (gone.place_before, gone.place_after) == (1, None)
    risen = next(m for m in difference.moves if m.regimen == "paracetamol")
    assert (risen.place_before, risen.place_after) == (2, 1)


def test_adding_warfarin_turns_the_pain_plan_around() -> None:
    plan, difference = starter_recommender().what_if(
        read_plain(
            {"patient_id": "x", "sex": "male", "age_years": 70, "conditions": ["osteoarthritis"], "allergies": "none"}
        ),
        [Change("add", "drug", "warfarin")],
    )
    assert any("naproxen" in text for text in difference.newly_excluded)
    assert "naproxen" not in {d.name for line in plan.lines for d in line.drugs}


def test_without_its_source_a_treatment_is_gone() -> None:
    other = WORLD.without("test")
    assert other.recommend_mapped(patient_with(INFECTION)).abstained
    assert not WORLD.recommend_mapped(patient_with(INFECTION)).abstained
    assert NSAID not in other.knowledge.indications_of


def test_the_allergy_example_without_its_allergy_would_have_had_amoxicillin() -> None:
    recommender = starter_recommender()
    mapped = recommender.map(read_patient(PATIENTS / "allergy.json"))
    free = replace(mapped, allergies=(), no_known_allergies=True)
    difference = find_difference(recommender.recommend_mapped(mapped), recommender.recommend_mapped(free))
    assert any(text.startswith("amoxicillin") for text in difference.no_longer_excluded)


@pytest.mark.parametrize(
    ("verb", "text"), [("set", "egfr"), ("set", "=3"), ("add", "warfarin"), ("without", "hetionet")]
)
def test_what_is_not_understood_gets_an_example(verb: str, text: str) -> None:
    with pytest.raises(InputError, match="write it like"):
        read_change(verb, text)


@pytest.mark.parametrize(
    ("verb", "text", "error"),
    [
        ("set", "shoe_size=44", UnknownNameError),
        ("set", "egfr=low", InputError),
        ("set", "egfr=-3", InputError),
        ("set", "age=-3", InputError),
        ("set", "sex=often", UnknownNameError),
        ("set", "pregnant=maybe", UnknownNameError),
        ("add", "pet:cat", UnknownNameError),
        ("add", "drug:unobtainium", InputError),
        ("without", "release:3", UnknownNameError),
    ],
)
def test_unknown_facts_and_values_are_named(verb: str, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        WORLD.what_if(patient_with(INFECTION), [read_change(verb, text)])


def test_a_follow_up_shows_what_a_new_observation_changed() -> None:
    first = WORLD.recommend_mapped(patient_with(PAIN))
    later = replace(patient_with(PAIN), measurements=(measured("egfr_ml_min_1_73m2", 20.0),))
    plan = WORLD.recommend_mapped(later)
    assert find_difference(first, plan).newly_excluded == ("nsaid for pain",)
    assert find_difference(plan, plan).moves == ()
    yaml = {"patient_id": "x", "conditions": ["gout"], "medications": "none", "allergies": "none"}
    before = starter_recommender().recommend(read_plain(yaml))
    _, difference = starter_recommender().follow_up(read_plain({**yaml, "medications": ["warfarin"]}), before)
    assert difference.newly_excluded or difference.moves
