"""The path GNN: messages spread from the query's head along every typed hop, and a tail is scored by what reaches it.

A generalised Bellman–Ford iteration (Zhu et al. 2021, NBFNet, arXiv:2106.06935): the representation of a node is that
of all paths from the head to it, each hop multiplying by its relation's vector. Per-relation sparse products carry all
queries of a batch at once. The query's own edge and its inverse are subtracted from every product, so that no path
walks the answer. On CPU each hop keeps only its heaviest edges.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor, nn

from gnn.listwise import ListwiseConfig, fit_listwise
from gnn.metagraph import Dense, Step, damp, to_binary
from gnn.metapaths import discover_metapaths
from gnn.space import TaskGraph
from gnn.task import LinkTask, Queries

_HUB_EXPONENT = 0.5


@dataclass(frozen=True, slots=True)
class PathGnnConfig:
    """`num_layers` hops of width `dim`; of each hop's edges the `max_edges` of greatest degree weight are kept."""

    dim: int = 8
    num_layers: int = 3
    max_edges: int = 20_000
    dropout: float = 0.1
    fit: ListwiseConfig = field(
        default_factory=lambda: ListwiseConfig(epochs=8, batch_size=32, learning_rate=1e-2, weight_decay=1e-4)
    )


@dataclass(frozen=True, slots=True)
class Hop:
    """A hop's messages as a sparse (num_targets, num_sources) tensor and its transpose, for the way back."""

    step: Step
    forward: Tensor
    backward: Tensor


@dataclass(frozen=True, slots=True)
class PathData:
    """Hops to walk; `edges` (num_heads, num_tails) are the known pairs, each of weight `edge_weight` both ways."""

    hops: tuple[Hop, ...]
    num_nodes: dict[str, int]
    head_type: str
    tail_type: str
    edges: Tensor
    edge_weight: float


class _SparseProduct(torch.autograd.Function):
    """matrix @ dense with the gradient by the transposed matrix, both kept in CSR."""

    @staticmethod
    def forward(context: Any, matrix: Tensor, transposed: Tensor, dense: Tensor) -> Tensor:
        """Return matrix @ dense."""
        context.transposed = transposed
        return matrix @ dense

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[None, None, Tensor]:
        """Return the gradient with respect to the dense factor."""
        return None, None, context.transposed @ gradients[0]


class PathGnn(nn.Module):
    """Scores (queries, tails) by messages from each query's head."""

    def __init__(self, data: PathData, config: PathGnnConfig) -> None:
        super().__init__()
        self.config = config
        self.types = tuple(data.num_nodes)
        num_relations = len(data.hops) + 2
        self.start = nn.Parameter(torch.randn(config.dim) * 0.5)
        self.relations = nn.Parameter(1.0 + 0.1 * torch.randn(config.num_layers, num_relations, config.dim))
        width = config.dim
        self.mixes = nn.ModuleList(nn.Linear(2 * width, width) for _ in range(config.num_layers * len(self.types)))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(config.num_layers))
        self.dropout = nn.Dropout(config.dropout)
        self.out = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, 1))

    def forward(self, data: PathData, heads: Tensor, targets: Tensor) -> Tensor:
        """Return (num_queries, num_tails) scores for (num_queries,) places of heads and of targets (-1: none)."""
        states = {name: torch.zeros(size, len(heads), self.config.dim) for name, size in data.num_nodes.items()}
        queries = torch.arange(len(heads))
        boundary = torch.zeros_like(states[data.head_type])
        boundary = boundary.index_put((heads, queries), self.start.expand(len(heads), -1))
        states[data.head_type] = boundary
        for layer in range(self.config.num_layers):
            received = self._receive(data, states, layer, heads, targets)
            states = {name: self._mix(layer, name, states[name], received.get(name)) for name in self.types}
            states[data.head_type] = states[data.head_type] + boundary
        scores: Tensor = self.out(states[data.tail_type]).squeeze(-1).T
        return scores

    def _mix(self, layer: int, name: str, state: Tensor, received: Tensor | None) -> Tensor:
        messages = torch.zeros_like(state) if received is None else received
        mix = self.mixes[layer * len(self.types) + self.types.index(name)]
        mixed = self.norms[layer](mix(torch.cat([state, messages], dim=-1)))
        following: Tensor = state + self.dropout(nn.functional.gelu(mixed))
        return following

    def _receive(
        self, data: PathData, states: dict[str, Tensor], layer: int, heads: Tensor, targets: Tensor
    ) -> dict[str, Tensor]:
        received: dict[str, Tensor] = {}
        for number, hop in enumerate(data.hops):
            message = states[hop.step.source] * self.relations[layer, number]
            summed = _SparseProduct.apply(hop.forward, hop.backward, message.flatten(1)).unflatten(1, message.shape[1:])
            received[hop.step.target] = received.get(hop.step.target, 0) + summed
        down, up = self._walk_known(data, states, layer, heads, targets)
        received[data.tail_type] = received.get(data.tail_type, 0) + down
        received[data.head_type] = received.get(data.head_type, 0) + up
        return received

    def _walk_known(
        self, data: PathData, states: dict[str, Tensor], layer: int, heads: Tensor, targets: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Messages along the known pairs, to tails and to heads, without each query's own edge in either direction."""
        down_message = states[data.head_type] * self.relations[layer, -2]
        up_message = states[data.tail_type] * self.relations[layer, -1]
        down = torch.einsum("ht,hbd->tbd", data.edges, down_message)
        up = torch.einsum("ht,tbd->hbd", data.edges, up_message)
        asked = torch.nonzero(targets >= 0).squeeze(-1)
        own = data.edges[heads[asked], targets[asked]][:, None]
        down = down.index_put((targets[asked], asked), -own * down_message[heads[asked], asked], accumulate=True)
        up = up.index_put((heads[asked], asked), -own * up_message[targets[asked], asked], accumulate=True)
        return down * data.edge_weight, up * data.edge_weight


def build_path_data(graph: TaskGraph, config: PathGnnConfig) -> PathData:
    """Keep the hops that lie on some metapath between the task's types, each cut to its heaviest edges."""
    metapaths = discover_metapaths(graph.metagraph, graph.head_type, graph.tail_type, config.num_layers)
    steps = dict.fromkeys(step for metapath in metapaths for step in metapath.steps)
    hops = tuple(_to_hop(step, graph.metagraph.adjacency[step], config.max_edges) for step in steps)
    types = {graph.head_type, graph.tail_type} | {step.source for step in steps} | {step.target for step in steps}
    num_nodes = {name: len(graph.metagraph.members[name]) for name in sorted(types)}
    known = torch.from_numpy(graph.task.known())
    return PathData(hops, num_nodes, graph.head_type, graph.tail_type, known, _mean_weight(graph.task))


def fit_path_gnn(config: PathGnnConfig, data: PathData, queries: Queries, seed: int) -> PathGnn:
    """Train on the queries, the own edge of each unseen."""
    torch.manual_seed(seed)
    network = PathGnn(data, config)
    heads, targets = torch.from_numpy(queries.heads), torch.from_numpy(queries.targets)

    def score(rows: Tensor) -> Tensor:
        scores: Tensor = network(data, heads[rows], targets[rows])
        return scores

    generator = torch.Generator().manual_seed(seed)
    fit_listwise(config.fit, network, score, targets, torch.from_numpy(queries.hidden), generator)
    return network


def score_path_gnn(network: PathGnn, data: PathData, queries: Queries) -> Dense:
    """Return (num_queries, num_tails) scores; a query's own edge is walked by no path even where it is known."""
    parts: list[Dense] = []
    with torch.no_grad():
        for start in range(0, len(queries), network.config.fit.batch_size):
            some = queries.take(slice(start, start + network.config.fit.batch_size))
            parts.append(network(data, torch.from_numpy(some.heads), torch.from_numpy(some.targets)).numpy())
    return np.concatenate(parts)


def keep_heaviest(matrix: sp.csr_matrix, max_edges: int) -> sp.csr_matrix:
    """Return the `max_edges` edges of greatest weight; ties fall to the earlier row and column."""
    edges = matrix.tocoo()
    if edges.nnz <= max_edges:
        return matrix
    order = np.lexsort((edges.col, edges.row, -edges.data))[:max_edges]
    return sp.csr_matrix((edges.data[order], (edges.row[order], edges.col[order])), shape=matrix.shape)


def _to_hop(step: Step, adjacency: sp.csr_matrix, max_edges: int) -> Hop:
    kept = keep_heaviest(damp(adjacency, _HUB_EXPONENT), max_edges)
    rows, columns = kept.nonzero()
    weighted = damp(to_binary(rows, columns, kept.shape), _HUB_EXPONENT)
    return Hop(step, _to_tensor(weighted.T.tocsr()), _to_tensor(weighted))


def _to_tensor(matrix: sp.csr_matrix) -> Tensor:
    """Return the matrix in CSR; torch says once that it calls CSR a beta, which is no news to a user."""
    indices = (torch.from_numpy(matrix.indptr.astype(np.int64)), torch.from_numpy(matrix.indices.astype(np.int64)))
    values = torch.from_numpy(matrix.data)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support", category=UserWarning)
        return torch.sparse_csr_tensor(*indices, values, size=matrix.shape, check_invariants=True)


def _mean_weight(task: LinkTask) -> float:
    """Return one weight for all known pairs: a weight by degree would tell a query that its own edge exists."""
    known = task.known()
    by_head, by_tail = known.sum(axis=1), known.sum(axis=0)
    return float((by_head[by_head > 0].mean() * by_tail[by_tail > 0].mean()) ** -_HUB_EXPONENT)
