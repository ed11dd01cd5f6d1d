"""The path GNN: messages spread from the query's head along typed hops, and a tail is scored by what reaches it.

A generalised Bellman–Ford iteration (Zhu et al. 2021, NBFNet, arXiv:2106.06935) over a layered graph
(`gnn.path_graph`): the state of a node is that of all walks from the head to it, each hop multiplying by its relation's
vector, states mixed and compressed at every node. A node that no walk reaches stays at zero, so whatever a tail scores
above the others came along edges, and removing edges shows it. All queries of a batch are columns of one dense matrix
that the sparse hops multiply.

The query's own edge is walked in neither direction: the head's known tails are told without it, walks do not return
to the head, and a tail's popularity is counted without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from gnn.listwise import ListwiseConfig, fit_listwise
from gnn.metagraph import Dense
from gnn.path_batch import Batch, build_batch, build_whole
from gnn.path_device import capture, move_data, needs_recomputing
from gnn.path_fused import DAMPED_TAILS, FusedHops
from gnn.path_graph import HUB_EXPONENT, Bundle, Hop, PathData
from gnn.task import Queries

States = dict[str, Tensor]
_TINY = 1e-6
_OFF_DIAGONAL = -4.0


@dataclass(frozen=True, slots=True)
class PathGnnConfig:
    """Walks of at most `num_layers` hops in `dim` channels; a hop keeps its `max_edges` edges of greatest weight.

    `dropout` hides that share of the readout, `hop_dropout` that share of the relations of a layer in a step.
    """

    dim: int = 8
    num_layers: int = 3
    max_edges: int = 50_000
    hidden: int = 32
    dropout: float = 0.7
    hop_dropout: float = 0.3
    fit: ListwiseConfig = field(
        default_factory=lambda: ListwiseConfig(epochs=8, batch_size=32, learning_rate=1e-2, weight_decay=1e-2)
    )


class SparseProduct(torch.autograd.Function):
    """matrix @ dense with the gradient by the transposed matrix, both kept in CSR."""

    @staticmethod
    def forward(context: Any, matrix: Tensor, transposed: Tensor, dense: Tensor) -> Tensor:
        """Return matrix @ dense."""
        context.transposed = transposed
        return matrix @ dense

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[None, None, Tensor]:
        """Return the gradient with respect to the dense factor."""
        return None, None, context.transposed @ gradients[0].contiguous()


class PathGnn(nn.Module):
    """Scores (queries, tails) by the walks from each query's head."""

    def __init__(self, data: PathData, config: PathGnnConfig) -> None:
        super().__init__()
        self.config = config
        self.recomputes = False
        width, layers = config.dim, data.num_layers
        self.relations = nn.Parameter(0.2 * torch.randn(layers, data.num_relations, width))
        types = {name for step in data.steps for name in (step.source, step.target)}
        self.numbers = {name: number for number, name in enumerate(sorted(types))}
        start = _OFF_DIAGONAL * (1.0 - torch.eye(width))
        self.mixes = nn.Parameter(start.repeat(layers, len(self.numbers), 1, 1))
        self.register_buffer("units", torch.ones(layers, len(self.numbers)))
        num_read = 2 * layers * width + 1
        self.linear = nn.Linear(num_read, 1, bias=False)
        nn.init.constant_(self.linear.weight, 1.0 / num_read)
        self.out = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(num_read, config.hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, 1, bias=False),
        )

    def forward(self, data: PathData, batch: Batch) -> Tensor:
        """Return (n, num_tails) scores."""
        states = self.start(data, batch)
        reached = [states[data.tail_type]]
        for layer in range(1, data.num_layers):
            states = self._step(data, batch, layer, states)
            reached.append(states[data.tail_type])
        return self.read(reached, batch)

    def start(self, data: PathData, batch: Batch) -> States:
        """Return the first layer's (num_nodes, n, dim) states: what one hop from the heads reaches."""
        weights = self._weights(0)
        received = {name: values @ weights[numbers] for name, (values, numbers) in batch.first.items()}
        known = batch.known[:, :, None] * weights[data.num_relations - 2]
        received[data.tail_type] = received.get(data.tail_type, 0.0) + known
        return self._mix(data, batch, 0, received)

    def _step(self, data: PathData, batch: Batch, layer: int, states: States) -> States:
        """Return the states one hop on; with `recomputes` they are not kept but computed again on the way back."""
        names = tuple(states)

        def walk(*tensors: Tensor) -> tuple[Tensor, ...]:
            after = self.walk(data, batch, layer, dict(zip(names, tensors, strict=True)))
            return tuple(after[name] for name in data.nodes[layer] if name in after)

        inputs = tuple(states.values())
        again = self.training and self.recomputes
        outputs = checkpoint(walk, *inputs, use_reentrant=False) if again else walk(*inputs)
        reached = {hop.step.target for hop in data.hops[layer]} | {data.tail_type}
        return dict(zip((name for name in data.nodes[layer] if name in reached), outputs, strict=True))

    def walk(self, data: PathData, batch: Batch, layer: int, states: States) -> States:
        """Send every state along every hop into `layer` (counted from 0) and mix what arrives."""
        weights = self._weights(layer)
        if data.fused:
            received = _receive_fused(data, batch, data.fused[layer - 1], states, weights)
        else:
            received = _receive(data, batch, data.bundles[layer - 1], states, weights)
        if data.tail_type not in received:
            shape = (*batch.known.shape, self.config.dim)
            received[data.tail_type] = torch.zeros(shape, device=batch.known.device)
        return self._mix(data, batch, layer, received)

    def mix(self, layer: int, name: str) -> Tensor:
        """Return the positive (dim, dim) matrix that mixes what arrives at a type of node, its unit included."""
        number = self.numbers[name]
        return torch.exp(self.mixes[layer, number]) * self.get_buffer("units")[layer, number]

    def _mix(self, data: PathData, batch: Batch, layer: int, received: States) -> States:
        states: States = {}
        for name, messages in received.items():
            state = torch.log1p(messages @ self.mix(layer, name))
            away = batch.away[layer] if name == data.head_type else None
            states[name] = state if away is None else state * away[:, :, None]
        return states

    def _weights(self, layer: int) -> Tensor:
        """Return the relations' positive (num_relations, dim) weights in a layer; in training some are hidden."""
        weights = torch.exp(self.relations[layer])
        if self.training and self.config.hop_dropout > 0:
            kept = torch.rand(len(weights), 1, device=weights.device) >= self.config.hop_dropout
            weights = weights * kept / (1.0 - self.config.hop_dropout)
        return weights

    def read(self, reached: Sequence[Tensor], batch: Batch) -> Tensor:
        """Return (n, T) scores from each layer's (T, n, dim) tail states, each also relative to the row's largest."""
        states = torch.cat(list(reached), dim=-1)
        top = states.amax(dim=0, keepdim=True)
        popularity = torch.log1p(batch.popularity)[:, :, None] / 4.0
        features = torch.cat([states, states / (top + _TINY), popularity], dim=-1)
        scores: Tensor = (self.linear(features) + self.out(features)).squeeze(-1).T
        return scores


def _receive(data: PathData, batch: Batch, bundles: Sequence[Bundle], states: States, weights: Tensor) -> States:
    """Return what arrives at each type of node along a layer's bundles."""
    received: dict[str, list[Tensor]] = {}
    for bundle in bundles:
        sent = [send(data, batch, hop, states[hop.step.source]) for hop in bundle.hops]
        if bundle.tall:
            summed = _multiply(bundle, sent[0])
            sizes = [hop.matrix.shape[1] for hop in bundle.hops]
            for hop, part in zip(bundle.hops, torch.split(summed, sizes), strict=True):
                received.setdefault(hop.step.target, []).append(part * weights[hop.number])
        else:
            weighed = [state * weights[hop.number] for hop, state in zip(bundle.hops, sent, strict=True)]
            received.setdefault(bundle.hops[0].step.target, []).append(_multiply(bundle, torch.cat(weighed)))
    return {name: _sum_of(parts) for name, parts in received.items()}


def _receive_fused(data: PathData, batch: Batch, hops: FusedHops, states: States, weights: Tensor) -> States:
    """Return the same from a layer's fused hops; the damped tails stand beside the tails as a source of their own."""
    sent: Mapping[str, Tensor] = states
    if DAMPED_TAILS in hops.sources:
        sent = states | {DAMPED_TAILS: _damp_tails(batch, states[data.tail_type])}
    return hops.receive(sent, weights)


def send(data: PathData, batch: Batch, hop: Hop, state: Tensor) -> Tensor:
    """Return what a hop's sources send; a tail speaks the less to other heads the more heads it is known for."""
    return _damp_tails(batch, state) if hop.number == data.num_relations - 1 else state


def _damp_tails(batch: Batch, state: Tensor) -> Tensor:
    return state * ((1.0 + batch.popularity) ** -HUB_EXPONENT)[:, :, None]


def _sum_of(parts: Sequence[Tensor]) -> Tensor:
    """Return the sum of tensors of one shape."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _multiply(bundle: Bundle, dense: Tensor) -> Tensor:
    """Return the bundle's sparse matrix times (num_rows, n, dim) states."""
    product: Tensor = SparseProduct.apply(bundle.forward, bundle.backward, dense.flatten(1))
    return product.reshape(len(product), *dense.shape[1:])


def build_path_gnn(data: PathData, config: PathGnnConfig, queries: Queries) -> PathGnn:
    """Return an untrained network whose units make the states that are not zero one on average."""
    network = PathGnn(data, config).eval()
    batch = build_batch(data, queries.take(slice(0, config.fit.batch_size)))
    with torch.no_grad():
        states = network.start(data, batch)
        for layer in range(data.num_layers):
            if layer:
                states = network.walk(data, batch, layer, states)
            for name, state in states.items():
                positive = torch.expm1(state)[state > 0]
                if positive.numel():
                    unit = 1.0 / float(positive.mean())
                    network.get_buffer("units")[layer, network.numbers[name]] = unit
                    states[name] = torch.log1p(torch.expm1(state) * unit)
    return network


def fit_path_gnn(config: PathGnnConfig, data: PathData, queries: Queries, seed: int, device: str = "cpu") -> PathGnn:
    """Train on the queries, the own edge of each unseen; the network is handed back on the CPU."""
    torch.manual_seed(seed)
    network = build_path_gnn(data, config, queries.take(np.random.default_rng(seed).permutation(len(queries))))
    place = torch.device(device)
    network, there = network.to(place), move_data(data, config.dim, place)
    network.recomputes = place.type == "cuda" and needs_recomputing(data, config)
    whole = build_whole(there, queries, place) if there.fused and not network.recomputes else None

    def score_plain(rows: Tensor) -> Tensor:
        scores: Tensor = network(there, build_batch(there, queries.take(rows.cpu().numpy()), place))
        return scores

    score: Callable[[Tensor], Tensor] = score_plain
    if whole:
        score = capture(network.train(), there, whole, min(config.fit.batch_size, len(queries)))
    generator = torch.Generator().manual_seed(seed)
    targets, hidden = torch.from_numpy(queries.targets).to(place), torch.from_numpy(queries.hidden).to(place)
    fit_listwise(config.fit, network, score, targets, hidden, generator)
    return network.to("cpu")


def score_path_gnn(network: PathGnn, data: PathData, queries: Queries) -> Dense:
    """Return (num_queries, num_tails) scores; a query's own edge is walked by no path even where it is known."""
    parts: list[Dense] = []
    step = network.config.fit.batch_size
    with torch.no_grad():
        for start in range(0, len(queries), step):
            some = queries.take(slice(start, start + step))
            parts.append(network(data, build_batch(data, some)).numpy())
    return np.concatenate(parts)
