"""What the path GNN is told about a batch of queries, the own edge of each left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gnn.path_graph import HUB_EXPONENT, Hop, PathData
from gnn.task import Queries

_WHOLE_CELLS = 100_000_000


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch of queries starts from.

    `first` holds, by type, the (num_nodes, n, num_hops) edge values out of the heads and the hops' numbers; `known`
    (T, n) the heads' known tails, weighted, without the own edges; `away` (num_heads of the layer, n) is zero at each
    query's own head, one list entry a layer; `popularity` (T, n) counts the tails' known heads without the own edges.
    """

    first: dict[str, tuple[Tensor, Tensor]]
    known: Tensor
    away: tuple[Tensor | None, ...]
    popularity: Tensor

    def take(self, rows: Tensor) -> Batch:
        """Return some of the queries."""
        first = {name: (values[:, rows], numbers) for name, (values, numbers) in self.first.items()}
        away = tuple(None if part is None else part[:, rows] for part in self.away)
        return Batch(first, self.known[:, rows], away, self.popularity[:, rows])


def build_batch(data: PathData, queries: Queries, device: torch.device | None = None) -> Batch:
    """Look the heads' first hops up and take the own edges out of what is known."""
    heads, places = queries.heads, np.arange(len(queries))
    by_type: dict[str, list[Hop]] = {}
    for hop in data.hops[0]:
        by_type.setdefault(hop.step.target, []).append(hop)
    first: dict[str, tuple[Tensor, Tensor]] = {}
    for name, hops in by_type.items():
        values = np.zeros((hops[0].matrix.shape[1], len(heads), len(hops)), np.float32)
        for column, hop in enumerate(hops):
            rows = hop.matrix[heads].tocoo()
            values[rows.col, rows.row, column] = rows.data
        numbers = torch.tensor([hop.number for hop in hops])
        first[name] = (torch.from_numpy(values).to(device), numbers.to(device))
    known = queries.known * np.maximum(queries.known.sum(axis=1, keepdims=True), 1.0) ** -HUB_EXPONENT
    popularity = np.repeat(data.popularity.cpu().numpy()[:, None], len(heads), axis=1)
    own = np.flatnonzero(queries.targets >= 0)
    stated = data.task.known()[heads[own], queries.targets[own]]
    popularity[queries.targets[own], places[own]] -= stated
    away = tuple(_away(nodes.get(data.head_type), heads, device) for nodes in data.nodes)
    tensors = (torch.from_numpy(np.ascontiguousarray(known.T)), torch.from_numpy(popularity))
    return Batch(first, tensors[0].to(device), away, tensors[1].to(device))


def _away(places: Any, heads: Any, device: torch.device | None) -> Tensor | None:
    if places is None:
        return None
    return torch.from_numpy((places[:, None] != heads[None, :]).astype(np.float32)).to(device)


def build_whole(data: PathData, queries: Queries, device: torch.device) -> Batch | None:
    """Return all queries as one batch to take from, or None where that would take much memory."""
    num_hops: dict[str, int] = {}
    for hop in data.hops[0]:
        num_hops[hop.step.target] = num_hops.get(hop.step.target, 0) + 1
    num_cells = len(queries) * sum(len(data.nodes[0][name]) * num for name, num in num_hops.items())
    return build_batch(data, queries, device) if num_cells <= _WHOLE_CELLS else None
