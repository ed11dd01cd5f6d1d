"""Skill: high where the reward is a function of what is seen and done, none where it is chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender.policy.contextual import ContextualConfig
from recommender.policy.episodes import Episodes
from recommender.policy.learner import Batch
from recommender.policy.skill import measure_skill
from recommender.policy.state import build_states

from .logs import bandit_log


def batch_of(log: Episodes) -> Batch:
    states = build_states(log, log.num_actions)
    return Batch(states, log.episode, log.action, log.reward, log.propensity, log.is_last)


def test_skill() -> None:
    log = bandit_log(lambda seen, action: float(seen == action), 800)
    found = measure_skill(batch_of(log), 0, ContextualConfig())
    assert found.share > 0.9
    assert sum(found.blend) == pytest.approx(1, abs=0.2)
    assert min(found.blend) >= 0
    chance = replace(log, reward=np.random.default_rng(1).normal(0, 1, log.reward.size))
    assert measure_skill(batch_of(chance), 0, ContextualConfig()).share <= 0
    assert measure_skill(batch_of(replace(log, reward=np.zeros(800))), 0, ContextualConfig()).share == pytest.approx(0)
