"""A simulator that none of us wrote: Gymnasium's Blackjack, from a log of random play to a policy that plays better."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.envs.toy_text.blackjack import BlackjackEnv

from recommender.policy.episodes import check_rows, write_episodes
from recommender.policy.evaluate import evaluate_policy
from recommender.policy.train import train_policy

from .logs import row

NAME = "gymnasium.envs.toy_text.blackjack:BlackjackEnv"
NUM_EPISODES = 1000


def play_at_random(num_episodes: int) -> tuple[list[dict[str, Any]], float]:
    """The log and its mean return."""
    env, rng, rows, total = BlackjackEnv(), np.random.default_rng(0), [], 0.0
    for i in range(num_episodes):
        seen, _ = env.reset(seed=i)
        is_over, step = False, 0
        while not is_over:
            action = int(rng.integers(2))
            flat = [float(x) for x in spaces.flatten(env.observation_space, seen)]
            seen, reward, is_over, _, _ = env.step(action)
            rows.append(row(f"{i:05d}", step, action, observation=flat, reward=float(reward), terminal=bool(is_over)))
            total, step = total + float(reward), step + 1
    return rows, total / num_episodes


def test_blackjack_is_played_better_than_at_random(tmp_path: Path) -> None:
    """Random play loses about 0.39 a game; the interval must lie above that."""
    rows, at_random = play_at_random(NUM_EPISODES)
    write_episodes(check_rows(rows), tmp_path / "log.parquet")
    train_policy(tmp_path / "log.parquet", tmp_path / "policy", 0)
    found = evaluate_policy(tmp_path / "policy", NAME, 150)
    assert found["method"] == "online"
    assert found["interval"][0] > at_random
