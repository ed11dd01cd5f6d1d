"""The parameters that are not rows of the entity table: relations, and the encoder where there is one.

The encoder is an R-GCN with shared bases (Schlichtkrull et al. 2018, arXiv:1703.06103): a node's message from a
neighbour is a mix, chosen by the relation, of a few linear maps; messages are averaged.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gnn.embedding.config import EmbeddingConfig, GcnConfig
from gnn.embedding.decoders import build_decoder
from gnn.embedding.neighbours import Adjacency, Block, all_blocks


class GcnLayer(nn.Module):
    """One layer of an R-GCN over vectors of `width` floats, with a residual connection."""

    def __init__(self, width: int, num_relations: int, config: GcnConfig) -> None:
        super().__init__()
        self.mixes = nn.Parameter(torch.randn(num_relations, config.num_bases) * config.num_bases**-0.5)
        self.bases = nn.Linear(config.num_bases * width, width, bias=False)
        self.own = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, senders: Tensor, own: Tensor, block: Block) -> Tensor:
        """Return new (num_receivers, width) states from the senders' states and the receivers' `own`."""
        sources, receivers, relations = (
            torch.from_numpy(array).to(own.device) for array in (block.sources, block.receivers, block.relations)
        )
        sent, mixes = senders[sources], self.mixes[relations]
        num = torch.zeros(len(own), device=own.device).index_add(0, receivers, torch.ones_like(sent[:, 0]))
        shares = mixes / num.clamp(min=1.0)[receivers][:, None]
        none = torch.zeros_like(own)
        heard = [none.index_add(0, receivers, sent * share[:, None]) for share in shares.unbind(dim=1)]
        mixed = self.own(own) + self.bases(torch.cat(heard, dim=1))
        following: Tensor = own + self.dropout(nn.functional.gelu(self.norm(mixed)))
        return following


class Network(nn.Module):
    """Relations' parameters, (num_relations, width), and the encoder's layers."""

    def __init__(self, config: EmbeddingConfig, num_relations: int) -> None:
        super().__init__()
        self.config = config
        self.decoder = build_decoder(config)
        start = self.decoder.start_relations(num_relations, config.dim, config.initial_scale)
        self.relations = nn.Parameter(start)
        num_layers = config.gcn.num_layers if config.encoder == "rgcn" else 0
        self.layers = nn.ModuleList(GcnLayer(2 * config.dim, 2 * num_relations, config.gcn) for _ in range(num_layers))

    def encode(self, rows: Tensor, blocks: list[Block]) -> Tensor:
        """Return the vectors of the last block's receivers from the table's rows of the first block's nodes."""
        if self.training and len(self.layers) and self.config.gcn.own_dropout > 0:
            rows = rows * (torch.rand(len(rows), 1, device=rows.device) >= self.config.gcn.own_dropout)
        for layer, block in zip(self.layers, blocks, strict=True):
            rows = layer(rows, rows[: block.num_receivers], block)
        return rows

    def encode_all(self, table: Tensor, adjacency: Adjacency) -> Tensor:
        """Return every node's vector from all its messages, a bounded number of them at a time."""
        states = table
        with torch.no_grad():
            for layer in self.layers:
                states = torch.cat([layer(states, states[b.nodes], b) for b in all_blocks(adjacency)])
        return states
