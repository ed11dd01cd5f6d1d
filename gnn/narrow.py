"""The same task over fewer candidate tails: what training sees of a relation with very many of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnn.kernel_ridge import KernelRidge
from gnn.similarity import Similarity
from gnn.space import Space
from gnn.task import LinkTask
from gnn.triples import Ids


def choose_columns(space: Space, limit: int, seed: int) -> Ids:
    """Return sorted candidate tails: all with a known pair, all anchors, filled up at random to `limit`."""
    needed = np.union1d(np.unique(space.task.pairs[:, 1]), space.tails.anchors)
    rest = np.setdiff1d(np.arange(space.task.shape[1]), needed)
    extra = np.random.default_rng(seed).permutation(rest)[: max(limit - len(needed), 0)]
    return np.union1d(needed, extra)


def narrow_space(space: Space, columns: Ids) -> Space:
    """Return the space over the chosen tails, which hold every known tail and every anchor."""
    return replace(
        space,
        task=_narrow_task(space.task, columns),
        tails=_narrow_side(space.tails, columns),
        metapaths=space.metapaths[:, :, columns],
        bridges=space.bridges[:, :, columns],
        tail_degrees=space.tail_degrees[columns],
    )


def narrow_ridge(ridge: KernelRidge, columns: Ids) -> KernelRidge:
    """Return the ridge that scores the chosen tails only; its fit is untouched."""
    tails = replace(ridge.tails, rows=ridge.tails.rows[columns], place=ridge.tails.place[columns])
    return replace(ridge, tails=tails)


def _narrow_task(task: LinkTask, columns: Ids) -> LinkTask:
    pairs = np.stack([task.pairs[:, 0], np.searchsorted(columns, task.pairs[:, 1])], axis=1)
    return replace(task, tails=task.tails[columns], pairs=pairs)


def _narrow_side(side: Similarity, columns: Ids) -> Similarity:
    return Similarity(
        side.names,
        np.searchsorted(columns, side.anchors),
        side.scaled[:, columns],
        side.ranked[:, columns],
        side.combined[columns],
    )
