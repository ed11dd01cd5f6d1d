"""Drift and groups, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.policy.episodes import check_rows
from recommender.policy.monitor import find_drift, value_by_group

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
