"""The sequential learner: what follows counts where it matters, and nothing is added where nothing follows."""

from __future__ import annotations

import numpy as np

from recommender.policy.episodes import Episodes, check_rows
from recommender.policy.sequential import SequentialConfig, SequentialValues
from recommender.policy.state import build_states
from recommender.policy.train import TrainConfig, fit_policy

from .logs import bandit_log, row

QUICK = SequentialConfig(num_members=3, num_steps=400, width=16)


def two_doors(size: int = 400) -> Episodes:
    """Action 1 earns 0.3 and ends the episode; action 0 earns nothing and leads to where action 1 earns 1."""
    rng, rows = np.random.default_rng(0), []
    for i in range(size):
        first = int(rng.integers(2))
        rows.append(row(f"{i:04d}", 0, first, observation=[0.0], reward=0.3 * first, terminal=first == 1))
        if first == 0:
            second = int(rng.integers(2))
            rows.append(row(f"{i:04d}", 1, second, observation=[1.0], reward=float(second), terminal=True))
    return check_rows(rows)


def test_what_follows_counts() -> None:
    log = two_doors()
    states = build_states(log, 2)
    at_first = log.step == 0
    greedy = fit_policy(log, 0, TrainConfig()).decide(states).action
    policy = fit_policy(log, 0, TrainConfig(learner="sequential", sequential=QUICK))
    assert (greedy[at_first] == 1).all()
    decided = policy.decide(states).action
    assert (decided[at_first] == 0).all()
    assert (decided[~at_first] == 1).all()
    values = policy.predict(states).mean(axis=0)
    np.testing.assert_allclose(values[at_first].mean(axis=0), [0.9, 0.3], atol=0.15)


def test_where_nothing_follows_the_values_are_the_contextual_ones() -> None:
    log = bandit_log(lambda seen, action: float(seen == action), 400)
    policy = fit_policy(log, 0, TrainConfig(learner="sequential", sequential=QUICK))
    assert isinstance(policy.values, SequentialValues)
    states = build_states(log, 3)
    at_once = policy.values.start.predict(states).mean(axis=0)
    np.testing.assert_allclose(policy.predict(states).mean(axis=0), at_once, atol=0.1)
