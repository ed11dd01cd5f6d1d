"""Drift and groups, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.policy.episodes import check_rows
from recommender.policy.monitor import find_drift, find_fairness, value_by_group

from .logs import row


def test_drift_is_seen_and_its_absence_too() -> None:
    rng = np.random.default_rng(0)
    steady = [row(f"{i}", reward=float(rng.normal()), terminal=True) for i in range(200)]
    fallen = [r | {"reward": r["reward"] - 2 * (i >= 100)} for i, r in enumerate(steady)]
    assert not find_drift(check_rows(steady)).alarm
    drift = find_drift(check_rows(fallen))
    assert drift.alarm
    assert drift.change == pytest.approx(-2, abs=0.4)


def test_small_groups_are_left_out() -> None:
    found = value_by_group(np.array([1.0] * 10 + [3.0] * 12 + [9.0]), ["f"] * 10 + ["m"] * 12 + ["x"])
    assert [(g.group, g.num_episodes, g.value) for g in found] == [("f", 10, 1.0), ("m", 12, 3.0)]


def test_fairness_by_hand() -> None:
    """Twelve women, ten men, one unknown; a woman's two decisions carry one alert, a man's one none."""
    groups = [{"sex": "f"}] * 12 + [{"sex": "m"}] * 10 + [{}]
    episode = np.array([i for i in range(12) for _ in range(2)] + list(range(12, 23)))
    alerts = np.array([True, False] * 12 + [False] * 11)
    values = np.array([1.0] * 12 + [3.0] * 10 + [9.0])
    women, men = find_fairness(values, episode, alerts, groups)
    assert (women.value.group, women.value.num_episodes, women.value.value) == ("sex: f", 12, 1.0)
    assert women.alerts is not None
    assert (women.alerts.value, women.alerts.low) == (0.5, 0.5)
    assert men.alerts is not None
    assert men.alerts.value == 0.0
    assert find_fairness(values, episode, None, groups)[0].alerts is None
    assert find_fairness(values, episode, alerts, ()) == ()
