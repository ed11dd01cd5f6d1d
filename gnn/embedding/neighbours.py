"""Neighbour sampling with bounded memory: a batch's cost depends on its size and fan-out, not on the graph's.

Every edge (h, r, t) sends a message to t by relation r and one to h by relation r + num_relations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnn.embedding.batches import Batch
from gnn.triples import Ids, Triples

Small = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Who is heard by whom: node v hears `sources[offsets[v] : offsets[v + 1]]` by the relations beside them."""

    offsets: Ids
    sources: Small
    relations: Small
    num_relations: int

    @property
    def num_nodes(self) -> int:
        """How many nodes there are."""
        return len(self.offsets) - 1


@dataclass(frozen=True, slots=True)
class Block:
    """One layer's messages: places of senders and receivers in `nodes`, of which the first `num_receivers` receive."""

    nodes: Ids
    num_receivers: int
    sources: Ids
    receivers: Ids
    relations: Ids


def build_adjacency(triples: Triples) -> Adjacency:
    """Sort all messages by their receiver."""
    heads, relations, tails = triples.edges.astype(np.int32).T
    receivers = np.concatenate([tails, heads])
    order = np.argsort(receivers, kind="stable")
    offsets = np.searchsorted(receivers[order], np.arange(triples.num_entities + 1))
    both = np.concatenate([relations, relations + np.int32(len(triples.relations))])
    return Adjacency(offsets, np.concatenate([heads, tails])[order], both[order], 2 * len(triples.relations))


def message_keys(adjacency: Adjacency, heads: Ids, relations: Ids, tails: Ids) -> Ids:
    """Return the sorted keys of the two messages of each edge, by which they are left out."""
    inverse = relations + adjacency.num_relations // 2
    keys = np.concatenate([_keys(adjacency, heads, relations, tails), _keys(adjacency, tails, inverse, heads)])
    unique: Ids = np.unique(keys)
    return unique


def own_messages(adjacency: Adjacency, batch: Batch) -> Ids:
    """Return the keys of the messages that would tell a batch its own answers."""
    relations = np.broadcast_to(batch.relations[:, None], batch.heads.shape)
    return message_keys(adjacency, batch.heads.ravel(), relations.ravel(), batch.tails.ravel())


def sample_blocks(
    adjacency: Adjacency, nodes: Ids, num_layers: int, fan_out: int, left_out: Ids, generator: np.random.Generator
) -> list[Block]:
    """Return the layers' blocks, the first to be computed first; the last one's receivers are `nodes` (unique ids)."""
    blocks: list[Block] = []
    for _ in range(num_layers):
        blocks.append(_sample_block(adjacency, nodes, fan_out, left_out, generator))
        nodes = blocks[-1].nodes
    return blocks[::-1]


def all_blocks(adjacency: Adjacency, max_messages: int = 200_000) -> Iterator[Block]:
    """Yield blocks that together hold every message once, each of about `max_messages`; senders are global ids."""
    bounds = adjacency.offsets
    start = 0
    while start < adjacency.num_nodes:
        end = int(np.searchsorted(bounds, bounds[start] + max_messages, side="right")) - 1
        end = min(max(end, start + 1), adjacency.num_nodes)
        part = slice(bounds[start], bounds[end])
        receivers = np.repeat(np.arange(end - start), np.diff(bounds[start : end + 1]))
        senders, relations = adjacency.sources[part].astype(np.int64), adjacency.relations[part].astype(np.int64)
        yield Block(np.arange(start, end), end - start, senders, receivers, relations)
        start = end


def _sample_block(
    adjacency: Adjacency, nodes: Ids, fan_out: int, left_out: Ids, generator: np.random.Generator
) -> Block:
    degrees = adjacency.offsets[nodes + 1] - adjacency.offsets[nodes]
    counts = np.minimum(degrees, fan_out)
    receivers = np.repeat(np.arange(len(nodes)), counts)
    within = np.arange(len(receivers)) - np.repeat(np.cumsum(counts) - counts, counts)
    drawn = (generator.random(len(receivers)) * degrees[receivers]).astype(np.int64)
    places = adjacency.offsets[nodes[receivers]] + np.where(degrees[receivers] > fan_out, drawn, within)
    sources, relations = adjacency.sources[places].astype(np.int64), adjacency.relations[places].astype(np.int64)
    kept = ~_is_in(_keys(adjacency, sources, relations, nodes[receivers]), left_out)
    sources, receivers, relations = sources[kept], receivers[kept], relations[kept]
    everyone = np.concatenate([nodes, np.setdiff1d(sources, nodes)])
    order = np.argsort(everyone, kind="stable")
    places_of = order[np.searchsorted(everyone[order], sources)]
    return Block(everyone, len(nodes), places_of, receivers, relations)


def _keys(adjacency: Adjacency, sources: Ids, relations: Ids, receivers: Ids) -> Ids:
    keys: Ids = (receivers * adjacency.num_relations + relations) * adjacency.num_nodes + sources
    return keys


def _is_in(values: Ids, ordered: Ids) -> NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(values), bool)
    places = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    found: NDArray[np.bool_] = ordered[places] == values
    return found
