"""Edges in batches with corruptions beside them, all decided by (seed, epoch): a resumed run sees the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gnn.embedding.config import EmbeddingConfig
from gnn.ranking import Mask
from gnn.triples import Ids, Triples


@dataclass(frozen=True, slots=True)
class Pool:
    """Entities that may stand at one side of each relation: `members[starts[r] : starts[r] + sizes[r]]`."""

    members: Ids
    starts: Ids
    sizes: Ids

    def draw(self, relations: Ids, num: int, generator: np.random.Generator) -> Ids:
        """Return (len(relations), num) random entities."""
        picks = generator.random((len(relations), num))
        places = self.starts[relations][:, None] + (picks * self.sizes[relations][:, None]).astype(np.int64)
        drawn: Ids = self.members[places]
        return drawn


@dataclass(frozen=True, slots=True)
class Rivals:
    """Hard negatives of each key (relation · num_entities + entity): `members[starts[key] : starts[key + 1]]`."""

    keys: Ids
    starts: Ids
    members: Ids

    def draw(self, keys: Ids, generator: np.random.Generator) -> Ids:
        """Return one hard negative a key, -1 where there is none."""
        drawn = np.full(len(keys), -1, np.int64)
        if not len(self.keys):
            return drawn
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        found = np.flatnonzero(self.keys[place] == keys)
        start, end = self.starts[place[found]], self.starts[place[found] + 1]
        drawn[found] = self.members[start + (generator.random(len(found)) * (end - start)).astype(np.int64)]
        return drawn


@dataclass(frozen=True, slots=True)
class Batch:
    """`num` chunks of edges of one relation each, with the corruptions that a chunk shares.

    `heads` and `tails` are (num, share), `relations` (num,), `wrong_heads` and `wrong_tails` (num, num_negatives),
    `hard_heads` and `hard_tails` (num, share) with -1 for none.
    """

    heads: Ids
    relations: Ids
    tails: Ids
    wrong_heads: Ids
    wrong_tails: Ids
    hard_heads: Ids
    hard_tails: Ids

    def take(self, rows: slice) -> Batch:
        """Return some of the chunks."""
        return Batch(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class EdgeSource:
    """Everything that batches are drawn from."""

    config: EmbeddingConfig
    edges: Ids
    is_target: Mask
    num_entities: int
    head_pool: Pool
    tail_pool: Pool
    rival_heads: Rivals
    rival_tails: Rivals

    def num_batches(self) -> int:
        """How many batches an epoch has at most."""
        config = self.config
        num = min(config.edges_per_epoch, len(self.edges)) if config.edges_per_epoch else len(self.edges)
        return -(-num // config.batch_size)

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Yield the epoch's batches."""
        generator = np.random.default_rng([self.config.seed, epoch])
        chunks = cut_chunks(self._edges_of(generator), self.config.share, generator)
        step = max(1, self.config.batch_size // self.config.share)
        for start in range(0, len(chunks), step):
            yield self._to_batch(chunks[start : start + step], generator)

    def _edges_of(self, generator: np.random.Generator) -> Ids:
        num = self.config.edges_per_epoch
        if not num or num >= len(self.edges):
            return self.edges
        rest = generator.permutation(np.flatnonzero(~self.is_target))[: max(0, num - int(self.is_target.sum()))]
        chosen: Ids = self.edges[np.concatenate([np.flatnonzero(self.is_target), rest])]
        return chosen

    def _to_batch(self, chunks: Ids, generator: np.random.Generator) -> Batch:
        relations, num = chunks[:, 0, 1], self.config.num_negatives
        heads, tails = chunks[:, :, 0], chunks[:, :, 2]
        base = relations[:, None] * self.num_entities
        return Batch(
            heads,
            relations,
            tails,
            self.head_pool.draw(relations, num, generator),
            self.tail_pool.draw(relations, num, generator),
            self.rival_heads.draw((base + tails).ravel(), generator).reshape(tails.shape),
            self.rival_tails.draw((base + heads).ravel(), generator).reshape(heads.shape),
        )


def cut_chunks(edges: Ids, share: int, generator: np.random.Generator) -> Ids:
    """Return (num_chunks, share, 3) edges in random order, each chunk of one relation.

    A relation's last chunk is filled up with edges of the same relation drawn again.
    """
    shuffled: Ids = edges[generator.permutation(len(edges))]
    if share == 1:
        return shuffled.reshape(-1, 1, 3)
    ordered = shuffled[np.argsort(shuffled[:, 1], kind="stable")]
    _, starts, sizes = np.unique(ordered[:, 1], return_index=True, return_counts=True)
    parts = []
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        missing = -size % share
        again = start + generator.integers(0, size, missing)
        rows = np.concatenate([np.arange(start, start + size), again])
        parts.append(ordered[rows].reshape(-1, share, 3))
    chunks = np.concatenate(parts)
    mixed: Ids = chunks[generator.permutation(len(chunks))]
    return mixed


def build_source(triples: Triples, config: EmbeddingConfig) -> EdgeSource:
    """Prepare the sampling of a training graph."""
    targets = [triples.relation_id(name) for name in config.heads]
    is_target = np.isin(triples.edges[:, 1], targets)
    rival_heads, rival_tails = build_rivals(triples, config)
    return EdgeSource(
        config,
        triples.edges,
        is_target,
        triples.num_entities,
        _build_pool(triples, 0, config.typed_negatives),
        _build_pool(triples, 2, config.typed_negatives),
        rival_heads,
        rival_tails,
    )


def _build_pool(triples: Triples, side: int, typed: bool) -> Pool:
    num_relations = len(triples.relations)
    everyone = np.arange(triples.num_entities)
    if not typed:
        zeros = np.zeros(num_relations, np.int64)
        return Pool(everyone, zeros, zeros + triples.num_entities)
    kinds, kind_of = np.unique(np.array(triples.types), return_inverse=True)
    by_kind = [np.flatnonzero(kind_of == kind) for kind in range(len(kinds))]
    pools: dict[tuple[int, ...], int] = {}
    members: list[Ids] = []
    starts, sizes = np.zeros(num_relations, np.int64), np.zeros(num_relations, np.int64)
    for relation in range(num_relations):
        seen = np.unique(kind_of[triples.edges[triples.edges[:, 1] == relation, side]]).tolist()
        chosen = np.concatenate([by_kind[kind] for kind in seen]) if seen else everyone
        if tuple(seen) not in pools:
            pools[tuple(seen)] = sum(map(len, members))
            members.append(chosen)
        starts[relation], sizes[relation] = pools[tuple(seen)], len(chosen)
    return Pool(np.concatenate(members), starts, sizes)


def build_rivals(triples: Triples, config: EmbeddingConfig) -> tuple[Rivals, Rivals]:
    """Return the hard negatives at the head and at the tail of each edge to be learnt.

    A pair that the graph also states for the relation itself is none.
    """
    opposed = {config.relation: tuple(r for r in (*config.hard_negatives, config.contraindication) if r)}
    if config.contraindication:
        opposed[config.contraindication] = (config.relation,)
    at_head: list[Ids] = []
    at_tail: list[Ids] = []
    for relation, others in opposed.items():
        number, known = triples.relation_id(relation), _pair_keys(triples.pairs_of(relation), triples.num_entities)
        for other in others:
            pairs = triples.pairs_of(other)
            pairs = pairs[~np.isin(_pair_keys(pairs, triples.num_entities), known)]
            base = number * triples.num_entities
            at_head.append(np.stack([base + pairs[:, 1], pairs[:, 0]], axis=1))
            at_tail.append(np.stack([base + pairs[:, 0], pairs[:, 1]], axis=1))
    return _to_rivals(at_head), _to_rivals(at_tail)


def _to_rivals(parts: list[Ids]) -> Rivals:
    rows = np.unique(np.concatenate([*parts, np.zeros((0, 2), np.int64)]), axis=0)
    keys, starts = np.unique(rows[:, 0], return_index=True)
    return Rivals(keys, np.append(starts, len(rows)), rows[:, 1])


def _pair_keys(pairs: Ids, num_entities: int) -> Ids:
    keys: Ids = pairs[:, 0] * num_entities + pairs[:, 1]
    return keys
