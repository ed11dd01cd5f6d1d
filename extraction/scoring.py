"""Counting right and wrong: spans, links and relations against gold, with bootstrap intervals over documents."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Place = tuple[int, int, str]
Measure = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Counts:
    """Right, predicted and gold items; they add up over documents."""

    right: float = 0.0
    predicted: float = 0.0
    gold: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.right + other.right, self.predicted + other.predicted, self.gold + other.gold)

    @property
    def precision(self) -> float:
        """Right among predicted; 0 when nothing was predicted."""
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Right among gold; 0 when there is no gold."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall.

        >>> Counts(1, 2, 2).f1
        0.5
        """
        return 2 * self.right / (self.predicted + self.gold) if self.predicted + self.gold else 0.0


def count_strict(predicted: Collection[Place], gold: Collection[Place]) -> Counts:
    """Count spans that agree in start, end and type."""
    return Counts(len(set(predicted) & set(gold)), len(set(predicted)), len(set(gold)))


def count_partial(predicted: Collection[Place], gold: Collection[Place]) -> Counts:
    """Count spans of a type that overlap: exact 1, overlapping 0.5 (MUC-5's partial credit), each gold span once.

    >>> count_partial([(0, 4, "drug")], [(0, 9, "drug")]).right
    0.5
    """
    predicted, gold = set(predicted), set(gold)
    exact = predicted & gold
    left = sorted(gold - exact)
    right = float(len(exact))
    for start, end, kind in sorted(predicted - exact):
        for place in left:
            if place[2] == kind and place[0] < end and start < place[1]:
                left.remove(place)
                right += 0.5
                break
    return Counts(right, len(predicted), len(gold))


def is_linked(curie: str, gold: str) -> bool:
    """Whether a link is right: one of the gold identifiers, which are joined by `|`; NIL is right where gold has none.

    >>> is_linked("MESH:D1", "MESH:D1|MESH:D2"), is_linked("", "")
    (True, True)
    """
    return curie in gold.split("|")


def add_up(counts: Iterable[Counts]) -> Counts:
    """Return the sum of counts."""
    return sum(counts, Counts())


def bootstrap_f1(counts: Sequence[Counts], samples: int = 1000, seed: int = 1) -> tuple[float, float]:
    """Return the 95 % interval of the micro-F1 over documents drawn with replacement (Efron 1979)."""
    if not counts:
        return 0.0, 0.0
    table = np.array([[c.right, c.predicted, c.gold] for c in counts])
    return _interval(table, samples, seed, lambda t: 2 * t[:, 0] / np.maximum(t[:, 1] + t[:, 2], 1e-12))


def bootstrap_share(counts: Sequence[Counts], samples: int = 1000, seed: int = 1) -> tuple[float, float]:
    """Return the 95 % interval of right among gold over documents drawn with replacement."""
    if not counts:
        return 0.0, 0.0
    table = np.array([[c.right, c.predicted, c.gold] for c in counts])
    return _interval(table, samples, seed, lambda t: t[:, 0] / np.maximum(t[:, 2], 1e-12))


def _interval(table: NDArray[np.float64], samples: int, seed: int, measure: Measure) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(table), [1 / len(table)] * len(table), size=samples)
    low, high = np.quantile(measure(weights @ table), [0.025, 0.975])
    return float(low), float(high)
