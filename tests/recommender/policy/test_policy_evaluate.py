"""The evaluation of a folder: offline, online in an environment, and what does not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from kg.errors import InputError
from recommender.policy.episodes import write_episodes
from recommender.policy.evaluate import evaluate_policy, flatten_observation, make_env
from recommender.policy.sequential import SequentialConfig
from recommender.policy.simulator import ClinicEnv
from recommender.policy.state import build_states
from recommender.policy.train import TrainConfig, fit_policy, load_policy, train_policy
from recommender.policy.world import SimulatorConfig, build_world

from .logs import bandit_log, clinic_log

QUICK = SequentialConfig(num_members=3, num_steps=200, width=16)
KEYS = {"value", "interval", "method", "effective_sample_size", "refused", "reason"}


class Matching(gymnasium.Env[Any, Any]):
    """Earns 1 by doing what is seen; two such steps an episode. Actions start at 1."""

    def __init__(self) -> None:
        self.observation_space = spaces.Dict({"seen": spaces.Box(0, 1, (1,), np.float64)})
        self.action_space = spaces.Discrete(3, start=1)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.visit = 0
        return self._see(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        earned = float(int(action) - 1 == self.seen)
        self.visit += 1
        return self._see(), earned, False, self.visit == 2, {}

    def _see(self) -> dict[str, Any]:
        self.seen = int(self.np_random.integers(2))
        return {"seen": np.array([float(self.seen)])}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("bandit")
    write_episodes(bandit_log(lambda seen, action: float(seen == action), 800), home / "log.jsonl")
    train_policy(home / "log.jsonl", home / "policy", 0)
    return home


def test_online_in_a_foreign_environment(folder: Path) -> None:
    answer = evaluate_policy(folder / "policy", f"{__name__}:Matching", 20)
    assert set(answer) == KEYS
    assert answer["method"] == "online"
    assert answer["value"] == 2.0
    assert answer["interval"] == [2.0, 2.0]
    assert answer["effective_sample_size"] == 20
    assert not answer["refused"]


def test_offline_on_the_training_log_says_so(folder: Path) -> None:
    answer = evaluate_policy(folder / "policy", folder / "log.jsonl")
    assert set(answer) == KEYS
    assert answer["value"] == pytest.approx(1.0, abs=0.05)
    assert "flatters" in answer["reason"]


def test_our_clinic_online_and_what_does_not_fit(tmp_path: Path) -> None:
    log = clinic_log().episodes
    write_episodes(log, tmp_path / "log.parquet")
    train_policy(tmp_path / "log.parquet", tmp_path / "policy", 0, TrainConfig(evidence="simulated"))
    config = SimulatorConfig(num_conditions=6, num_treatments=6)
    answer = evaluate_policy(tmp_path / "policy", ClinicEnv(config, build_world(config)), 30)
    low, high = answer["interval"]
    assert -1.3 < low < answer["value"] < high < 1
    with pytest.raises(InputError, match="1 values and the policy was trained on 13"):
        evaluate_policy(tmp_path / "policy", f"{__name__}:Matching", 3)
    with pytest.raises(InputError, match="1 values and the policy was trained on 13"):
        evaluate_policy(tmp_path / "policy", folder_log(tmp_path), 3)


def folder_log(home: Path) -> Path:
    write_episodes(bandit_log(lambda seen, action: 1.0), home / "other.jsonl")
    return home / "other.jsonl"


@pytest.mark.parametrize("name", ["nothing", "absent.module:Env", "json:absent", "json:JSONDecodeError"])
def test_environments_that_cannot_be_made(name: str) -> None:
    with pytest.raises(InputError):
        make_env(name)


def test_observations_of_every_kind_become_one_row() -> None:
    assert flatten_observation(spaces.Discrete(3), 2, 3).tolist() == [[0, 0, 1]]
    assert flatten_observation(spaces.Discrete(3), 2, 1).tolist() == [[2]]
    box = spaces.Box(0, 1, (2, 2), np.float32)
    assert flatten_observation(box, np.eye(2, dtype=np.float32), 4).tolist() == [[1, 0, 0, 1]]


def test_too_few_episodes(folder: Path) -> None:
    with pytest.raises(InputError, match="too few"):
        evaluate_policy(folder / "policy", Matching(), 1)


def test_actions_that_the_training_log_never_held(tmp_path: Path) -> None:
    """Two of three actions are learnt; a later log and an environment with the third work, and it is never chosen."""
    first = bandit_log(lambda seen, action: float(seen == action), 400, num_actions=2)
    later = bandit_log(lambda seen, action: float(seen == action), 400, num_actions=3)
    write_episodes(first, tmp_path / "first.jsonl")
    write_episodes(later, tmp_path / "later.jsonl")
    info = train_policy(tmp_path / "first.jsonl", tmp_path / "policy", 0)
    assert info.num_actions == 2
    offline = evaluate_policy(tmp_path / "policy", tmp_path / "later.jsonl")
    assert offline["value"] == pytest.approx(1.0, abs=0.1)
    assert evaluate_policy(tmp_path / "policy", Matching(), 20)["value"] == 2.0
    policy, _ = load_policy(tmp_path / "policy")
    states = build_states(later, info.num_actions)
    assert policy.decide(states).action.max() == 1
    only_third = replace(states, mask=np.tile([False, False, True], (states.size, 1)))
    assert (policy.decide(only_third).action == 2).all()


def test_an_action_in_the_middle_that_the_log_never_held(tmp_path: Path) -> None:
    log = bandit_log(lambda seen, action: -float(action == 0), 400, num_actions=2)
    moved = replace(log, action=log.action * 2)
    base = replace(moved, base=np.tile([0.0, 1.0, 0.0], (moved.action.size, 1)))
    for learner in ("contextual", "sequential"):
        policy = fit_policy(moved, 0, TrainConfig(learner=learner, sequential=QUICK))
        assert (policy.decide(build_states(moved, 3)).action == 2).all()
        with_base = fit_policy(base, 0, TrainConfig(learner=learner, sequential=QUICK))
        assert with_base.decide(build_states(base, 3)).kept_base.all()  # nothing is known of the base's first
