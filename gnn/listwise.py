"""Training by softmax over each query's row: the answer against all candidates that are not known to be true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from gnn.metagraph import Dense
from kg.errors import ModelError

_HIDDEN_SCORE = -1e9
_FEWEST_STEPS = 11  # the rise takes a tenth, which the schedule divides by its length minus one
Score = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class ListwiseConfig:
    """One-cycle AdamW over `epochs` passes in batches of `batch_size` queries."""

    epochs: int = 40
    batch_size: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2


def fit_listwise(
    config: ListwiseConfig,
    network: nn.Module,
    score: Score,
    targets: Tensor,
    hidden: Tensor,
    generator: torch.Generator,
) -> None:
    """Train `network` in place.

    `score` maps (batch,) query rows to (batch, num_candidates) scores, `targets` are (num_queries,) columns, `hidden`
    (num_queries, num_candidates) other true answers. ModelError when the loss stops being a number.
    """
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=targets.is_cuda or None
    )
    num_batches = -(-len(targets) // config.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=max(config.epochs * num_batches, _FEWEST_STEPS), pct_start=0.1
    )
    network.train()
    for _ in range(config.epochs):
        order = torch.randperm(len(targets), generator=generator).to(targets.device)
        losses = []
        for rows in torch.split(order, config.batch_size):
            scores = score(rows).masked_fill(hidden[rows], _HIDDEN_SCORE)
            loss = nn.functional.cross_entropy(scores, targets[rows])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
            losses.append(loss.detach())
        if not torch.isfinite(torch.stack(losses)).all():
            raise ModelError(
                "The training loss is not a number; look for NaN in the graph's features or lower the rate."
            )
    network.eval()


def to_log_probabilities(scores: Dense) -> Dense:
    """Return log softmax over each row."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_probabilities: Dense = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_probabilities
