"""Attention over the known pairs: message passing along head → similar head → its tail → similar tail.

The score of a tail is the log of the summed weight of all such walks from the query's head. The two attentions are
small networks over the similarity channels, so a relation that misleads is learnt to be ignored. The query's own
edge is never among the edges walked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from gnn.listwise import ListwiseConfig, fit_listwise
from gnn.metagraph import Dense
from gnn.similarity import Similarity
from gnn.task import LinkTask, Queries
from gnn.triples import Ids

_GAIN = 2.0
_TINY = 1e-8
_CELLS_AT_ONCE = 20_000_000


@dataclass(frozen=True, slots=True)
class AttentionConfig:
    """`hidden` is the width of both attention networks, `dropout` the share of channels hidden in a step."""

    hidden: int = 16
    dropout: float = 0.3
    fit: ListwiseConfig = field(
        default_factory=lambda: ListwiseConfig(epochs=80, learning_rate=2e-2, weight_decay=1e-3)
    )


@dataclass(frozen=True, slots=True)
class WalkData:
    """What the walks need: the channels to the known heads (N, A, Ch) and from the known tails (B, T, Ct).

    `head_anchors` (A,) and `tail_anchors` (B,) are places in the task, `edges` (A, T) the known pairs, `extra`
    (N, T, M) further evidence for a pair that is added to the score.
    """

    head_anchors: Ids
    tail_anchors: Ids
    heads: Dense
    tails: Tensor
    edges: Tensor
    extra: Dense


class PairAttention(nn.Module):
    """exp(w · channels + network(channels) + bias): the weight of walking from one node to a similar one."""

    def __init__(self, num_channels: int, hidden: int, dropout: float, weight: float, bias: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.linear = nn.Linear(num_channels, 1)
        self.network = nn.Sequential(nn.Linear(num_channels, hidden), nn.GELU(), nn.Linear(hidden, 1))
        nn.init.constant_(self.linear.weight, weight)
        nn.init.constant_(self.linear.bias, bias)
        last = cast(nn.Linear, self.network[2])
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, channels: Tensor) -> Tensor:
        """Map (..., num_channels) similarities to (...) positive weights; whole channels are dropped in training."""
        if self.training:
            kept = torch.rand(channels.shape[-1]) > self.dropout
            channels = channels * kept / (1.0 - self.dropout)
        weight: Tensor = torch.exp((self.linear(channels) + self.network(channels)).squeeze(-1))
        return weight


class WalkAttention(nn.Module):
    """Scores (queries, tails) by the log weight of all walks."""

    def __init__(self, num_head_channels: int, num_tail_channels: int, num_extra: int, config: AttentionConfig) -> None:
        super().__init__()
        self.to_head = PairAttention(num_head_channels, config.hidden, config.dropout, 1.0, -4.0)
        self.to_tail = PairAttention(num_tail_channels, config.hidden, config.dropout, 0.5, -5.0)
        self.extra = nn.Linear(num_extra, 1, bias=False)
        nn.init.zeros_(self.extra.weight)
        self.own = nn.Parameter(torch.tensor(-1.0))
        self.prior = nn.Parameter(torch.tensor(-6.0))
        self.balance = nn.Parameter(torch.tensor(0.0))

    def forward(
        self, heads: Tensor, not_own: Tensor, known: Tensor, extra: Tensor, data: WalkData, not_self: Tensor
    ) -> Tensor:
        """Return (n, T) scores for channels (n, A, Ch), masks (n, A), known tails (n, T) and evidence (n, T, M)."""
        popularity = data.edges.sum(dim=0)
        direct = (self.to_head(heads) * not_own) @ data.edges
        reached = direct + torch.exp(self.own) * known
        across = self.to_tail(data.tails) * not_self
        weight = direct + reached[:, data.tail_anchors] @ across + torch.exp(self.prior) * (popularity + 0.1)
        damped = 0.3 * nn.functional.softplus(self.balance) * torch.log1p(popularity)
        score: Tensor = torch.log(weight + _TINY) - damped + self.extra(extra).squeeze(-1)
        return score


def build_walk_data(task: LinkTask, head_similarity: Similarity, tail_similarity: Similarity, extra: Dense) -> WalkData:
    """Cut both sides' channels down to the nodes that have a known pair; those are all among the anchors."""
    heads = np.unique(task.pairs[:, 0])
    tails = np.unique(task.pairs[:, 1])
    to_heads = head_similarity.scaled[:, :, np.searchsorted(head_similarity.anchors, heads)]
    to_tails = tail_similarity.scaled[:, :, np.searchsorted(tail_similarity.anchors, tails)]
    return WalkData(
        heads,
        tails,
        np.ascontiguousarray(to_heads.transpose(1, 2, 0)) * _GAIN,
        torch.from_numpy(np.ascontiguousarray(to_tails.transpose(2, 1, 0)) * _GAIN),
        torch.from_numpy(task.known()[heads]),
        extra,
    )


def fit_attention(config: AttentionConfig, data: WalkData, queries: Queries, seed: int) -> WalkAttention:
    """Train on the queries, each described without its own edge."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = build_attention(config, data)
    inputs = _to_inputs(data, queries)
    not_self = _not_self(data)

    def score(rows: Tensor) -> Tensor:
        scores: Tensor = network(*(part[rows] for part in inputs), data, not_self)
        return scores

    targets, hidden = torch.from_numpy(queries.targets), torch.from_numpy(queries.hidden)
    fit_listwise(config.fit, network, score, targets, hidden, generator)
    return network


def build_attention(config: AttentionConfig, data: WalkData) -> WalkAttention:
    """Return an untrained network of the data's shape."""
    return WalkAttention(data.heads.shape[-1], data.tails.shape[-1], data.extra.shape[-1], config).eval()


def score_attention(network: WalkAttention, data: WalkData, queries: Queries) -> Dense:
    """Return (num_queries, num_tails) scores."""
    not_self = _not_self(data)
    parts: list[Dense] = []
    step = max(1, _CELLS_AT_ONCE // (data.extra.shape[1] * data.extra.shape[2]))
    with torch.no_grad():
        for start in range(0, len(queries), step):
            inputs = _to_inputs(data, queries.take(slice(start, start + step)))
            parts.append(network(*inputs, data, not_self).numpy())
    return np.concatenate(parts)


def _to_inputs(data: WalkData, queries: Queries) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    not_own = (queries.heads[:, None] != data.head_anchors[None, :]).astype(np.float32)
    arrays = (data.heads[queries.heads], not_own, queries.known, data.extra[queries.heads])
    heads, own, known, extra = (torch.from_numpy(np.ascontiguousarray(array)) for array in arrays)
    return heads, own, known, extra


def _not_self(data: WalkData) -> Tensor:
    num_tails = data.edges.shape[1]
    return torch.from_numpy((data.tail_anchors[:, None] != np.arange(num_tails)[None, :]).astype(np.float32))
