"""The policy: an ensemble's opinion turned into a decision that gate, trust region and doubt all bound."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
        trust = self.trust if self.has_skill else replace(self.trust, max_rank=1, min_share=1.0)
        trusted = find_trusted(states, trust, self.behaviour)
        if states.base is None:
            action = self._by_behaviour(states, values, trusted)
            kept = np.zeros(action.size, dtype=bool)
        else:
            action, first = self._by_base(states.base, states.mask, values, trusted)
            kept = action == first
        chosen = values[:, np.arange(action.size), action]
        return Decisions(action, chosen.mean(axis=0), chosen.std(axis=0), kept)

    def predict(self, states: States) -> Floats:
        """The value of each action by each member [M, N, A]; NaN of a numbered action that the log never holds."""
        is_seen = self.behaviour.is_seen
        found = self.values.predict(states.narrow(is_seen.size))
        if states.trail is None:
            return found
        values = np.full((len(found), states.size, states.num_actions), np.nan)
        values[:, :, np.flatnonzero(is_seen)] = found[:, :, is_seen]
        return values

    def _by_base(self, base: Floats, mask: Bools, values: Floats, trusted: Bools) -> tuple[Ints, Ints]:
        """The best paired lower bound over the base's first option, which itself has the bound 0; and that option."""
        gain, first = _find_gains(values, base, mask)
        spread = gain.std(axis=0)
        bound = gain.mean(axis=0) - self.trust.doubt * spread
        bound = np.where(spread > self.widest, np.minimum(bound, _NOT_BETTER), bound)
        bound = np.where(trusted & ~np.isnan(bound), bound, _NEVER)
        np.put_along_axis(bound, first[:, None], 0.0, axis=1)
        return np.argmax(bound, axis=1), first

    def _by_behaviour(self, states: States, values: Floats, trusted: Bools) -> Ints:
        """The best lower bound; the first that is allowed where the mask leaves only what the log never holds."""
        prior = self.trust.prior * self.reward_scale * np.log(np.maximum(self.behaviour.propensities(states), 1e-6))
        bound = values.mean(axis=0) - self.trust.doubt * values.std(axis=0) + prior
        best = np.argmax(np.where(trusted, bound, _NEVER), axis=1)
        return np.where(trusted.any(axis=1), best, np.argmax(states.mask, axis=1))


def find_trusted(states: States, trust: TrustConfig, behaviour: Behaviour) -> Bools:
    """What the policy may do [N, A]: the base ranking's first options, or without one what people usually do."""
    if states.base is not None:
        return np.asarray(states.mask & (rank_rows(states.base, states.mask) < trust.max_rank))
    chance = behaviour.propensities(states)
    return np.asarray((chance > 0) & (chance >= trust.min_share * chance.max(axis=1, keepdims=True)))


def find_widest(policy: Policy, states: States) -> float:
    """The spread of the best gain that only the share `max_doubtful` of these decisions passes."""
    if states.base is None:
        return float("inf")
    gain, _ = _find_gains(policy.predict(states), states.base, states.mask)
    mean, trusted = gain.mean(axis=0), find_trusted(states, policy.trust, policy.behaviour)
    best = np.argmax(np.where(trusted & ~np.isnan(mean), mean, _NEVER), axis=1)
    spread = gain.std(axis=0)[np.arange(states.size), best]
    known = spread[~np.isnan(spread)]
    return float(np.quantile(known, 1.0 - policy.trust.max_doubtful)) if known.size else float("inf")


def _find_gains(values: Floats, base: Floats, mask: Bools) -> tuple[Floats, Ints]:
    """What each action gains over the base ranking's first by each member [M, N, A], and that first [N]."""
    first = np.argmin(rank_rows(base, mask), axis=1)
    return values - np.take_along_axis(values, first[None, :, None], axis=2), first
