"""Off-policy evaluation against values worked out by hand, and its refusals."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.policy.episodes import check_rows
from recommender.policy.fqe import Fitted
from recommender.policy.ope import (
    doubly_robust,
    effective_size,
    estimate_propensities,
    evaluate_offline,
    find_refusal,
    mean_estimate,
    weigh,
)
from recommender.policy.state import build_states

from .logs import bandit_log, row


def test_weights_by_hand() -> None:
    log = check_rows([row("a", 0, 1, reward=1.0), row("a", 1, 0, reward=2.0), row("b", 0, 0, reward=4.0)])
    weighted = weigh(log, np.array([1, 0, 1]), np.array([0.5, 0.25, 0.5]))
    assert weighted.weights.tolist() == [[2.0, 8.0], [0.0, 0.0]]
    assert (weighted.weights * weighted.rewards).sum(axis=1).tolist() == [2.0 + 16.0, 0.0]


def test_doubly_robust_by_hand() -> None:
    """v(s0) + w0 (r0 + v(s1) - q0) + w1 (r1 - q1) = 3 + 2 (1 + 2 - 2) + 8 (2 - 1) = 13; the other: 5 + 0."""
    log = check_rows([row("a", 0, 1, reward=1.0), row("a", 1, 0, reward=2.0), row("b", 0, 0, reward=4.0)])
    weighted = weigh(log, np.array([1, 0, 1]), np.array([0.5, 0.25, 0.5]))
    fitted = Fitted(logged=np.array([2.0, 1.0, 0.0]), decided=np.array([3.0, 2.0, 5.0]))
    assert doubly_robust(weighted, fitted).tolist() == [13.0, 5.0]


def test_effective_size_by_hand() -> None:
    assert effective_size(np.array([1.0, 1.0, 1.0, 1.0])) == 4
    assert effective_size(np.array([3.0, 1.0])) == pytest.approx(1.6)  # 16 / 10
    assert effective_size(np.zeros(3)) == 0


def test_a_constant_has_no_width() -> None:
    found = mean_estimate("x", np.full(5, 2.0), np.zeros((10, 5), dtype=np.int64))
    assert (found.value, found.low, found.high) == (2, 2, 2)


def test_the_known_value_of_a_bandit() -> None:
    """Action 1 earns 1 where the observation is 1, else nothing: doing what is seen earns 1/2 + 1/2."""
    log = bandit_log(lambda seen, action: float(seen == action), 2000)
    found = evaluate_offline(log, build_states(log, 3), log.observation[:, 0].astype(np.int64))
    assert not found.refused
    for estimate in found.estimates:
        assert estimate.low - 1e-9 <= 1.0 <= estimate.high + 1e-9, estimate
    assert found.best.value == pytest.approx(1.0, abs=0.02)
    assert set(found.to_json()) == {"value", "interval", "method", "effective_sample_size", "refused", "reason"}


def test_unknown_propensities_are_estimated() -> None:
    log = bandit_log(lambda seen, action: float(action), 2000, logged=False)
    done, wished = estimate_propensities(log, build_states(log, 3), np.zeros(2000, dtype=np.int64), 0)
    np.testing.assert_allclose(done, 1 / 3, atol=0.06)
    np.testing.assert_allclose(wished, 1 / 3, atol=0.06)


def test_refusal_without_overlap() -> None:
    rows = [row(f"{i:04d}", 0, 0, terminal=True, propensity=0.99, observation=[i % 7.0]) for i in range(300)]
    log = check_rows([*rows, row("z", 0, 1, terminal=True, propensity=0.01, observation=[1.0])])
    found = evaluate_offline(log, build_states(log, 2), np.ones(301, dtype=np.int64))
    answer = found.to_json()
    assert answer["refused"]
    assert answer["value"] is None
    assert answer["interval"] == [None, None]
    assert "overlap is too poor" in answer["reason"]


def test_one_episode_that_decides_a_step_and_then_leaves_the_policy_is_no_overlap() -> None:
    """The last weights are 100 times 4, but the first step's are 100 times 2 and once 2,000: 1.2 episodes."""
    rows = [row(f"{i:03d}", step, 1, propensity=0.5, terminal=step == 1) for i in range(100) for step in (0, 1)]
    rows += [row("z", 0, 1, propensity=0.0005), row("z", 1, 0, terminal=True, propensity=0.5)]
    log = check_rows(rows)
    found = evaluate_offline(log, build_states(log, 2), np.ones(202, dtype=np.int64))
    assert found.refused
    assert found.effective_sample_size == pytest.approx(2200**2 / (100 * 4 + 2000**2))


def test_the_limits_of_overlap() -> None:
    assert "45.0 of 2048" in find_refusal(45.0, 0.0, 2048)
    assert find_refusal(100.0, 0.0, 2048) == ""
    assert "less than 1%" in find_refusal(500.0, 0.2, 2048)
