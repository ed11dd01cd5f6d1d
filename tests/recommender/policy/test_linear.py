"""The linear half: normal scores, partial pooling, what never varied, and the way to disk and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recommender.policy.episodes import Episodes
from recommender.policy.learner import Batch
from recommender.policy.linear import LinearConfig, LinearValues, fit_linear, to_scores
from recommender.policy.state import States, build_states

from .logs import bandit_log

CONFIG = LinearConfig(num_features=20, penalty=5.0)


def batch_of(log: Episodes) -> Batch:
    return Batch(
        build_states(log, log.num_actions), log.episode, log.action, log.reward, log.propensity, log.is_last
    )  # fmt: skip


def fit(log: Episodes) -> LinearValues:
    return fit_linear(batch_of(log), CONFIG, 2, by_index=True, use_options=True, seed=0)


def test_normal_scores_put_the_median_at_zero_and_keep_the_order() -> None:
    grid = np.quantile(np.arange(101.0), np.linspace(0, 1, 11))[:, None]
    scores = to_scores(np.array([[50.0], [10.0], [1000.0], [-5.0]]), grid)[:, 0]
    assert scores[0] == pytest.approx(0)
    assert scores[3] < scores[1] < scores[0] < scores[2]
    assert [scores[2], scores[3]] == pytest.approx([2.5758, -2.5758], abs=1e-3)


def test_a_constant_column_scores_zero() -> None:
    assert not to_scores(np.array([[3.0], [9.0]]), np.ones((5, 1))).any()


def test_each_action_keeps_its_own_answer() -> None:
    values = fit(bandit_log(lambda seen, action: float(seen == action), 800))
    log = bandit_log(lambda seen, action: 0.0, 20)
    found = values.predict(build_states(log, 3)).mean(axis=0)
    assert (found.argmax(axis=1) == log.observation[:, 0]).all()
    assert found[np.arange(20), log.observation[:, 0].astype(int)] == pytest.approx(1, abs=0.1)


def test_an_action_that_was_never_tried_does_not_deviate() -> None:
    log = bandit_log(lambda seen, action: float(action), 400, num_actions=2)
    states = build_states(log, 3)
    batch = Batch(states, log.episode, log.action, log.reward, log.propensity, log.is_last)
    assert not fit_linear(batch, CONFIG, 2, by_index=True, use_options=True, seed=0).own[:, 2].any()


def test_what_never_varied_in_the_log_moves_nothing_later() -> None:
    log = bandit_log(lambda seen, action: float(seen == action), 400)
    values, states = fit(log), build_states(log, 3)
    tried = States(states.context, states.options + 5.0, states.mask)
    assert np.array_equal(values.predict(tried), values.predict(states))


def test_round_trip(tmp_path: Path) -> None:
    log = bandit_log(lambda seen, action: float(seen == action), 200)
    values, states = fit(log), build_states(log, 3)
    values.save(tmp_path)
    assert np.array_equal(LinearValues.load(tmp_path).predict(states), values.predict(states))
