"""Floors: what counting alone reaches, printed beside every model on the same split."""

from __future__ import annotations

import numpy as np

from gnn.metagraph import Dense
from gnn.task import LinkTask, Queries


def score_popularity(task: LinkTask, queries: Queries) -> Dense:
    """Score each tail by how many other heads are known to have it; (num_queries, num_tails)."""
    known = task.known()
    scores: Dense = known.sum(axis=0)[None, :] - known[queries.heads]
    return scores


def score_co_treatment(task: LinkTask, queries: Queries) -> Dense:
    """Score each tail by the heads that have it and share a known tail with the query's head; (num_queries, num_tails).

    Shared tails are compared by cosine, the query's own edge left out. A head without another known tail falls back
    to popularity, which also breaks ties.
    """
    known = task.known()
    sizes = np.sqrt(np.maximum(known.sum(axis=1), 1.0))
    shared = queries.known @ known.T
    shared[np.arange(len(queries)), queries.heads] = 0.0
    shared /= sizes[None, :] * np.sqrt(np.maximum(queries.known.sum(axis=1), 1.0))[:, None]
    popularity = score_popularity(task, queries)
    scores: Dense = (shared @ known + 1e-3 * popularity / max(float(popularity.max()), 1.0)).astype(np.float32)
    return scores
