"""What-if: changed facts, a source less, and the difference that is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kg.errors import InputError, UnknownNameError
from recommender.difference import Difference, Standings, find_difference, read_standings, to_standings
from recommender.formulary import read_formulary
from recommender.plan import Plan
from recommender.read_patient import read_patient
from recommender.read_yaml import read_plain
from recommender.recommend import Recommender
from recommender.to_json import to_json
from recommender.what_if import Change, change_patient, read_change
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


def test_two_plans_differ_by_what_a_new_observation_changed() -> None:
    first = WORLD.recommend_mapped(patient_with(PAIN))
    later = replace(patient_with(PAIN), measurements=(measured("egfr_ml_min_1_73m2", 20.0),))
    plan = WORLD.recommend_mapped(later)
    assert find_difference(first, plan).newly_excluded == ("nsaid for pain",)
    assert find_difference(plan, plan) == Difference((), (), ())


def kept(plan: Plan) -> Standings:
    """The plan as it comes back from the file that was kept of it."""
    return read_standings(json.loads(json.dumps(to_json(plan))))


def test_a_plan_read_back_from_its_json_stands_as_it_stood() -> None:
    plan = starter_recommender().recommend(read_patient(PATIENTS / "interaction.json"))
    assert kept(plan) == to_standings(plan)


HEART: dict[str, Any] = {
    "patient_id": "x",
    "as_of": "2026-01-01",
    "sex": "male",
    "age_years": 60,
    "conditions": ["hypertension"],
    "medications": "none",
    "allergies": "none",
}


def follow_up(**more: Any) -> tuple[Plan, Difference]:
    recommender = starter_recommender()
    before = recommender.recommend(read_plain(HEART))
    return recommender.follow_up(read_plain({**HEART, "as_of": "2026-03-01", **more}), kept(before))


def test_a_follow_up_asks_for_what_the_previous_plan_wanted_measured() -> None:
    _, unmeasured = follow_up()
    assert any("no value since 2026-01-01" in text for text in unmeasured.due)
    potassium = {"potassium_mmol_l": {"value": 4.2, "time": "2026-02-01"}}
    creatinine = {"creatinine_mg_dl": {"value": 1.0, "time": "2026-02-01"}}
    _, measured_since = follow_up(measurements={**potassium, **creatinine})
    assert len(measured_since.due) < len(unmeasured.due)
    old = {name: {**value, "time": "2025-12-01"} for name, value in (potassium | creatinine).items()}
    assert follow_up(measurements=old)[1].due == unmeasured.due


def test_a_follow_up_takes_up_that_the_previous_choice_failed() -> None:
    recommender = starter_recommender()
    before = recommender.recommend(read_plain(HEART))
    first = before.lines[0].drugs[0].name
    plan, difference = follow_up(
        medications=[{"name": first, "status": "stopped", "stop_reason": "ineffective", "reason": "hypertension"}]
    )
    assert first not in {line.drugs[0].name for line in plan.lines if len(line.drugs) == 1}
    assert any(m.regimen == first and m.place_after is None for m in difference.moves)


@pytest.mark.parametrize("document", [None, [], {}, {"lines": 3, "excluded": [], "as_of": ""}, {"lines": [{}]}])
def test_what_is_no_plan_is_no_previous_plan(document: Any) -> None:
    with pytest.raises(InputError, match="is no plan"):
        read_standings(document)


def test_a_formulary_moves_its_drugs_up(tmp_path: Path) -> None:
    recommender = starter_recommender()
    patient = read_plain(HEART)
    last = recommender.recommend(patient).lines[-1].drugs[0]
    path = tmp_path / "formulary.txt"
    path.write_text(f"# the house's list\n{last.name}\n")
    preferred = recommender.prefer(read_formulary(path, recommender.codes)).recommend(patient)
    points = {line.drugs[0].name: {c.name: c.value for c in line.contributions} for line in preferred.lines}
    assert points[last.name]["formulary"] == 30
    assert {table["formulary"] for name, table in points.items() if name != last.name} == {-30}
    path.write_text("unobtainium\n")
    with pytest.raises(InputError, match="line 1"):
        read_formulary(path, recommender.codes)
