"""The policy: an ensemble's opinion turned into a decision that gate, trust region and doubt all bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.policy.arrays import Bools, Floats, Ints, rank_rows
from recommender.policy.behaviour import Behaviour
from recommender.policy.learner import ActionValues
from recommender.policy.state import States
from recommender.policy.support import Support

_NEVER: Final = -np.inf
_NOT_BETTER: Final = -1e-12


@dataclass(frozen=True, slots=True)
class TrustConfig:
    """How far the policy may go.

    With a base ranking: its first `max_rank` options, and away from its first only when the gain minus
    `doubt` standard deviations of the ensemble is positive, and not at all where the ensemble disagrees more than in
    the share `max_doubtful` of the log's decisions. Without one: what the behaviour policy does at least
    `min_share` as often as its favourite, with `prior` standard deviations of the reward per unit of log propensity.
    """

    max_rank: int = 5
    doubt: float = 0.25
    max_doubtful: float = 0.01
    min_share: float = 0.02
    prior: float = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """N decisions: the action, its value and spread by the ensemble, and whether the base ranking's first was kept."""

    action: Ints
    value: Floats
    spread: Floats
    kept_base: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """What serves decisions.

    `reward_scale` is the standard deviation of the logged rewards; `skill` the share of them that could be predicted
    on held-out episodes. A policy without skill keeps to the base ranking, or to the behaviour policy's favourite.
    `widest` is the spread of a gain beyond which the base ranking stays; `support` the log behind the moves.
    """

    values: ActionValues
    behaviour: Behaviour
    trust: TrustConfig
    reward_scale: float
    skill: float
    widest: float = float("inf")
    support: Support | None = None

    @property
    def has_skill(self) -> bool:
        """Whether the log taught anything."""
        return self.skill > 0

    def decide(self, states: States) -> Decisions:
        """Return the decisions; the action is always one that the mask allows."""
        values = self.predict(states)
        mean, spread = values.mean(axis=0), values.std(axis=0)
        if states.base is None:
            action = self._by_behaviour(states, mean, spread)
            kept = np.zeros(action.size, dtype=bool)
        else:
            action, first = self._by_base(states, states.base, values)
            kept = action == first
        rows = np.arange(action.size)
        return Decisions(action, mean[rows, action], spread[rows, action], kept)

    def predict(self, states: States) -> Floats:
        """The value of each action by each member [M, N, A]; NaN of a numbered action that the log never holds."""
        is_seen = self.behaviour.is_seen
        found = self.values.predict(states.narrow(is_seen.size))
        if states.trail is None:
            return found
        values = np.full((len(found), states.size, states.num_actions), np.nan)
        values[:, :, np.flatnonzero(is_seen)] = found[:, :, is_seen]
        return values

    def _by_base(self, states: States, base: Floats, values: Floats) -> tuple[Ints, Ints]:
        """The best paired lower bound over the base's first option, which itself has the bound 0."""
        gain, ranks = _find_gains(values, base, states.mask)
        first, spread = np.argmin(ranks, axis=1), gain.std(axis=0)
        bound = gain.mean(axis=0) - self.trust.doubt * spread
        bound = np.where(spread > self.widest, np.minimum(bound, _NOT_BETTER), bound)
        trusted = ranks < (self.trust.max_rank if self.has_skill else 1)
        bound = np.where(states.mask & trusted & ~np.isnan(bound), bound, _NEVER)
        np.put_along_axis(bound, first[:, None], 0.0, axis=1)
        return np.argmax(bound, axis=1), first

    def _by_behaviour(self, states: States, mean: Floats, spread: Floats) -> Ints:
        chance = self.behaviour.propensities(states)
        share = self.trust.min_share if self.has_skill else 1.0
        trusted = (chance > 0) & (chance >= share * chance.max(axis=1, keepdims=True))
        prior = self.trust.prior * self.reward_scale * np.log(np.maximum(chance, 1e-6))
        bound = np.where(trusted, mean - self.trust.doubt * spread + prior, _NEVER)
        usual = np.argmax(states.mask, axis=1)  # where the mask leaves only what the log never holds
        return np.where(trusted.any(axis=1), np.argmax(bound, axis=1), usual)


def _find_gains(values: Floats, base: Floats, mask: Bools) -> tuple[Floats, Ints]:
    """What each action gains over the base ranking's first by each member [M, N, A], and its rank [N, A]."""
    ranks = rank_rows(base, mask)
    first = np.argmin(ranks, axis=1)
    return values - np.take_along_axis(values, first[None, :, None], axis=2), ranks


def find_widest(policy: Policy, states: States) -> float:
    """The spread of the best gain that only the share `max_doubtful` of these decisions passes."""
    if states.base is None:
        return float("inf")
    gain, ranks = _find_gains(policy.predict(states), states.base, states.mask)
    mean, trusted = gain.mean(axis=0), states.mask & (ranks < policy.trust.max_rank)
    best = np.argmax(np.where(trusted & ~np.isnan(mean), mean, _NEVER), axis=1)
    spread = gain.std(axis=0)[np.arange(states.size), best]
    known = spread[~np.isnan(spread)]
    return float(np.quantile(known, 1.0 - policy.trust.max_doubtful)) if known.size else float("inf")
