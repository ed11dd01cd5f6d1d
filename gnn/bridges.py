"""Bridges by name: names met around a head against names met around a tail, where the graph has no edge between them.

A drug causes the side effect "Gout flare" and a disease is called "gout": no walk joins the two, but their names are
alike to an encoder that has read general text (`gnn.name_vectors`). The relation to be predicted is
not in the metagraph, so that no bridge holds a training pair's own edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from gnn.channels import weigh_features
from gnn.metagraph import Dense, Step
from gnn.name_vectors import NameVectors, add_names, to_unit

if TYPE_CHECKING:
    from gnn.space import TaskGraph

_MAX_NAMED = 10_000
_MAX_CELLS = 60_000_000
_LEAST_ALIKE = 0.4


@dataclass(frozen=True, slots=True)
class Bridge:
    """The names one `head_step` from a head against those one `tail_step` from a tail; None for the node's own name.

    A `pooled` bridge compares the mean of either side's names, any other adds up the pairs of names that are alike.
    """

    head_step: Step | None
    tail_step: Step | None
    pooled: bool

    @property
    def name(self) -> str:
        """What people read: the hop on either side."""
        sides = " ~ ".join(step.name if step else "name" for step in (self.head_step, self.tail_step))
        return f"{sides} (pooled)" if self.pooled else sides


@dataclass(frozen=True, slots=True)
class AlikeNames:
    """Two entities (ids) whose names are alike: one around the head, one around the tail, and the `value` they add."""

    bridge: str
    head_side: int
    tail_side: int
    value: float


def discover_bridges(graph: TaskGraph) -> list[Bridge]:
    """List every bridge between types that have names, in a fixed order."""
    sides = [_named_steps(graph, node_type) for node_type in (graph.head_type, graph.tail_type)]
    pairs = [(head, tail) for head in sides[0] for tail in sides[1] if _fits(graph, head, tail)]
    alone = [Bridge(head, tail, pooled=False) for head, tail in pairs if not (head is None and tail is None)]
    return [*(Bridge(head, tail, pooled=True) for head, tail in pairs), *alone]


def read_name_vectors(graph: TaskGraph, bridges: Sequence[Bridge], known: NameVectors) -> NameVectors:
    """Return the vectors of every node that stands at an end of a bridge, encoding what is not `known`."""
    ends = {end for bridge in bridges for end in _end_types(graph, bridge)}
    names = [name for end in sorted(ends) for name in graph.names_of(end)]
    return add_names(known, names).only(names)


def build_bridges(graph: TaskGraph, bridges: Sequence[Bridge], vectors: NameVectors) -> Iterator[Dense]:
    """Yield each bridge's (num_heads, num_tails) likeness."""
    ends = {end for bridge in bridges for end in _end_types(graph, bridge)}
    of_type = {end: vectors.of(graph.names_of(end)) for end in sorted(ends)}
    for bridge in bridges:
        head, tail = zip(_weights(graph, bridge), (of_type[end] for end in _end_types(graph, bridge)), strict=True)
        yield _pool(head, tail) if bridge.pooled else _add_up(head, tail)


def list_alike_names(
    graph: TaskGraph, bridges: Sequence[Bridge], vectors: NameVectors, head: int, tail: int
) -> list[AlikeNames]:
    """Return the pairs of names that add to the summed bridges of one pair of places, largest first."""
    found: list[AlikeNames] = []
    for bridge in (bridge for bridge in bridges if not bridge.pooled):
        rows = [matrix[place] for matrix, place in zip(_weights(graph, bridge), (head, tail), strict=True)]
        ends = _end_types(graph, bridge)
        named = [vectors.of(graph.names_of(end))[row.indices] for end, row in zip(ends, rows, strict=True)]
        members = [graph.metagraph.members[end][row.indices] for end, row in zip(ends, rows, strict=True)]
        values = _above(named[0] @ named[1].T) * np.outer(rows[0].data, rows[1].data)
        for one, other in np.argwhere(values > 0).tolist():
            entities = (int(members[0][one]), int(members[1][other]))
            found.append(AlikeNames(bridge.name, *entities, float(values[one, other])))
    return sorted(found, key=lambda names: (-names.value, names.bridge, names.head_side, names.tail_side))


def _pool(head: tuple[sp.csr_matrix, Dense], tail: tuple[sp.csr_matrix, Dense]) -> Dense:
    pooled = [to_unit(np.asarray(matrix @ vectors)) for matrix, vectors in (head, tail)]
    likeness: Dense = pooled[0] @ pooled[1].T
    return likeness


def _add_up(head: tuple[sp.csr_matrix, Dense], tail: tuple[sp.csr_matrix, Dense]) -> Dense:
    between = _above(head[1] @ tail[1].T)
    likeness: Dense = np.asarray(head[0] @ (tail[0] @ between.T).T, np.float32)
    return likeness


def _above(cosines: Dense) -> Dense:
    likeness: Dense = np.maximum(cosines - _LEAST_ALIKE, 0.0)
    return likeness


def _end_types(graph: TaskGraph, bridge: Bridge) -> tuple[str, str]:
    return _end_of(graph, bridge.head_step, graph.head_type), _end_of(graph, bridge.tail_step, graph.tail_type)


def _weights(graph: TaskGraph, bridge: Bridge) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Return what each name around a head, and around a tail, counts."""
    return _to_end(graph, bridge.head_step, graph.head_type), _to_end(graph, bridge.tail_step, graph.tail_type)


def _to_end(graph: TaskGraph, step: Step | None, node_type: str) -> sp.csr_matrix:
    if step is None:
        return sp.identity(len(graph.metagraph.members[node_type]), dtype=np.float32, format="csr")
    return weigh_features(graph.metagraph.adjacency[step])


def _end_of(graph: TaskGraph, step: Step | None, node_type: str) -> str:
    return step.target if step else node_type


def _named_steps(graph: TaskGraph, node_type: str) -> list[Step | None]:
    steps = [None, *graph.metagraph.steps_from(node_type)]
    return [step for step in steps if _is_named(graph, _end_of(graph, step, node_type))]


def _is_named(graph: TaskGraph, node_type: str) -> bool:
    return len(graph.metagraph.members[node_type]) <= _MAX_NAMED and any(graph.names_of(node_type))


def _fits(graph: TaskGraph, head: Step | None, tail: Step | None) -> bool:
    ends = (_end_of(graph, head, graph.head_type), _end_of(graph, tail, graph.tail_type))
    num_heads, num_tails = (len(graph.metagraph.members[end]) for end in ends)
    return num_heads * num_tails <= _MAX_CELLS
