"""Treating simulated patients by some rule, and writing down what happened as episodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recommender.policy.arrays import Bools, Floats, Ints, rank_rows, softmax
from recommender.policy.episodes import Episodes
from recommender.policy.policy import Policy
from recommender.policy.simulator import Cohort
from recommender.policy.state import History, States
from recommender.policy.world import SimulatorConfig, World

Choose = Callable[[Cohort, States], tuple[Ints, Floats]]

TEMPERATURE: Final = 0.15
INDICATION: Final = 0.3
EXPLORATION: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """The log with the counts that no log shows."""

    episodes: Episodes
    num_unsafe: int
    num_adverse: int

    @property
    def value(self) -> float:
        """The mean return."""
        return float(self.episodes.returns().mean())


def choose_base(cohort: Cohort, states: States) -> tuple[Ints, Floats]:
    """The base ranking's first option that passes the gate."""
    scores = np.where(cohort.mask(), cohort.base_scores(), -np.inf)
    return _surely(np.argmax(scores, axis=1))


def choose_oracle(cohort: Cohort, states: States) -> tuple[Ints, Floats]:
    """The truly best option inside mask and trust region."""
    mask = cohort.mask()
    trusted = mask & (rank_rows(cohort.base_scores(), mask) < cohort.config.max_rank)
    return _surely(np.argmax(np.where(trusted, cohort.oracle_scores(), -np.inf), axis=1))


def choose_at_random(cohort: Cohort, states: States) -> tuple[Ints, Floats]:
    """Any option that passes the gate."""
    mask = cohort.mask()
    return _draw(mask / mask.sum(axis=1, keepdims=True), cohort.rng)


def choose_as_clinician(cohort: Cohort, states: States) -> tuple[Ints, Floats]:
    """The behaviour policy: guideline with variation, and strong drugs for severe disease (by indication)."""
    mask = cohort.mask()
    wish = cohort.base_scores() + INDICATION * cohort.world.is_strong[None] * (cohort.severity[:, None] - 0.3)
    chances = softmax(np.where(mask, wish / TEMPERATURE, -1e9))
    uniform = mask / mask.sum(axis=1, keepdims=True)
    return _draw((1 - EXPLORATION) * chances + EXPLORATION * uniform, cohort.rng)


def follow(policy: Policy) -> Choose:
    """The rule that asks the policy."""

    def choose(cohort: Cohort, states: States) -> tuple[Ints, Floats]:
        actions = np.zeros(states.size, dtype=np.int64)
        actions[cohort.is_open] = policy.decide(states.take(cohort.is_open)).action
        return _surely(actions)

    return choose


def simulate(world: World, config: SimulatorConfig, size: int, seed: int, choose: Choose) -> Simulation:
    """Treat `size` patients from admission to the end of their episodes; the seed draws patients and chance."""
    cohort = Cohort(world, config, size, np.random.default_rng([seed, 3]))
    history = History(size, world.num_treatments)
    steps: list[dict[str, NDArray[Any]]] = []
    num_unsafe = num_adverse = 0
    while cohort.is_open.any():
        is_open, seen, mask, base = cohort.is_open.copy(), cohort.observe(), cohort.mask(), cohort.base_scores()
        actions, chances = choose(cohort, history.observe(seen, mask, base))
        rewards, done = cohort.treat(actions)
        history.act(actions, rewards)
        num_unsafe += int((~mask[np.arange(size), actions] & is_open).sum())
        num_adverse += int(cohort.adverse.sum())
        columns = {"seen": seen, "mask": mask, "base": base, "action": actions, "reward": rewards, "chance": chances}
        columns["done"] = done
        steps.append({name: values[is_open] for name, values in columns.items()} | {"who": np.flatnonzero(is_open)})
    return Simulation(_to_episodes(steps, size), num_unsafe, num_adverse)


def _to_episodes(steps: list[dict[str, NDArray[Any]]], size: int) -> Episodes:
    joined = {name: np.concatenate([s[name] for s in steps]) for name in steps[0]}
    step = np.concatenate([np.full(s["who"].size, i) for i, s in enumerate(steps)])
    order = np.lexsort((step, joined["who"]))
    sort = {name: values[order] for name, values in joined.items()}
    return Episodes(
        ids=tuple(str(i) for i in range(size)),
        episode=sort["who"],
        step=step[order],
        observation=sort["seen"],
        action=sort["action"],
        reward=sort["reward"],
        propensity=sort["chance"],
        terminal=sort["done"],
        mask=sort["mask"],
        base=sort["base"],
        evidence="simulated",
    )


def _surely(actions: Ints) -> tuple[Ints, Floats]:
    return actions, np.ones(actions.size)


def _draw(chances: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
    cumulative = chances.cumsum(axis=1)
    drawn = rng.random((chances.shape[0], 1)) * cumulative[:, -1:]
    actions: Bools = drawn < cumulative
    chosen = np.argmax(actions, axis=1)
    return chosen, chances[np.arange(chosen.size), chosen]
