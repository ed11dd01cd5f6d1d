"""The seam between what is learnt and how: two learners live behind it, one contextual and one sequential."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from recommender.policy.arrays import Bools, Floats, Ints
from recommender.policy.state import States


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a learner sees: N logged decisions in episode order. `propensity` [N] is logged or estimated."""

    states: States
    episode: Ints
    action: Ints
    reward: Floats
    propensity: Floats
    is_last: Bools

    def take(self, kept: Bools | Ints) -> Batch:
        """Some of the decisions; take whole episodes where what follows matters."""
        return Batch(
            self.states.take(kept),
            self.episode[kept],
            self.action[kept],
            self.reward[kept],
            self.propensity[kept],
            self.is_last[kept],
        )

    def to_returns(self, gamma: float) -> Batch:
        """The same decisions with what followed, too, in their reward: the discounted return from there on."""
        total, ahead = self.reward.copy(), 0.0
        for i in range(total.size - 1, -1, -1):
            ahead = total[i] = self.reward[i] + (0.0 if self.is_last[i] else gamma * ahead)
        return replace(self, reward=total)


class ActionValues(Protocol):
    """An ensemble's opinion on every action."""

    def predict(self, states: States) -> Floats:
        """The value of each action by each member [M, N, A]."""

    def save(self, folder: Path) -> None:
        """Write everything that `load_values` needs."""


class Learner(Protocol):
    """Learns values from logged decisions, and from nothing else."""

    def fit(self, batch: Batch, seed: int) -> ActionValues:
        """Return the values that the batch supports."""
