"""Learning, saving and loading: the truth of small logs is found, the bounds hold, a folder is whole or refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kg.errors import InputError, ModelError, UnknownNameError
from recommender.policy.arrays import rank_rows
from recommender.policy.episodes import check_rows, write_episodes
from recommender.policy.policy import TrustConfig
from recommender.policy.sequential import SequentialConfig
from recommender.policy.state import build_states
from recommender.policy.train import TrainConfig, fit_policy, load_info, load_policy, train_policy

from .logs import bandit_log, clinic_log, row

QUICK = SequentialConfig(num_members=3, num_steps=200, width=16)
LEARNERS = ["contextual", "sequential"]


@pytest.mark.parametrize("learner", LEARNERS)
def test_the_best_action_is_found(learner: str) -> None:
    log = bandit_log(lambda seen, action: float(seen == action), 600)
    policy = fit_policy(log, 0, TrainConfig(learner=learner, sequential=QUICK))
    states = build_states(log, 3)
    assert (policy.decide(states).action == log.observation[:, 0]).mean() > 0.99


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_loaded_policy_decides_the_same(tmp_path: Path, learner: str) -> None:
    log = clinic_log().episodes
    write_episodes(log, tmp_path / "log.parquet")
    config = TrainConfig(learner=learner, evidence="simulated", sequential=QUICK)
    info = train_policy(tmp_path / "log.parquet", tmp_path / "policy", 3, config)
    policy, loaded = load_policy(tmp_path / "policy")
    assert loaded == info
    assert loaded.config == config
    states = build_states(log, 6)
    before = fit_policy(log, 3, config).decide(states)
    after = policy.decide(states)
    assert (before.action == after.action).all()
    np.testing.assert_allclose(before.value, after.value, atol=1e-5)
    assert "stays in shadow" in (tmp_path / "policy" / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("learner", LEARNERS)
def test_mask_and_trust_region_hold(learner: str) -> None:
    log = clinic_log().episodes
    config = TrainConfig(learner=learner, sequential=QUICK, trust=TrustConfig(max_rank=2))
    policy = fit_policy(log, 0, config)
    states = build_states(log, 6)
    assert states.base is not None
    actions = policy.decide(states).action
    rows = np.arange(actions.size)
    assert states.mask[rows, actions].all()
    assert rank_rows(states.base, states.mask)[rows, actions].max() <= 1


def test_doubt_falls_back_to_the_base_ranking() -> None:
    log = clinic_log().episodes
    policy = fit_policy(log, 0, TrainConfig())
    states = build_states(log, 6)
    sure = replace(policy, trust=TrustConfig(doubt=0.0)).decide(states).kept_base.mean()
    doubtful = replace(policy, trust=TrustConfig(doubt=1e6)).decide(states).kept_base.mean()
    assert sure < doubtful
    assert doubtful > 0.95


def test_random_rewards_teach_nothing() -> None:
    log = clinic_log().episodes
    noise = replace(log, reward=np.random.default_rng(0).normal(0, 1, log.reward.size))
    policy = fit_policy(noise, 0, TrainConfig())
    assert not policy.has_skill
    assert policy.decide(build_states(noise, 6)).kept_base.all()
    assert fit_policy(log, 0, TrainConfig()).has_skill


def test_what_the_log_says_of_its_evidence_counts(tmp_path: Path) -> None:
    write_episodes(clinic_log().episodes, tmp_path / "log.parquet")
    info = train_policy(tmp_path / "log.parquet", tmp_path / "policy", 0, TrainConfig(evidence="recorded"))
    assert info.config.evidence == "simulated"


def test_described_actions_are_told_apart_by_their_features(tmp_path: Path) -> None:
    """The option described by 1 earns 1, wherever it stands."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(400):
        place, action = int(rng.integers(3)), int(rng.integers(3))
        more: dict[str, Any] = {"options": [[float(j == place)] for j in range(3)], "reward": float(action == place)}
        rows.append(row(f"{i}", action=action, propensity=1 / 3, terminal=True, **more))
    log = check_rows(rows)
    write_episodes(log, tmp_path / "log.jsonl")
    assert not train_policy(tmp_path / "log.jsonl", tmp_path / "policy").config.contextual.by_index
    policy, _ = load_policy(tmp_path / "policy")
    assert log.options is not None
    assert (policy.decide(build_states(log, 3)).action == np.argmax(log.options[:, :, 0], axis=1)).all()
    with pytest.raises(InputError, match="by_index"):
        fit_policy(log, 0, TrainConfig())


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="sarsa"):
        TrainConfig(learner="sarsa")
    with pytest.raises(InputError, match="too few"):
        fit_policy(bandit_log(lambda seen, action: 0.0, 5), 0, TrainConfig())
    with pytest.raises(ModelError, match="no policy folder"):
        load_info(tmp_path)
    (tmp_path / "config.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(ModelError, match="another format"):
        load_info(tmp_path)
