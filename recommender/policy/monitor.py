"""Drift and fairness: whether rewards change over the log, and what each group of patients gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from recommender.policy.arrays import Bools, Floats, Ints
from recommender.policy.episodes import Episodes

MIN_GROUP: Final = 10
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class GroupValue:
    """The mean return of one group with its 95 % interval."""

    group: str
    num_episodes: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Drift:
    """The change of the mean return from the older to the newer half of a log; `alarm` when 0 is outside."""

    change: float
    low: float
    high: float

    @property
    def alarm(self) -> bool:
        """Whether the rewards moved by more than chance explains."""
        return not self.low <= 0 <= self.high


def find_drift(episodes: Episodes) -> Drift:
    """Compare the halves of a log whose episodes stand in the order of time (Welch's interval)."""
    returns = episodes.returns()
    older, newer = returns[: returns.size // 2], returns[returns.size // 2 :]
    change = float(newer.mean() - older.mean())
    parts = [float(half.var(ddof=1)) / half.size for half in (older, newer)]
    error = sum(parts) ** 0.5
    freedom = sum(parts) ** 2 / max(
        sum(p**2 / (h.size - 1) for p, h in zip(parts, (older, newer), strict=True)), 1e-300
    )
    half_width = float(stats.t.ppf(0.5 + LEVEL / 2, max(freedom, 1.0))) * error
    return Drift(change, change - half_width, change + half_width)


def value_by_group(contributions: Floats, groups: Sequence[str]) -> tuple[GroupValue, ...]:
    """The mean of each group's contributions [E] to a value; groups under ten episodes are left out."""
    members: Mapping[str, Floats] = {g: contributions[np.array(groups) == g] for g in sorted(set(groups))}
    return tuple(_to_value(name, values) for name, values in members.items() if values.size >= MIN_GROUP)


def _to_value(name: str, values: Floats) -> GroupValue:
    half = float(stats.t.ppf(0.5 + LEVEL / 2, values.size - 1)) * float(values.std(ddof=1)) / values.size**0.5
    mean = float(values.mean())
    return GroupValue(name, values.size, mean, mean - half, mean + half)


@dataclass(frozen=True, slots=True)
class Fairness:
    """What one group gets: the policy's value, and the share of its decisions that carry a caution, None where
    cautions are not logged."""

    value: GroupValue
    alerts: GroupValue | None


def find_fairness(
    contributions: Floats, episode: Ints, has_alert: Bools | None, groups: Sequence[Mapping[str, str]]
) -> tuple[Fairness, ...]:
    """Value [E] and alerts [N] by every recorded group; groups under ten episodes are left out.

    A decision's alert counts for its episode's group: the rate is the mean of the episodes' shares.
    """
    if has_alert is None:
        shares = None
    else:
        counts = np.maximum(np.bincount(episode, minlength=contributions.size), 1)
        shares = np.bincount(episode, has_alert, contributions.size) / counts
    found = []
    for kind in sorted({name for said in groups for name in said}):
        labels = [f"{kind}: {said[kind]}" if kind in said else f"{kind}: not recorded" for said in groups]
        alerts = {} if shares is None else {v.group: v for v in value_by_group(shares, labels)}
        found += [Fairness(value, alerts.get(value.group)) for value in value_by_group(contributions, labels)]
    return tuple(found)
