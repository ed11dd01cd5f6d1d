"""Choosing among a name's candidates: a multinomial logistic model over their evidence, in which NIL is a choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extraction.candidates import FEATURES, Name

Chances = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a document's name may mean: its look-up names, the words around it, N concepts, their [N, F] evidence."""

    names: tuple[Name, ...]
    context: str
    curies: tuple[str, ...]
    evidence: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ranker:
    """A weight per feature of `FEATURES`; NIL's score is `nil`. A name is NIL when no chance reaches `lowest`."""

    weights: Mapping[str, float]
    nil: float
    lowest: float = 0.15

    def score(self, evidence: NDArray[np.float32]) -> Chances:
        """[N, len(FEATURES)] of one name → [N] probabilities that, with NIL's, add up to 1."""
        weights = np.array([self.weights[name] for name in FEATURES])
        return to_chances(evidence @ weights, self.nil)


def to_chances(scores: NDArray[np.float64], nil: float) -> Chances:
    """[N] scores beside NIL's → [N] probabilities that, with NIL's, add up to 1."""
    scores = np.append(scores, nil)
    odds = np.exp(scores - scores.max())
    return np.asarray(odds[:-1] / odds.sum())
