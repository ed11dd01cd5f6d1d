"""What differs between the plans of two graphs."""

from __future__ import annotations

from dataclasses import replace

from recommender.compare import compare_plans
from recommender.recommend import Recommender
from tests.recommender.memory_graph import MemoryGraph
from tests.recommender.worlds import INFECTION, PAIN, PENICILLIN, patient_with, small_rows

OLD = Recommender(MemoryGraph([], []), small_rows())
INFECTED, HURT = (OLD.recommend_mapped(patient_with(condition)) for condition in (INFECTION, PAIN))


def plans_without(*drugs: str) -> Recommender:
    kept = tuple(i for i in OLD.rows.indications if i.drug not in drugs)
    return Recommender(MemoryGraph([], []), replace(OLD.rows, indications=kept))


def test_a_treatment_that_the_later_graph_does_not_state() -> None:
    after = plans_without(PENICILLIN).recommend_mapped(patient_with(INFECTION))
    (change,) = compare_plans({"p": INFECTED, "q": HURT}, {"p": after, "q": HURT})
    assert change.patient == "p"
    assert change.abstained == (False, False)
    places = {move.regimen: (move.place_before, move.place_after) for move in change.difference.moves}
    assert places["penicillin"] == (1, None)
    assert places["cephalosporin"] == (2, 1)


def test_the_same_graph_changes_nothing_and_a_patient_of_one_graph_alone_is_left_out() -> None:
    assert compare_plans({"p": INFECTED}, {"p": INFECTED, "q": HURT}) == ()


def test_a_plan_that_abstains_says_why() -> None:
    nothing = Recommender(MemoryGraph([], []), replace(OLD.rows, indications=()))
    after = nothing.recommend_mapped(patient_with(INFECTION))
    (change,) = compare_plans({"p": INFECTED}, {"p": after})
    assert change.abstained == (False, True)
    assert change.reason == after.reason != ""
    assert {move.place_after for move in change.difference.moves} == {None}
