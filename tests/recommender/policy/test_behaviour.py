"""The behaviour policy: frequencies are found, the gate's zero stays zero, unseen actions stay rare."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recommender.policy.behaviour import Behaviour, fit_behaviour
from recommender.policy.episodes import Episodes, check_rows
from recommender.policy.state import build_states

from .logs import row


def log_of(actions: list[int], width: int = 4, blocked: int = 3) -> Episodes:
    mask = [i != blocked for i in range(width)]
    rows = [row(f"{i}", action=a, observation=[i % 2.0], action_mask=mask) for i, a in enumerate(actions)]
    return check_rows(rows)


@pytest.mark.parametrize(("actions", "chance"), [([0, 0, 0, 1], [0.75, 0.25]), ([1], [0.0, 1.0])])
def test_frequencies(actions: list[int], chance: list[float]) -> None:
    rng = np.random.default_rng(0)
    log = log_of([int(rng.choice(actions)) for _ in range(2000)])
    states = build_states(log, 4)
    found = fit_behaviour(states, log.action, 0).propensities(states)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    np.testing.assert_allclose(found[:, :2].mean(axis=0), chance, atol=0.05)
    assert not found[:, 3].any()
    assert (found[:, 2] < 0.01).all()


def test_what_people_look_at_is_found_with_three_actions(tmp_path: Path) -> None:
    log = log_of([i % 2 if i % 5 else 2 for i in range(1000)])
    states = build_states(log, 4)
    model = fit_behaviour(states, log.action, 0)
    chances = model.propensities(states)
    assert chances[log.observation[:, 0] == 1, 1].mean() > 0.7
    assert chances[log.observation[:, 0] == 0, 0].mean() > 0.7
    model.save(tmp_path / "b.npz")
    np.testing.assert_array_equal(Behaviour.load(tmp_path / "b.npz").propensities(states), chances)
