"""What the processor does for a step before the device computes it: corruptions, entities by place, sampled neighbours.

Everything random in it is decided by (seed, epoch, number of the batch, process), so that threads change nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from gnn.embedding.batches import Batch, EdgeSource
from gnn.embedding.config import EmbeddingConfig
from gnn.embedding.distributed import World
from gnn.embedding.neighbours import Adjacency, Block, own_messages, sample_blocks
from gnn.triples import Ids

HARD_SIDES = ("hard_heads", "hard_tails")
SIDES = ("heads", "tails", "wrong_heads", "wrong_tails", *HARD_SIDES)
NUM_THREADS = 4
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Step:
    """This process's share of a batch, ready for the device.

    `nodes` are the table's rows that it reads, `blocks` encode them (none without an encoder), `places` are each side's
    entities as places in what comes out; `weight` is its share and `num_edges` the size of the whole batch.
    """

    batch: Batch
    nodes: Ids
    blocks: list[Block]
    places: dict[str, Ids]
    weight: float
    num_edges: int


def prepare_epoch(
    source: EdgeSource, adjacency: Adjacency | None, epoch: int, world: World, *, in_threads: bool
) -> Iterator[Step]:
    """Yield the epoch's steps, with threads a few ahead of the device."""

    def prepare(numbered: tuple[int, Batch]) -> Step:
        number, batch = numbered
        return prepare_step(source.config, batch, adjacency, [source.config.seed, epoch, number, world.rank], world)

    numbered = enumerate(source.batches(epoch))
    return _ahead(prepare, numbered) if in_threads else map(prepare, numbered)


def prepare_step(
    config: EmbeddingConfig, batch: Batch, adjacency: Adjacency | None, seed: list[int], world: World
) -> Step:
    """Return this process's share of a batch with its entities, and their neighbours where there is an encoder."""
    mine = batch.take(world.share_of(len(batch.heads)))
    nodes, places = _unique_of(mine)
    blocks: list[Block] = []
    if adjacency is not None:
        generator, own = np.random.default_rng(seed), own_messages(adjacency, mine)
        blocks = sample_blocks(adjacency, nodes, config.gcn.num_layers, config.gcn.fan_out, own, generator)
        nodes = blocks[0].nodes if blocks else nodes
    return Step(mine, nodes, blocks, places, len(mine.heads) / len(batch.heads), batch.heads.size)


def _ahead(prepare: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield `prepare` of every item in order, as many ahead as there are threads."""
    with ThreadPoolExecutor(NUM_THREADS) as pool:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(prepare, item))
            if len(waiting) > NUM_THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _unique_of(batch: Batch) -> tuple[Ids, dict[str, Ids]]:
    """Return the entities of a batch, each once, and each side's places among them."""
    sides = [name for name in SIDES if name not in HARD_SIDES or (getattr(batch, name) >= 0).any()]
    arrays = [np.maximum(getattr(batch, name), 0) for name in sides]
    entities, places = np.unique(np.concatenate([a.ravel() for a in arrays]), return_inverse=True)
    ends = np.cumsum([a.size for a in arrays])[:-1]
    split = np.split(places, ends)
    return entities, {n: p.reshape(a.shape) for n, p, a in zip(sides, split, arrays, strict=True)}
