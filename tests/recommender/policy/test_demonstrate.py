"""The demonstration's policy: learnt and judged on simulated care, the same again, named as simulated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recommender.policy import demonstrate
from recommender.policy.demonstrate import demonstrate_policy, find_moves
from recommender.policy.registry import read_state
from recommender.policy.rerank import CONTRIBUTION
from recommender.recommend import Recommender
from recommender.score import Contribution, Ranked
from recommender.situation import Situation
from tests.recommender.memory_graph import MemoryGraph
from tests.recommender.worlds import INFECTION, patient_with, small_rows

WORLD = Recommender(MemoryGraph([], []), small_rows())


def said_nothing(label: str, done: int, total: int | None) -> None:
    """Report nothing."""


def test_it_is_the_same_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demonstrate, "NUM_PATIENTS", 240)
    found = demonstrate_policy(WORLD, [patient_with(INFECTION)], tmp_path, said_nothing)
    assert found.num_episodes == 120
    state = read_state(tmp_path / "registry")
    assert found.promotion.version in (state.promoted, state.shadow)
    assert demonstrate_policy(WORLD, [patient_with(INFECTION)], tmp_path, said_nothing) == found
    assert read_state(tmp_path / "registry") == state


def lift_first(situation: Situation, ranked: Ranked) -> Ranked:
    """Points for the first, as a policy gives them."""
    line = Contribution(CONTRIBUTION, 5, "moved up 1: because")
    first, *others = ranked.scored
    return replace(ranked, scored=(replace(first, contributions=(*first.contributions, line)), *others))


def test_lines_with_the_policys_points_are_found() -> None:
    patient = patient_with(INFECTION)
    assert find_moves(WORLD.recommend(patient)) == ()
    found = find_moves(WORLD.reordered(lift_first).recommend(patient))
    assert [(m.patient_id, m.because, m.is_past_another) for m in found] == [
        (patient.patient_id, "moved up 1: because", True)
    ]
