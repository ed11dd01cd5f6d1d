"""Training: row-wise Adagrad on the entity table, early stopping on dev MRR, states from which a run goes on exactly.

A batch touches only its own rows of the table, so only these get gradients; Adagrad leaves a row without a gradient as
it is, and so this is the very optimiser that would update the whole table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding

from gnn.embedding.batches import Batch, EdgeSource
from gnn.embedding.config import EmbeddingConfig
from gnn.embedding.distributed import World, to_tensor
from gnn.embedding.losses import LOSS_OF
from gnn.embedding.neighbours import Adjacency
from gnn.embedding.network import Network
from gnn.embedding.precision import mixed_products
from gnn.embedding.steps import Step, prepare_epoch
from gnn.triples import Ids
from kg.errors import ModelError, ResourceError

_EPSILON = 1e-10


@dataclass(slots=True)
class State:
    """Everything that changes while training; `best` is the state dictionary at the best dev MRR."""

    table: Tensor
    squares: Tensor
    network: Network
    optimizer: torch.optim.Optimizer
    epoch: int = 0
    best_mrr: float = -1.0
    waited: int = 0
    best: dict[str, Tensor] | None = None

    def weights(self) -> dict[str, Tensor]:
        """Return copies of the weights, on the CPU."""
        named = {"table": self.table, **self.network.state_dict()}
        return {name: value.detach().cpu().clone() for name, value in named.items()}

    def to_checkpoint(self) -> dict[str, Any]:
        """Return what a resumed run needs."""
        return {
            "weights": self.weights(),
            "squares": self.squares.cpu(),
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "best_mrr": self.best_mrr,
            "waited": self.waited,
            "best": self.best,
        }

    def load(self, checkpoint: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self.load_weights(checkpoint["weights"])
        self.squares.copy_(checkpoint["squares"])
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        self.epoch, self.best_mrr = checkpoint["epoch"], checkpoint["best_mrr"]
        self.waited, self.best = checkpoint["waited"], checkpoint["best"]

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Take up weights alone."""
        self.table.copy_(weights["table"])
        self.network.load_state_dict({name: value for name, value in weights.items() if name != "table"})


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What an epoch did; `dev_mrr` is None where it was not measured."""

    epoch: int
    loss: float
    num_edges: int
    seconds: float
    dev_mrr: float | None = None


@dataclass(frozen=True, slots=True)
class Hooks:
    """What training calls out to: the dev MRR of a state, what to do after an epoch, what to do to keep a state."""

    dev_mrr: Callable[[State], float]
    tell: Callable[[EpochReport], None]
    keep: Callable[[State], None]


def start_state(config: EmbeddingConfig, num_entities: int, num_relations: int, device: str) -> State:
    """Return a state whose first weights are decided by the seed."""
    torch.manual_seed(config.seed)
    table = torch.randn(num_entities, 2 * config.dim) * config.initial_scale
    network = Network(config, num_relations).to(device)
    optimizer: torch.optim.Optimizer
    if config.encoder == "rgcn":
        optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate / 10)
    else:
        optimizer = torch.optim.Adagrad(network.parameters(), lr=config.learning_rate)
    return State(table.to(device), torch.zeros_like(table, device=device), network, optimizer)


def fit_state(
    state: State, config: EmbeddingConfig, source: EdgeSource, adjacency: Adjacency | None, hooks: Hooks, world: World
) -> None:
    """Train in place from `state.epoch` on, until the epochs are over or the dev MRR has stopped rising."""
    while state.epoch < config.epochs and not _is_over(state, config):
        report = _train_epoch(state, config, source, adjacency, world)
        state.epoch += 1
        mrr = None
        if config.patience and (state.epoch % config.evaluate_every == 0 or state.epoch == config.epochs):
            mrr = _look(state, hooks, world)
        if mrr is not None or state.epoch % config.evaluate_every == 0 or state.epoch == config.epochs:
            hooks.keep(state)
        hooks.tell(EpochReport(state.epoch, *report, mrr))
    if state.best is not None:
        state.load_weights(state.best)


def _is_over(state: State, config: EmbeddingConfig) -> bool:
    return config.patience > 0 and state.waited >= config.patience


def _look(state: State, hooks: Hooks, world: World) -> float:
    mine = hooks.dev_mrr(state) if world.is_first else 0.0
    mrr = float(world.add_up(torch.tensor(mine, dtype=torch.float64, device=state.table.device)))
    state.waited = 0 if mrr > state.best_mrr else state.waited + 1
    if mrr > state.best_mrr:
        state.best_mrr, state.best = mrr, state.weights()
    return mrr


def _train_epoch(
    state: State, config: EmbeddingConfig, source: EdgeSource, adjacency: Adjacency | None, world: World
) -> tuple[float, int, float]:
    started = monotonic()
    torch.manual_seed(config.seed * 1_000_003 + state.epoch * 1009 + world.rank)
    state.network.train()
    total, num_edges = torch.zeros((), device=state.table.device), 0
    with _told_when_full(config):
        for step in prepare_epoch(source, adjacency, state.epoch, world, in_threads=total.is_cuda):
            total += train_batch(state, config, step, world)
            num_edges += step.num_edges
    mean = float(world.add_up(total)) / max(source.num_batches(), 1)
    if not np.isfinite(mean):
        raise ModelError(
            f"The training loss is not a number in epoch {state.epoch + 1}; lower the learning rate "
            f"({config.learning_rate}) or the initial scale ({config.initial_scale}). The last checkpoint is kept."
        )
    return mean, num_edges, monotonic() - started


@contextmanager
def _told_when_full(config: EmbeddingConfig) -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ResourceError(
            f"The device's memory does not hold a batch of {config.batch_size} edges with {config.num_negatives} "
            "negatives; lower batch_size or dim and go on with --resume from the last checkpoint."
        ) from error


def train_batch(state: State, config: EmbeddingConfig, step: Step, world: World) -> Tensor:
    """Do one update and return this process's part of the loss."""
    device = str(state.table.device)
    ids = to_tensor(step.nodes, device)
    rows = state.table[ids].requires_grad_()
    state.optimizer.zero_grad()
    loss = torch.zeros((), device=device)
    if len(step.batch.heads):
        with mixed_products(config, rows.device):
            vectors = state.network.encode(rows, step.blocks)
            loss = step.weight * batch_loss(state.network, vectors, step.batch, step.places)
        torch.autograd.backward(loss)
    gradient = torch.zeros_like(rows) if rows.grad is None else rows.grad
    _update_dense(state, world)
    _update_rows(state, config, *world.exchange(ids, gradient))
    return loss.detach()


def _update_dense(state: State, world: World) -> None:
    for parameter in state.network.parameters():
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        world.add_up(parameter.grad)
    state.optimizer.step()


def _update_rows(state: State, config: EmbeddingConfig, ids: Tensor, gradient: Tensor) -> None:
    """Adagrad (Duchi et al. 2011) on the touched rows."""
    squares = state.squares[ids].addcmul_(gradient, gradient)
    state.squares[ids] = squares
    state.table.index_add_(0, ids, gradient / squares.sqrt_().add_(_EPSILON), alpha=-config.learning_rate)


def batch_loss(network: Network, vectors: Tensor, batch: Batch, places: dict[str, Ids]) -> Tensor:
    """Return the loss of a batch whose entities' vectors are (num_entities, width)."""
    device, decoder = str(vectors.device), network.decoder
    at = {name: to_tensor(values, device) for name, values in places.items()}
    gathered = embedding(torch.cat([one.flatten() for one in at.values()]), vectors)
    parts = torch.split(gathered, [one.numel() for one in at.values()])
    sides = {name: part.reshape(*one.shape, -1) for (name, one), part in zip(at.items(), parts, strict=True)}
    relations = embedding(to_tensor(batch.relations, device), network.relations)[:, None]
    to_tail = decoder.to_tail_query(sides["heads"], relations)
    to_head = decoder.to_head_query(sides["tails"], relations)
    scores, counts = [], []
    for query, truth, side in ((to_tail, "tails", "wrong_tails"), (to_head, "heads", "wrong_heads")):
        scores.append(decoder.compare(query, sides[side]))
        counts.append(at[side][:, None, :] != at[truth][:, :, None])
    for query, side in ((to_tail, "hard_tails"), (to_head, "hard_heads")):
        if side in sides:
            scores.append(decoder.compare_pairs(query, sides[side])[..., None])
            counts.append((to_tensor(getattr(batch, side), device) >= 0)[..., None])
    wrong, counted = torch.cat(scores, dim=-1).flatten(0, 1), torch.cat(counts, dim=-1).flatten(0, 1)
    right = decoder.compare_pairs(to_tail, sides["tails"]).flatten()
    loss = LOSS_OF[network.config.loss](right, wrong, counted)
    if network.config.penalty:
        size = (sides["heads"] ** 2).mean() + (sides["tails"] ** 2).mean() + (network.relations**2).mean()
        loss = loss + network.config.penalty * size
    return loss
