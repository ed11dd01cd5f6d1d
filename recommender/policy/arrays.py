"""The array types of this package and the few sums over rows that several files need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def rank_rows(scores: Floats, allowed: Bools) -> Ints:
    """The place of each column in its row, 0 for the best; what is not allowed comes last [N, A]."""
    order = np.argsort(-np.where(allowed, scores, -np.inf), axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(scores.shape[1])[None], axis=1)
    return ranks


def softmax(logits: Floats) -> Floats:
    """The softmax of each row."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
