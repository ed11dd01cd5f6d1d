"""Filtered, realistic ranks and what is computed from them.

The realistic rank of a target is the mean of the optimistic and the pessimistic one, so a scorer that gives every
candidate the same score ranks in the middle and wins nothing (Berrendorf et al. 2020, arXiv:2002.06914).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg.errors import InputError

Floats = NDArray[np.float64]
Scores = NDArray[np.float32] | NDArray[np.float64]
Mask = NDArray[np.bool_]

RANK_TYPE = "realistic"
HITS_AT = (1, 3, 10)


@dataclass(frozen=True, slots=True)
class RankingMetrics:
    """Means over `n` ranks; `hits[k]` is the share of ranks that are at most k."""

    mrr: float
    hits: tuple[tuple[int, float], ...]
    n: int
    interval: tuple[float, float]

    def to_json(self) -> dict[str, float | int | list[float]]:
        """Return the keys of the `evaluate` command; `interval` is the 95 % bootstrap interval of the MRR."""
        hits = {f"hits@{k}": value for k, value in self.hits}
        return {"mrr": self.mrr, **hits, "n": self.n, "interval": list(self.interval)}


def check_scores(scores: Scores) -> None:
    """Raise InputError when a score is not a number."""
    if np.isnan(scores).any():
        raise InputError("Some scores are not a number: the model's features or weights hold NaN; train it again.")


def rank_targets(scores: Scores, targets: NDArray[np.int64], hidden: Mask) -> Floats:
    """Return the filtered realistic rank of each row's target.

    `scores` and `hidden` are (num_queries, num_candidates); a hidden candidate is another true answer and is left out
    of the ranking. NaN scores raise InputError: they would rank as if they were best.

    >>> float(rank_targets(np.zeros((1, 10)), np.array([3]), np.zeros((1, 10), dtype=bool))[0])
    5.5
    """
    check_scores(scores)
    rows = np.arange(len(targets))
    own = scores[rows, targets][:, None]
    others = ~hidden
    others[rows, targets] = False
    better = ((scores > own) & others).sum(axis=1)
    equal = ((scores == own) & others).sum(axis=1)
    ranks: Floats = 1.0 + better + equal / 2.0
    return ranks


def reciprocal_ranks(ranks: Floats) -> Floats:
    """Return each query's reciprocal rank, its mean over seeds where `ranks` is (num_seeds, num_queries)."""
    reciprocal: Floats = np.atleast_2d(1.0 / ranks).mean(axis=0)
    return reciprocal


def to_metrics(ranks: Floats, *, seed: int = 0) -> RankingMetrics:
    """Summarise (num_queries,) ranks, or (num_seeds, num_queries) of several runs; InputError when there is none.

    `n` counts queries and the interval is over queries: more seeds make it no narrower than more data would.
    """
    if ranks.size == 0:
        raise InputError("There is no rank to average: the test split is empty; give at least one known pair.")
    reciprocal = reciprocal_ranks(ranks)
    hits = tuple((k, float((ranks <= k).mean())) for k in HITS_AT)
    return RankingMetrics(float(reciprocal.mean()), hits, len(reciprocal), bootstrap_interval(reciprocal, seed=seed))


def bootstrap_interval(values: Floats, *, seed: int = 0, num_samples: int = 2000) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of the mean of `values`."""
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, len(values), size=(num_samples, len(values)))
    low, high = np.quantile(values[picks].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def paired_difference(ranks: Floats, floor: Floats, *, seed: int = 0) -> tuple[float, float, float]:
    """Return the mean difference in reciprocal rank, ours minus the floor's, with its 95 % bootstrap interval."""
    ours, theirs = reciprocal_ranks(ranks), reciprocal_ranks(floor)
    if len(ours) != len(theirs):
        raise InputError(f"{len(ours)} ranks cannot be paired with {len(theirs)}; rank the same queries with both.")
    difference = ours - theirs
    low, high = bootstrap_interval(difference, seed=seed)
    return float(difference.mean()), low, high


def average_precision(scores: Scores, is_true: Mask) -> float:
    """Return the area under the precision–recall curve (average precision; ties share their place pessimistically)."""
    order = np.lexsort((is_true, -scores))
    found = is_true[order]
    if not found.any():
        raise InputError("Average precision needs at least one true candidate.")
    precision = np.cumsum(found) / np.arange(1, len(found) + 1)
    return float(precision[found].mean())
