"""The visits behind a decision, for learners that look at the whole course and not at a summary of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from recommender.policy.arrays import Bools, Floats, Ints

MAX_VISITS: Final = 12
NOTHING: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """The last W visits of N patients, the newest in the last column; `is_visit` [N, W] is False where there was none.

    `seen` [N, W, D] holds the observations, NaN where missing. Before each visit `action` [N, W] was done, `NOTHING`
    at the first, and earned `reward` [N, W].
    """

    seen: Floats
    action: Ints
    reward: Floats
    is_visit: Bools

    @classmethod
    def start(cls, size: int, width: int) -> Trail:
        """Patients of whom nothing was seen yet."""
        return cls(
            np.zeros((size, 0, width)),
            np.zeros((size, 0), dtype=np.int64),
            np.zeros((size, 0)),
            np.zeros((size, 0), dtype=bool),
        )

    def add(self, observation: Floats, action: Ints, reward: Floats) -> Trail:
        """One more visit of everybody: what was seen [N, D] after `action` [N] had earned `reward` [N]."""
        kept = slice(max(0, self.action.shape[1] + 1 - MAX_VISITS), None)
        return Trail(
            np.concatenate([self.seen[:, kept], observation[:, None]], axis=1),
            np.concatenate([self.action[:, kept], action[:, None]], axis=1),
            np.concatenate([self.reward[:, kept], reward[:, None]], axis=1),
            np.concatenate([self.is_visit[:, kept], np.ones((action.size, 1), dtype=bool)], axis=1),
        )

    def take(self, kept: Ints | Bools) -> Trail:
        """Some of the patients."""
        return Trail(self.seen[kept], self.action[kept], self.reward[kept], self.is_visit[kept])

    def narrow(self, num_actions: int) -> Trail:
        """The visits with `NOTHING` in place of the actions from `num_actions` on."""
        return replace(self, action=np.where(self.action < num_actions, self.action, NOTHING))


def join_trails(parts: Sequence[Trail]) -> Trail:
    """The trails of all parts, one after the other, as wide as the widest."""
    width = max(part.action.shape[1] for part in parts)
    wide = [_widen(part, width) for part in parts]
    return Trail(
        np.concatenate([t.seen for t in wide]),
        np.concatenate([t.action for t in wide]),
        np.concatenate([t.reward for t in wide]),
        np.concatenate([t.is_visit for t in wide]),
    )


def _widen(trail: Trail, width: int) -> Trail:
    more = ((0, 0), (width - trail.action.shape[1], 0))
    return Trail(
        np.pad(trail.seen, (*more, (0, 0))),
        np.pad(trail.action, more, constant_values=NOTHING),
        np.pad(trail.reward, more),
        np.pad(trail.is_visit, more),
    )
