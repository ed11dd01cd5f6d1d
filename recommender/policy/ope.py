"""Off-policy evaluation: what a policy would have earned on the people of a log, or why that cannot be said.

Per-decision IPS and SNIPS (Precup 2000), the sequential doubly robust estimator (Jiang and Li 2016) over cross-fitted
FQE, and FQE itself. Values are mean undiscounted returns; intervals are at 95 % over episodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import stats

from recommender.policy.arrays import Floats, Ints
from recommender.policy.behaviour import MIN_PROPENSITY, fit_behaviour
from recommender.policy.episodes import Episodes
from recommender.policy.fqe import Fitted, fit_values
from recommender.policy.state import States

LEVEL: Final = 0.95
NUM_RESAMPLES: Final = 500
MIN_EFFECTIVE: Final = 50.0
MIN_EFFECTIVE_SHARE: Final = 0.03
RARE: Final = 0.01
MAX_RARE_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimator's value with its interval."""

    method: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The answer. When `refused`, `reason` says why and nobody should use the estimates.

    `contributions` are the episodes' to the doubly robust value, for a look at groups.
    """

    estimates: tuple[Estimate, ...]
    method: str
    effective_sample_size: float
    num_episodes: int
    rare_share: float = 0.0
    max_weight: float = 1.0
    refused: bool = False
    reason: str = ""
    contributions: tuple[float, ...] = ()

    @property
    def best(self) -> Estimate:
        """The estimate that counts."""
        return next(e for e in self.estimates if e.method == self.method)

    def to_json(self) -> dict[str, Any]:
        """The keys of the command's answer; a refused value is null."""
        best = self.best
        return {
            "value": None if self.refused else best.value,
            "interval": [None, None] if self.refused else [best.low, best.high],
            "method": self.method,
            "effective_sample_size": self.effective_sample_size,
            "refused": self.refused,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """The log as E episodes of up to T steps: cumulative `weights`, `rewards` and `is_step`, each [E, T]."""

    weights: Floats
    rewards: Floats
    episode: Ints
    position: Ints

    def spread(self, values: Floats) -> Floats:
        """Values per step [N] as [E, T], 0 after the end."""
        table = np.zeros_like(self.weights)
        table[self.episode, self.position] = values
        return table


def evaluate_offline(episodes: Episodes, states: States, decided: Ints, seed: int = 0) -> Evaluation:
    """Evaluate the policy that decides `decided` [N] in the states of the log."""
    propensity, wished = estimate_propensities(episodes, states, decided, seed)
    weighted = weigh(episodes, decided, propensity)
    fitted = cross_fit(episodes, states, decided, seed)
    contributions = doubly_robust(weighted, fitted)
    first = weighted.spread(fitted.decided)[:, 0]
    resamples = np.random.default_rng([seed, 5]).integers(
        0, episodes.num_episodes, (NUM_RESAMPLES, episodes.num_episodes)
    )
    robust = mean_estimate("dr", contributions, resamples)
    estimates = (
        mean_estimate("ips", (weighted.weights * weighted.rewards).sum(axis=1), resamples),
        _snips(weighted, resamples),
        robust,
        _take_in(mean_estimate("fqe", first, resamples), robust),
    )
    effective = min(map(effective_size, weighted.weights.T))
    rare = float((wished < RARE).mean())
    reason = find_refusal(effective, rare, episodes.num_episodes)
    largest = float(weighted.weights.max())
    each = tuple(contributions.tolist())
    return Evaluation(estimates, "dr", effective, episodes.num_episodes, rare, largest, bool(reason), reason, each)


def estimate_propensities(episodes: Episodes, states: States, decided: Ints, seed: int) -> tuple[Floats, Floats]:
    """The propensity of what was done, logged or else estimated, and the estimated one of what is decided [N], [N].

    Estimates are cross-fitted: an episode's come from a model that never saw it.
    """
    done, wished = np.empty(decided.size), np.empty(decided.size)
    rows = np.arange(decided.size)
    for fold in (0, 1):
        inside = episodes.episode % 2 == fold
        model = fit_behaviour(states.take(~inside), episodes.action[~inside], seed)
        chances = model.propensities(states.take(inside))
        place = np.arange(int(inside.sum()))
        done[rows[inside]] = chances[place, episodes.action[inside]]
        wished[rows[inside]] = chances[place, decided[inside]]
    estimated = np.maximum(done, MIN_PROPENSITY)
    return np.where(np.isnan(episodes.propensity), estimated, episodes.propensity), wished


def weigh(episodes: Episodes, decided: Ints, propensity: Floats) -> Weighted:
    """The importance weights of a deterministic policy; after its end an episode keeps its last weight."""
    starts = np.flatnonzero(np.append(True, episodes.episode[1:] != episodes.episode[:-1]))
    position = np.arange(decided.size) - starts[episodes.episode]
    ratios = np.ones((episodes.num_episodes, int(position.max()) + 1))
    ratios[episodes.episode, position] = (decided == episodes.action) / propensity
    rewards = np.zeros_like(ratios)
    rewards[episodes.episode, position] = episodes.reward
    return Weighted(np.cumprod(ratios, axis=1), rewards, episodes.episode, position)


def cross_fit(episodes: Episodes, states: States, decided: Ints, seed: int) -> Fitted:
    """FQE in two folds: an episode's values come from a model that never saw it."""
    is_odd = episodes.episode % 2 == 1
    odd = fit_values(episodes, states, decided, ~is_odd, seed)
    even = fit_values(episodes, states, decided, is_odd, seed)
    return Fitted(np.where(is_odd, odd.logged, even.logged), np.where(is_odd, odd.decided, even.decided))


def doubly_robust(weighted: Weighted, fitted: Fitted) -> Floats:
    """Each episode's contribution [E] to the doubly robust value."""
    logged, decided = weighted.spread(fitted.logged), weighted.spread(fitted.decided)
    following = np.concatenate([decided[:, 1:], np.zeros((decided.shape[0], 1))], axis=1)
    surprise = weighted.rewards + following - logged
    return np.asarray(decided[:, 0] + (weighted.weights * surprise).sum(axis=1))


def mean_estimate(method: str, contributions: Floats, resamples: Ints) -> Estimate:
    """The mean, with the wider of Student's and the bootstrap's interval at each end."""
    value, size = float(contributions.mean()), contributions.size
    half = float(stats.t.ppf(0.5 + LEVEL / 2, size - 1)) * float(contributions.std(ddof=1)) / size**0.5
    low, high = np.quantile(contributions[resamples].mean(axis=1), [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return Estimate(method, value, min(float(low), value - half), max(float(high), value + half))


def _take_in(fqe: Estimate, robust: Estimate) -> Estimate:
    """FQE's interval with the doubly robust one in it: resampling shows a regression's variance, not its bias."""
    return Estimate(fqe.method, fqe.value, min(fqe.low, robust.low), max(fqe.high, robust.high))


def effective_size(weights: Floats) -> float:
    """Kish's effective sample size, 0 when all weights are 0."""
    total = float((weights**2).sum())
    return float(weights.sum()) ** 2 / total if total else 0.0


def find_refusal(effective: float, rare_share: float, num_episodes: int) -> str:
    """Why nothing can be said, or an empty string."""
    needed = max(MIN_EFFECTIVE, MIN_EFFECTIVE_SHARE * num_episodes)
    if effective < needed:
        return (
            f"overlap is too poor: the effective sample size is {effective:.1f} of {num_episodes} episodes and "
            f"{needed:.0f} are needed; log more episodes, or stay closer to the behaviour policy"
        )
    if rare_share > MAX_RARE_SHARE:
        return (
            f"overlap is too poor: in {rare_share:.0%} of the steps the policy does what the behaviour policy does in "
            f"less than {RARE:.0%}; stay closer to it"
        )
    return ""


def _snips(weighted: Weighted, resamples: Ints) -> Estimate:
    value = _self_normalised(weighted.weights, weighted.rewards)
    drawn = [_self_normalised(weighted.weights[rows], weighted.rewards[rows]) for rows in resamples]
    low, high = np.quantile(drawn, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return Estimate("snips", value, float(low), float(high))


def _self_normalised(weights: Floats, rewards: Floats) -> float:
    totals = weights.sum(axis=0)
    return float(((weights * rewards).sum(axis=0) / np.where(totals > 0, totals, 1.0)).sum())
