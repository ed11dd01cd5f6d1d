"""Why a pair scores as it does: the walks of the attention member, each with its share of the pair's walk weight.

A walk from a head to a similar head (or from a known tail to a similar tail) is shown through the graph: by the
neighbour that both share and fewest others have.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gnn.attention import WalkAttention, WalkData
from gnn.folders import model_of, read_folder
from gnn.metagraph import Metagraph, Step
from gnn.model import LinkModel, walk_data
from gnn.model_folder import ModelFolder
from gnn.predict import score_pairs, to_side_places
from gnn.space import TaskGraph, build_task_graph
from gnn.task import Queries, build_open_queries, build_training_queries
from gnn.triples import Ids

_BY_NAME = "similar name"


@dataclass(frozen=True, slots=True)
class WalkedPath:
    """Entities walked through, the relations between them, whether each is walked head to tail, and the share."""

    nodes: tuple[str, ...]
    edges: tuple[str, ...]
    forward: tuple[bool, ...]
    share: float

    def to_json(self) -> dict[str, Any]:
        """Return the keys of the `explain` command."""
        return {
            "nodes": list(self.nodes),
            "edges": list(self.edges),
            "forward": list(self.forward),
            "share": self.share,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """A pair's score, probability and strongest paths; without a path the score rests on the model alone."""

    score: float
    probability: float
    paths: tuple[WalkedPath, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the document of `theragraph explain --json`."""
        return {
            "score": self.score,
            "probability": self.probability,
            "paths": [path.to_json() for path in self.paths],
            "model_only": not self.paths,
        }


@dataclass(frozen=True, slots=True)
class _Walk:
    """Head `similar_head` has tail `known_tail`; -1 for either where the walk starts or ends at the pair itself."""

    similar_head: int
    known_tail: int
    share: float


def explain_files(model_path: Path, head: str, relation: str, tail: str, *, num_paths: int = 5) -> dict[str, Any]:
    """Return what `theragraph explain --json` prints; UnknownNameError when the model is of another relation.

    A gradient-trained model's vectors name no path: its answer is "model only".
    """
    folder = read_folder(model_path)
    model = model_of(folder, relation)
    task = model.task
    heads = to_side_places(folder, [head], task.heads, "head")
    tails = to_side_places(folder, [tail], task.tails, "tail")
    if isinstance(folder, ModelFolder):
        return explain_pair(folder, int(heads[0]), int(tails[0]), num_paths=num_paths).to_json()
    pairs = score_pairs(model, heads, tails)
    return Explanation(float(pairs.scores[0, 0]), float(pairs.probabilities[0, 0]), ()).to_json()


def explain_pair(folder: ModelFolder, head: int, tail: int, *, num_paths: int = 5) -> Explanation:
    """Score one pair of places and show the `num_paths` walks that weigh most, its own edge not among them."""
    pairs = score_pairs(folder.model, np.array([head]), np.array([tail]))
    walks = rank_walks(folder.model, head, tail)[:num_paths]
    graph = build_task_graph(folder.triples, folder.model.ground.task)
    paths = tuple(_to_path(folder, graph, head, tail, walk) for walk in walks)
    return Explanation(float(pairs.scores[0, 0]), float(pairs.probabilities[0, 0]), paths)


def rank_walks(model: LinkModel, head: int, tail: int) -> list[_Walk]:
    """Return the walks from `head` to `tail`, heaviest first; their shares and the prior's sum to one."""
    data = walk_data(model.ground.space)
    queries = _own_query(model, head, tail)
    found: dict[tuple[int, int], float] = {}
    for network in model.weights.attentions:
        for key, share in _walk_shares(network, data, queries, tail).items():
            found[key] = found.get(key, 0.0) + share / len(model.weights.attentions)
    order = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [_Walk(*key, share) for key, share in order if share > 0]


def _own_query(model: LinkModel, head: int, tail: int) -> Queries:
    known = build_training_queries(model.ground.task)
    own = np.flatnonzero((known.heads == head) & (known.targets == tail))
    return known.take(own) if len(own) else build_open_queries(model.ground.task, np.array([head]))


def _walk_shares(network: WalkAttention, data: WalkData, queries: Queries, tail: int) -> dict[tuple[int, int], float]:
    head = int(queries.heads[0])
    with torch.no_grad():
        to_head = network.to_head(torch.from_numpy(data.heads[head])).numpy() * (data.head_anchors != head)
        to_tail = network.to_tail(data.tails[:, tail]).numpy() * (data.tail_anchors != tail)
        own = float(torch.exp(network.own))
        prior = float(torch.exp(network.prior) * (data.edges[:, tail].sum() + 0.1))
    edges = data.edges.numpy()
    weights = {(int(data.head_anchors[i]), -1): float(to_head[i]) for i in np.flatnonzero(edges[:, tail])}
    for column, known_tail in enumerate(data.tail_anchors.tolist()):
        if queries.known[0, known_tail] > 0:
            weights[-1, known_tail] = own * float(to_tail[column])
        for row in np.flatnonzero(edges[:, known_tail]).tolist():
            weights[int(data.head_anchors[row]), known_tail] = float(to_head[row] * to_tail[column])
    total = sum(weights.values()) + prior
    return {key: weight / total for key, weight in weights.items()}


def _to_path(folder: ModelFolder, graph: TaskGraph, head: int, tail: int, walk: _Walk) -> WalkedPath:
    task, entities = graph.task, folder.triples.entities
    middle_head = walk.similar_head if walk.similar_head >= 0 else head
    middle_tail = walk.known_tail if walk.known_tail >= 0 else tail
    hops = [(task.relation, True, entities[task.tails[middle_tail]])]
    if walk.similar_head >= 0:
        hops = [*_hops_between(folder, graph, graph.head_type, head, middle_head), *hops]
    if walk.known_tail >= 0:
        hops += _hops_between(folder, graph, graph.tail_type, middle_tail, tail)
    relations, forward, nodes = zip(*hops, strict=True)
    return WalkedPath((entities[task.heads[head]], *nodes), relations, forward, walk.share)


def _hops_between(
    folder: ModelFolder, graph: TaskGraph, node_type: str, start: int, end: int
) -> list[tuple[str, bool, str]]:
    """Return the hops from one node of a type to another through the neighbour they share and fewest others have."""
    metagraph, entities = graph.metagraph, folder.triples.entities
    last = entities[metagraph.members[node_type][end]]
    best: tuple[float, list[tuple[str, bool, str]]] = (0.0, [(_BY_NAME, True, last)])
    for step in metagraph.steps_from(node_type):
        value, neighbour = _rarest_shared(metagraph, step, start, end)
        if value <= best[0]:
            continue
        if neighbour < 0:
            best = (value, [(step.relation, not step.inverse, last)])
        else:
            shared = entities[metagraph.members[step.target][neighbour]]
            best = (value, [(step.relation, not step.inverse, shared), (step.relation, step.inverse, last)])
    return best[1]


def _rarest_shared(metagraph: Metagraph, step: Step, start: int, end: int) -> tuple[float, int]:
    """Return the weight and place of the best shared neighbour; place -1 and weight 1 for an edge between the two."""
    matrix = metagraph.adjacency[step]
    if step.source == step.target and matrix[start, end] > 0:
        return 1.0, -1
    shared: Ids = np.intersect1d(matrix[start].indices, matrix[end].indices)
    if not len(shared):
        return 0.0, -1
    degrees = np.asarray((matrix[:, shared]).sum(axis=0)).ravel()
    best = int(np.argmin(degrees))
    return float(degrees[best]) ** -0.5, int(shared[best])
