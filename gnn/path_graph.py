"""What the path GNN walks: for every hop number, the typed edges that lie on some walk from a head to a tail.

A layered graph is cut out of the metagraph once. Nodes that no tail can be reached from in the hops that are left are
not in it, a hop keeps its heaviest edges only, and another head that is met on the way goes on along its known tails
alone: it speaks by analogy. Edge values are degree weights (`gnn.metagraph.damp`).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
import torch
from sparse_dot_topn import sp_matmul_topn
from torch import Tensor

from gnn.channels import name_profiles
from gnn.metagraph import Step, damp
from gnn.space import TaskGraph
from gnn.task import LinkTask
from gnn.triples import Ids

if TYPE_CHECKING:
    from gnn.path_fused import FusedHops

HUB_EXPONENT = 0.4
BY_NAME = "similar name"
_NUM_NAMES = 10
_LEAST_SIMILAR = 0.1
Places = dict[str, Ids]


@dataclass(frozen=True, slots=True)
class Hop:
    """One relation between two layers; `matrix` (num_sources, num_targets) holds the edges' degree weights.

    Rows and columns are numbered within the nodes of the layer before (the first hops: all heads) and of the layer
    itself. `number` is the relation's place among all that are walked. Rows are quick to take of the first hops,
    columns of the others.
    """

    step: Step
    number: int
    matrix: sp.csr_matrix | sp.csc_matrix


@dataclass(frozen=True, slots=True)
class Bundle:
    """Hops whose matrices are stacked, so that one sparse product walks them all.

    A `tall` bundle leaves one type: rows are the hops' targets one below the other, and relations weigh what arrives.
    A wide one leads into one type: columns are the hops' sources side by side, and relations weigh what is sent.
    `backward` is the transpose of `forward`, for the gradient.
    """

    tall: bool
    hops: tuple[Hop, ...]
    forward: Tensor
    backward: Tensor

    def to(self, device: torch.device) -> Bundle:
        """Return the bundle on a device."""
        return Bundle(self.tall, self.hops, self.forward.to(device), self.backward.to(device))


@dataclass(frozen=True, slots=True)
class PathData:
    """The layered graph.

    `nodes[l]` gives the places that are in layer l + 1, by type; the tail type always holds all tails. `hops[l]` lead
    into that layer (rows of the first are all heads) and `bundles[l]` are the hops into the layer after it.
    `popularity` (num_tails,) counts each tail's known heads. `steps` are the relations walked; the last two are the
    known pairs, from head to tail and back. Where `fused` is given it takes the place of the bundles.
    """

    task: LinkTask
    head_type: str
    tail_type: str
    nodes: tuple[Places, ...]
    hops: tuple[tuple[Hop, ...], ...]
    bundles: tuple[tuple[Bundle, ...], ...]
    steps: tuple[Step, ...]
    popularity: Tensor
    fused: tuple[FusedHops, ...] = ()

    @property
    def num_relations(self) -> int:
        """How many relations are walked."""
        return len(self.steps)

    @property
    def num_layers(self) -> int:
        """How many hops a walk has at most."""
        return len(self.nodes)

    @property
    def num_edges(self) -> int:
        """How many edges are walked in all layers together."""
        return sum(hop.matrix.nnz for hops in self.hops for hop in hops)

    def to(self, device: torch.device) -> PathData:
        """Return the data on a device; the first hops stay in memory, their rows are sent with each batch."""
        bundles = tuple(tuple(bundle.to(device) for bundle in layer) for layer in self.bundles)
        return replace(self, bundles=bundles, popularity=self.popularity.to(device))


def build_path_data(graph: TaskGraph, num_layers: int, max_edges: int, steps: Sequence[Step] | None = None) -> PathData:
    """Cut the layered graph for walks of at most `num_layers` hops; each hop keeps its `max_edges` heaviest edges.

    `steps` are the relations that a network knows, in its order: others are not walked.
    """
    walked = _walked_matrices(graph, max_edges)
    if steps is not None:
        walked = {step: walked[step] if step in walked else _no_edges(graph, step) for step in steps}
    numbers = {step: number for number, step in enumerate(walked)}
    needed = _needed_places(graph, walked, num_layers)
    nodes = _reached_places(graph, walked, needed)
    first = tuple(
        Hop(step, numbers[step], matrix[:, nodes[0][step.target]].tocsr())
        for step, matrix in walked.items()
        if step.source == graph.head_type and step.target in nodes[0] and step != known_steps(graph)[0]
    )
    onward = tuple(
        tuple(Hop(step, numbers[step], matrix.tocsc()) for step, matrix in _onward(graph, walked, layer, nodes))
        for layer in range(2, num_layers + 1)
    )
    bundles = tuple(tuple(to_bundles(hops)) for hops in onward)
    popularity = torch.from_numpy(graph.task.known().sum(axis=0))
    sides = (graph.head_type, graph.tail_type)
    return PathData(graph.task, *sides, nodes, (first, *onward), bundles, tuple(walked), popularity)


def _no_edges(graph: TaskGraph, step: Step) -> sp.csr_matrix:
    shape = tuple(len(graph.metagraph.members[name]) for name in (step.source, step.target))
    return sp.csr_matrix(shape, dtype=np.float32)


def known_steps(graph: TaskGraph) -> tuple[Step, Step]:
    """Return the hops along the known pairs, from head to tail and back."""
    relation, head, tail = graph.task.relation, graph.head_type, graph.tail_type
    return Step(relation, head, tail), Step(relation, tail, head, inverse=True)


def keep_heaviest(matrix: sp.csr_matrix, max_edges: int) -> sp.csr_matrix:
    """Return the `max_edges` edges of greatest weight; ties fall to the earlier row and column."""
    edges = matrix.tocoo()
    if edges.nnz <= max_edges:
        return matrix
    order = np.lexsort((edges.col, edges.row, -edges.data))[:max_edges]
    return sp.csr_matrix((edges.data[order], (edges.row[order], edges.col[order])), shape=matrix.shape)


def _walked_matrices(graph: TaskGraph, max_edges: int) -> dict[Step, sp.csr_matrix]:
    """Return every hop's pruned, degree-weighted matrix, the known pairs' last.

    A known pair is weighted by its head's degree only: a weight by the tail's would tell a query that its own edge
    exists. The network damps by popularity itself, the query's own edge left out.
    """
    found = graph.metagraph.adjacency | _name_edges(graph)
    walked = {step: keep_heaviest(damp(matrix, HUB_EXPONENT), max_edges) for step, matrix in found.items()}
    down, up = known_steps(graph)
    known = sp.csr_matrix(graph.task.known())
    degrees = np.asarray(known.sum(axis=1)).ravel()
    weighted = (sp.diags(np.maximum(degrees, 1.0) ** -HUB_EXPONENT) @ known).tocsr().astype(np.float32)
    return walked | {down: weighted, up: weighted.T.tocsr()}


def _name_edges(graph: TaskGraph) -> dict[Step, sp.csr_matrix]:
    """Return, for each side that has names, edges to the few nodes of most similar name, weighted by similarity."""
    edges: dict[Step, sp.csr_matrix] = {}
    for name, names in ((graph.head_type, graph.head_names), (graph.tail_type, graph.tail_names)):
        profiles = name_profiles(names)
        if profiles is not None:
            nearest = sp_matmul_topn(profiles, profiles.T.tocsr(), top_n=_NUM_NAMES + 1, threshold=_LEAST_SIMILAR)
            nearest.setdiag(0.0)
            nearest.eliminate_zeros()
            edges[Step(BY_NAME, name, name)] = nearest.maximum(nearest.T).tocsr().astype(np.float32)
    return edges


def _may_go_on(graph: TaskGraph, step: Step, layer: int) -> bool:
    """Say whether a hop may lead into a layer from the second on.

    A head met on the way goes on along its known tails only, and a hop that touches neither a head nor a tail leads
    into the second layer only: a walk has at most one, as in the metapaths of three hops.
    """
    if graph.head_type == graph.tail_type or step == known_steps(graph)[0]:
        return True
    sides = {graph.head_type, graph.tail_type}
    return step.source != graph.head_type and (layer == 2 or bool(sides & {step.source, step.target}))


def _needed_places(graph: TaskGraph, walked: dict[Step, sp.csr_matrix], num_layers: int) -> list[Places]:
    """Return, from the first layer to the last, the places that reach a tail in the hops that are left."""
    tails = np.arange(graph.task.shape[1])
    needed: list[Places] = [{graph.tail_type: tails}]
    for layer in range(num_layers, 1, -1):
        found: dict[str, list[Ids]] = {graph.tail_type: [tails]}
        for step, matrix in walked.items():
            if step.target in needed[0] and _may_go_on(graph, step, layer):
                degrees = np.diff(matrix[:, needed[0][step.target]].tocsr().indptr)
                found.setdefault(step.source, []).append(np.flatnonzero(degrees))
        needed.insert(0, _united(found))
    return needed


def _reached_places(graph: TaskGraph, walked: dict[Step, sp.csr_matrix], needed: list[Places]) -> tuple[Places, ...]:
    """Return, for each layer, the needed places that some head reaches in as many hops."""
    everyone = {graph.head_type: np.arange(graph.task.shape[0])}
    reached: list[Places] = []
    for layer, wanted in enumerate(needed, start=1):
        found: dict[str, list[Ids]] = {graph.tail_type: [np.arange(graph.task.shape[1])]}
        for step, matrix in walked.items():
            sources = (reached[-1] if reached else everyone).get(step.source)
            if sources is None or step.target not in wanted or (reached and not _may_go_on(graph, step, layer)):
                continue
            columns = np.unique(matrix[sources].indices).astype(np.int64)
            found.setdefault(step.target, []).append(np.intersect1d(columns, wanted[step.target]))
        reached.append(_united(found))
    return tuple(reached)


def _united(found: dict[str, list[Ids]]) -> Places:
    united = {name: np.unique(np.concatenate(parts)) for name, parts in sorted(found.items())}
    return {name: places for name, places in united.items() if len(places)}


def _onward(
    graph: TaskGraph, walked: dict[Step, sp.csr_matrix], layer: int, nodes: tuple[Places, ...]
) -> Iterable[tuple[Step, sp.csr_matrix]]:
    before, after = nodes[layer - 2], nodes[layer - 1]
    for step, matrix in walked.items():
        if step.source in before and step.target in after and _may_go_on(graph, step, layer):
            between = matrix[before[step.source]][:, after[step.target]].tocsr()
            if between.nnz:
                yield step, between


def to_bundles(hops: tuple[Hop, ...]) -> Iterator[Bundle]:
    """Relations weigh the smaller end of a hop, so bundles are stacked along the larger one."""
    tall: dict[str, list[Hop]] = {}
    wide: dict[str, list[Hop]] = {}
    for hop in hops:
        num_sources, num_targets = hop.matrix.shape
        side = (
            tall.setdefault(hop.step.source, []) if num_targets <= num_sources else wide.setdefault(hop.step.target, [])
        )
        side.append(hop)
    for is_tall, groups in ((True, tall), (False, wide)):
        for group in groups.values():
            stack = sp.hstack if is_tall else sp.vstack
            matrix = stack([hop.matrix for hop in group], format="csr")
            yield Bundle(is_tall, tuple(group), to_tensor(matrix.T.tocsr()), to_tensor(matrix))


def to_tensor(matrix: sp.csr_matrix) -> Tensor:
    """Return the matrix in CSR; torch says once that it calls CSR a beta, which is no news to a user."""
    matrix.sort_indices()
    indices = (torch.from_numpy(matrix.indptr.astype(np.int64)), torch.from_numpy(matrix.indices.astype(np.int64)))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support", category=UserWarning)
        values = torch.from_numpy(matrix.data.astype(np.float32))
        return torch.sparse_csr_tensor(*indices, values, size=matrix.shape, check_invariants=True)
