"""Why a pair scores as it does: the walks of the path GNN and of the attention, each with its share of the score.

The path GNN's walks are edges of the graph as they stand, their shares divided by `gnn.path_relevance`. The
attention walks from a head to a similar head (or from a known tail to a similar tail); such a step is shown through
the graph, by the neighbour that both share and fewest others have. Both members' shares are weighted as the blend
weighs the members. Beside the paths stand the terms of the additive metapath model, whose sum is that model's score.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from gnn import path_relevance
from gnn.attention import WalkAttention, WalkData
from gnn.bridges import discover_bridges, list_alike_names
from gnn.folders import model_of, read_folder
from gnn.metagraph import Metagraph, Step
from gnn.model import LinkModel, additive_columns, describe, walk_data
from gnn.model_folder import ModelFolder
from gnn.path_graph import BY_NAME
from gnn.predict import score_pairs, to_side_places
from gnn.space import TaskGraph, build_task_graph
from gnn.task import Queries, build_open_queries, build_training_queries
from gnn.triples import Ids, Triples


@dataclass(frozen=True, slots=True)
class WalkedPath:
    """Entities walked through, the relations between them, whether each is walked head to tail, and the share.

    `sources` name what states each edge; a likeness of names is no edge and has none.
    """

    nodes: tuple[str, ...]
    edges: tuple[str, ...]
    forward: tuple[bool, ...]
    share: float
    sources: tuple[tuple[str, ...], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the keys of the `explain` command."""
        return {
            "nodes": list(self.nodes),
            "edges": list(self.edges),
            "forward": list(self.forward),
            "share": self.share,
            "sources": [list(names) for names in self.sources],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """A pair's score, probability and strongest paths; without a path the score rests on the model alone.

    `contributions` are the largest terms of the additive model, for or against the pair compared with the mean tail.
    `names` are the bridge, an entity around the head, one around the tail whose name is alike, and how much they add.
    """

    score: float
    probability: float
    paths: tuple[WalkedPath, ...]
    contributions: tuple[tuple[str, float], ...] = ()
    names: tuple[tuple[str, str, str, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the document of `theragraph explain --json`."""
        return {
            "score": self.score,
            "probability": self.probability,
            "paths": [path.to_json() for path in self.paths],
            "model_only": not self.paths,
            "contributions": [{"name": name, "value": value} for name, value in self.contributions],
            "names": [
                {"bridge": bridge, "head_side": head, "tail_side": tail, "value": value}
                for bridge, head, tail, value in self.names
            ],
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
    paths = rank_paths(folder, head, tail, num_paths)
    terms = additive_terms(folder.model, head, tail)[:num_paths]
    names = alike_names(folder, head, tail)[:num_paths]
    return Explanation(float(pairs.scores[0, 0]), float(pairs.probabilities[0, 0]), paths, terms, names)


def alike_names(folder: ModelFolder, head: int, tail: int) -> tuple[tuple[str, str, str, float], ...]:
    """Return bridge, entity around the head, entity around the tail and value of all names that are alike."""
    space, entities = folder.model.ground.space, folder.triples.entities
    graph = build_task_graph(folder.triples, space.task)
    bridges = [bridge for bridge in discover_bridges(graph) if bridge.name in space.bridge_names]
    found = list_alike_names(graph, bridges, space.vectors, head, tail)
    return tuple((names.bridge, entities[names.head_side], entities[names.tail_side], names.value) for names in found)


def rank_paths(folder: ModelFolder, head: int, tail: int, num_paths: int) -> tuple[WalkedPath, ...]:
    """Return the `num_paths` paths of greatest share; a path that both members walk has both shares."""
    model = folder.model
    graph = build_task_graph(folder.triples, model.ground.task)
    shown = [_to_path(folder, graph, head, tail, walk) for walk in rank_walks(model, head, tail)[: 2 * num_paths]]
    direct = _gnn_paths(folder, graph, head, tail, 2 * num_paths)
    gnn_part = _part_of_gnn(model) if direct else 0.0
    shares: dict[WalkedPath, float] = {}
    for paths, part in ((shown, 1.0 - gnn_part), (direct, gnn_part)):
        for path in paths:
            bare = replace(path, share=0.0)
            shares[bare] = shares.get(bare, 0.0) + part * path.share
    order = sorted(shares, key=lambda path: (-shares[path], path.nodes, path.edges))
    chosen = [replace(path, share=shares[path]) for path in order[:num_paths] if shares[path] > 0]
    return tuple(replace(path, sources=sources_of(folder.triples, path)) for path in chosen)


def sources_of(triples: Triples, path: WalkedPath) -> tuple[tuple[str, ...], ...]:
    """Return the names of what states each edge of a path."""
    places = [triples.entities.index(node) for node in path.nodes]
    found: list[tuple[str, ...]] = []
    for start, relation, end, forward in zip(places[:-1], path.edges, places[1:], path.forward, strict=True):
        ends = (start, end) if forward else (end, start)
        known = relation in triples.relations
        found.append(triples.sources.of(ends[0], triples.relation_id(relation), ends[1]) if known else ())
    return tuple(found)


def additive_terms(model: LinkModel, head: int, tail: int) -> tuple[tuple[str, float], ...]:
    """Return every term of the additive metapath model, largest first, as its lead over the row's mean tail."""
    _, names, inputs = next(describe(model.ground, model.weights, _own_query(model, head, tail)))
    inputs = inputs * additive_columns(names, model.weights.scaling)
    weight = cast(nn.Linear, model.weights.additive.layers).weight.detach().numpy()[0]
    values = (inputs[0, tail] - inputs[0].mean(axis=0)) * weight
    relative = model.weights.scaling.relative
    summed = values[: len(names)].copy()
    summed[relative] += values[len(names) :]
    order = np.argsort(-np.abs(summed), kind="stable")
    return tuple((names[i], float(summed[i])) for i in order.tolist())


def _part_of_gnn(model: LinkModel) -> float:
    """Return the path GNN's weight in the blend against the attention's."""
    weights = dict(zip(model.blend.members, model.blend.weights, strict=True))
    gnn, attention = weights.get("path GNN", 0.0), weights.get("attention", 0.0)
    return gnn / max(gnn + attention, 1e-12)


def _gnn_paths(folder: ModelFolder, graph: TaskGraph, head: int, tail: int, num_paths: int) -> list[WalkedPath]:
    model, entities = folder.model, folder.triples.entities
    data, networks = model.ground.paths, model.weights.path_gnns
    if data is None or not networks:
        return []
    query = _own_query(model, head, tail)
    start = entities[graph.task.heads[head]]
    found: list[WalkedPath] = []
    for network in networks:
        for walk in path_relevance.rank_walks(network, data, query, tail, num_paths):
            ends = zip(walk.steps, walk.places, strict=True)
            nodes = (entities[graph.metagraph.members[step.target][place]] for step, place in ends)
            edges = tuple(step.relation for step in walk.steps)
            forward = tuple(not step.inverse for step in walk.steps)
            found.append(WalkedPath((start, *nodes), edges, forward, walk.share / len(networks)))
    return found


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
    best: tuple[float, list[tuple[str, bool, str]]] = (0.0, [(BY_NAME, True, last)])
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
