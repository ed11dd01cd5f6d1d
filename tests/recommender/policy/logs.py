"""Small logs whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from recommender.policy.episodes import Episodes, check_rows
from recommender.policy.simulate import Simulation, choose_as_clinician, simulate
from recommender.policy.world import SimulatorConfig, build_world

Reward = Callable[[int, int], float]


def row(episode: str = "a", step: int = 0, action: int = 0, **more: Any) -> dict[str, Any]:
    """One valid row."""
    base = {"observation": [0.0, 1.0], "reward": 1.0, "propensity": 0.5, "terminal": False}
    return {"episode_id": episode, "step": step, "action": action} | base | more


def bandit_log(reward: Reward, size: int = 400, num_actions: int = 3, *, logged: bool = True) -> Episodes:
    """One-step episodes: a binary observation, actions drawn uniformly, the reward a function of both."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(size):
        seen, action = int(rng.integers(2)), int(rng.integers(num_actions))
        chance = 1 / num_actions if logged else None
        value = reward(seen, action)
        rows.append(
            row(
                f"{i:05d}", 0, action, observation=[float(seen)], reward=value, propensity=chance, terminal=True
            )
        )  # fmt: skip
    return check_rows(rows)


@cache
def clinic_log(size: int = 800, seed: int = 7) -> Simulation:
    """A log of the simulated clinic."""
    config = SimulatorConfig(num_conditions=6, num_treatments=6)
    return simulate(build_world(config), config, size, seed, choose_as_clinician)
