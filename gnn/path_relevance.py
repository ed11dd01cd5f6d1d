"""What a path GNN's score of one pair rests on: the walks that carry it, each with its share.

All that flows along the network's edges is positive, so a tail's state is a sum over what arrives, and what arrives a
sum over the walks it came by. The positive part of gradient times state at the readout is divided among these in
proportion (layer-wise relevance propagation, z+ rule, Montavon et al. 2017, doi:10.1016/j.patcog.2016.11.008): shares
of all walks sum to one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch
from torch import Tensor

from gnn.metagraph import Dense, Step
from gnn.path_batch import Batch, build_batch
from gnn.path_gnn import PathGnn, send
from gnn.path_graph import Hop, PathData
from gnn.task import Queries

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Walk:
    """Hops from a head to a tail; `places` are those reached by each hop, in the hop's target type."""

    steps: tuple[Step, ...]
    places: tuple[int, ...]
    share: float


def rank_walks(network: PathGnn, data: PathData, query: Queries, tail: int, num_walks: int) -> list[Walk]:
    """Return the `num_walks` walks of greatest share that a single query's score of `tail` rests on.

    A walk's share is at most that of any of its ends, so the best end is followed first.
    """
    traced = _trace(network, data, build_batch(data, query), tail)
    total = sum(float(part.sum()) for part in traced.relevance)
    order = count()
    ends = [(-float(part.sum()), next(order), _End(layer, tail, part)) for layer, part in enumerate(traced.relevance)]
    heapq.heapify(ends)
    found: list[Walk] = []
    while ends and len(found) < num_walks and ends[0][0] < 0:
        value, _, end = heapq.heappop(ends)
        if end.layer < 0:
            found.append(Walk(end.steps, end.places, -value / total))
            continue
        for part in _extend(data, traced, end):
            heapq.heappush(ends, (-float(part.relevance.sum()), next(order), part))
    return found


def node_relevance(network: PathGnn, data: PathData, query: Queries, tail: int) -> dict[tuple[str, int], float]:
    """Return, by type and place, each node's summed share of the walks that a single query's score rests on."""
    traced = _trace(network, data, build_batch(data, query), tail)
    total = max(sum(float(part.sum()) for part in traced.relevance), _TINY)
    found: dict[tuple[str, int], float] = {}
    arrived: dict[str, Dense] = {}
    for layer in reversed(range(data.num_layers)):
        here = _with_readout(arrived, traced, layer, data.tail_type, tail)
        for name, relevance in here.items():
            for place, value in zip(data.nodes[layer][name].tolist(), relevance.sum(axis=1).tolist(), strict=True):
                if value > 0:
                    found[name, place] = found.get((name, place), 0.0) + value / total
        arrived = _pass_back(data, traced, layer, here) if layer else {}
    return found


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a walk that is followed back: a node of a layer (-1: the head) and the relevance that it carries."""

    layer: int
    node: int
    relevance: Dense
    steps: tuple[Step, ...] = ()
    places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Traced:
    """One query's forward pass: its batch, (num_nodes, dim) states and (dim, dim) mixes by layer and type.

    `weights` are the (num_relations, dim) weights of each layer, `relevance` the (dim,) parts of the score that are
    read off the tail in each layer.
    """

    batch: Batch
    states: tuple[dict[str, Dense], ...]
    mixes: tuple[dict[str, Dense], ...]
    weights: tuple[Dense, ...]
    relevance: tuple[Dense, ...]


def _trace(network: PathGnn, data: PathData, batch: Batch, tail: int) -> _Traced:
    with torch.no_grad():
        states = [network.start(data, batch)]
        for layer in range(1, data.num_layers):
            states.append(network.walk(data, batch, layer, states[-1]))
    reached = [layer[data.tail_type].detach().requires_grad_() for layer in states]
    gradients = torch.autograd.grad(network.read(reached, batch)[0, tail], reached)
    pairs = zip(gradients, reached, strict=True)
    relevance = tuple(to_array(torch.relu(gradient * state)[tail, 0]) for gradient, state in pairs)
    mixes = tuple({name: to_array(network.mix(layer, name)) for name in found} for layer, found in enumerate(states))
    weights = tuple(to_array(torch.exp(layer)) for layer in network.relations)
    arrays = tuple({name: to_array(state[:, 0]) for name, state in layer.items()} for layer in states)
    return _Traced(batch, arrays, mixes, weights, relevance)


def to_array(tensor: Tensor) -> Dense:
    """Return a tensor without its history."""
    array: Dense = tensor.detach().numpy()
    return array


def _before_mixing(traced: _Traced, layer: int, name: str, relevance: Dense, nodes: slice) -> Dense:
    """Return (num_nodes, dim) relevance for each unit that arrived, through compression and mixing."""
    arrived = np.expm1(traced.states[layer][name][nodes])
    passed: Dense = (relevance / np.maximum(arrived, _TINY)) @ traced.mixes[layer][name].T
    return passed


def _extend(data: PathData, traced: _Traced, end: _End) -> Iterator[_End]:
    """Yield the ends one hop back, each with its part of the relevance."""
    name = end.steps[0].source if end.steps else data.tail_type
    place = int(data.nodes[end.layer][name][end.node])
    passed = _before_mixing(traced, end.layer, name, end.relevance[None], slice(end.node, end.node + 1))[0]
    edges = _edges_into(data, traced, end.layer, name, end.node)
    for step, source, message in edges:
        part = message * passed
        if part.any():
            yield _End(end.layer - 1, source, part, (step, *end.steps), (place, *end.places))


def _edges_into(data: PathData, traced: _Traced, layer: int, name: str, node: int) -> Iterator[tuple[Step, int, Dense]]:
    """Yield every edge into a node: its relation, its source in the layer before (-1: the head), its message."""
    if layer == 0:
        yield from _first_edges(data, traced, name, node)
        return
    for hop in data.hops[layer]:
        if hop.step.target == name:
            sent, weight = _sent(data, traced, layer, hop), traced.weights[layer][hop.number]
            column = hop.matrix[:, [node]].tocoo()
            for source, value in zip(column.row.tolist(), column.data.tolist(), strict=True):
                yield hop.step, source, value * sent[source] * weight


def _first_edges(data: PathData, traced: _Traced, name: str, node: int) -> Iterator[tuple[Step, int, Dense]]:
    weights = traced.weights[0]
    if name in traced.batch.first:
        values, numbers = traced.batch.first[name]
        for value, number in zip(values[node, 0].tolist(), numbers.tolist(), strict=True):
            yield data.steps[number], -1, value * weights[number]
    if name == data.tail_type:
        yield data.steps[-2], -1, float(traced.batch.known[node, 0]) * weights[-2]


def _sent(data: PathData, traced: _Traced, layer: int, hop: Hop) -> Dense:
    state = torch.from_numpy(traced.states[layer - 1][hop.step.source])[:, None]
    return to_array(send(data, traced.batch, hop, state)[:, 0])


def _with_readout(arrived: dict[str, Dense], traced: _Traced, layer: int, name: str, tail: int) -> dict[str, Dense]:
    """Add what is read off the tail in this layer to the relevance that came back from the layer after it."""
    own = np.zeros_like(traced.states[layer][name])
    own[tail] = traced.relevance[layer]
    return arrived | {name: arrived[name] + own if name in arrived else own}


def _pass_back(data: PathData, traced: _Traced, layer: int, here: dict[str, Dense]) -> dict[str, Dense]:
    """Return the relevance of the layer before, by type."""
    before: dict[str, Dense] = {}
    for hop in data.hops[layer]:
        if hop.step.target in here:
            passed = _before_mixing(traced, layer, hop.step.target, here[hop.step.target], slice(None))
            message = _sent(data, traced, layer, hop) * traced.weights[layer][hop.number]
            part = message * np.asarray(hop.matrix @ passed)
            before[hop.step.source] = before[hop.step.source] + part if hop.step.source in before else part
    return before
