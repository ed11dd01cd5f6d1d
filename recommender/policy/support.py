"""What a move rests on: the logged episodes that the trees hold to be like this patient on this treatment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from kg.errors import ModelError
from recommender.policy.arrays import Floats, Ints

FILE: Final = "support.npz"
MAX_ROWS: Final = 20_000
MIN_LIKENESS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Backing:
    """How many logged episodes speak for a move, and how many equally weighted ones they are worth (Kish)."""

    num_episodes: int
    effective_size: float


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """N logged decisions as the leaves [N, T] that T trees put them in, with `weight` [N] and `episode` [N]."""

    leaves: Ints
    weight: Floats
    episode: Ints

    def find(self, leaves: Ints) -> Backing:
        """The backing of a decision by its leaves [T]: like it is what shares half of them or more."""
        likeness = (self.leaves == leaves[None, :]).mean(axis=1)
        like = likeness >= MIN_LIKENESS
        weight = self.weight[like] * likeness[like]
        total = float((weight**2).sum())
        return Backing(np.unique(self.episode[like]).size, float(weight.sum()) ** 2 / total if total else 0.0)

    def save(self, folder: Path) -> None:
        """Write the arrays."""
        np.savez_compressed(
            folder / FILE, leaves=self.leaves.astype(np.int16), weight=self.weight, episode=self.episode
        )

    @classmethod
    def load(cls, folder: Path) -> Support:
        """Read what `save` wrote; ModelError when it is missing or damaged."""
        try:
            with np.load(folder / FILE, allow_pickle=False) as stored:
                return cls(stored["leaves"], stored["weight"], stored["episode"])
        except (OSError, KeyError, ValueError) as error:
            raise ModelError(f'The policy folder "{folder}" is damaged ({error}); train it again.') from error
