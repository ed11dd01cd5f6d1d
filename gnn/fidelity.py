"""How true an explanation is: how far a score falls when the walk said to carry it is taken out of the graph."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnn.listwise import to_log_probabilities
from gnn.path_gnn import PathGnn, score_path_gnn
from gnn.path_graph import Hop, PathData, to_bundles
from gnn.path_relevance import Walk, rank_walks
from gnn.task import Queries
from gnn.triples import Ids

_Edge = tuple[str, str, int, str, int]


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Falls of the tail's log-probability without its best walk, and without another walk to the same tail."""

    share: float
    best: float
    other: float


def measure_fidelity(
    network: PathGnn, data: PathData, query: Queries, tail: int, generator: np.random.Generator, num_walks: int = 200
) -> Fidelity | None:
    """Take out a query's best walk, then a random other one, of as many hops if there is; None when it has no other."""
    walks = rank_walks(network, data, query, tail, num_walks)
    others = [walk for walk in walks[1:] if len(walk.steps) == len(walks[0].steps)] or walks[1:]
    if not others:
        return None
    other = others[int(generator.integers(len(others)))]
    before = _log_probability(network, data, query, tail)
    falls = [before - _log_probability(network, *remove_walk(data, query, walk), tail) for walk in (walks[0], other)]
    return Fidelity(walks[0].share, *falls)


def remove_walk(data: PathData, query: Queries, walk: Walk) -> tuple[PathData, Queries]:
    """Return data and query without the edges of a walk, in every layer and in both directions."""
    edges = _edges_of(data, int(query.heads[0]), walk)
    hops = tuple(tuple(_without(data, layer, hop, edges) for hop in found) for layer, found in enumerate(data.hops))
    bundles = tuple(tuple(to_bundles(found)) for found in hops[1:])
    known = query.known.copy()
    if walk.steps[0] == data.steps[-2]:
        known[0, walk.places[0]] = 0.0
    return replace(data, hops=hops, bundles=bundles), replace(query, known=known)


def _edges_of(data: PathData, head: int, walk: Walk) -> list[_Edge]:
    """Return the walk's edges as relation, source type and place, target type and place, and the same backwards."""
    places = (head, *walk.places)
    edges: list[_Edge] = []
    for step, source, target in zip(walk.steps, places[:-1], places[1:], strict=True):
        edges.append((step.relation, step.source, source, step.target, target))
        edges.append((step.relation, step.target, target, step.source, source))
    return edges


def _without(data: PathData, layer: int, hop: Hop, edges: list[_Edge]) -> Hop:
    matrix = hop.matrix
    for relation, source_type, source, target_type, target in edges:
        if (hop.step.relation, hop.step.source, hop.step.target) != (relation, source_type, target_type):
            continue
        row = source if layer == 0 else _find(data.nodes[layer - 1][source_type], source)
        column = _find(data.nodes[layer][target_type], target)
        if row >= 0 and column >= 0 and matrix[row, column] > 0:
            matrix = matrix.copy() if matrix is hop.matrix else matrix
            matrix[row, column] = 0.0
    return replace(hop, matrix=matrix)


def _find(places: Ids, wanted: int) -> int:
    found = int(np.searchsorted(places, wanted))
    return found if found < len(places) and places[found] == wanted else -1


def _log_probability(network: PathGnn, data: PathData, query: Queries, tail: int) -> float:
    scores = np.where(query.hidden, -np.inf, score_path_gnn(network, data, query))
    return float(to_log_probabilities(scores)[0, tail])
