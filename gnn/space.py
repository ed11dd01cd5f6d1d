"""Everything that a graph says about the heads and tails of a relation beside the pairs to be predicted.

Built once for a training graph; what it holds does not depend on any one query.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from gnn.bridges import Bridge, build_bridges, discover_bridges, read_name_vectors
from gnn.channels import discover_channels
from gnn.metagraph import Dense, Metagraph, build_metagraph
from gnn.metapaths import count_metapath, damped_steps, discover_metapaths
from gnn.name_vectors import NO_NAMES, NameVectors
from gnn.ranking import rank_targets
from gnn.similarity import Similarity, build_similarity, choose_anchors, choose_channels
from gnn.task import LinkTask, Queries, build_training_queries
from gnn.triples import Ids, Triples
from kg.errors import ModelError
from kg.progress import Progress, ignore_progress

Named = TypeVar("Named")


@dataclass(frozen=True, slots=True)
class SpaceConfig:
    """How much of the graph is looked at.

    `max_head_channels`, `max_tail_channels`, `max_metapaths` and `max_bridges` (0: no name is encoded) are kept after
    screening; above `max_head_anchors` or `max_tail_anchors` nodes, similarities are to a random subset that holds
    every node with a known pair.
    """

    max_head_channels: int = 14
    max_tail_channels: int = 12
    max_metapaths: int = 40
    max_metapath_length: int = 3
    max_bridges: int = 10
    max_head_anchors: int = 2500
    max_tail_anchors: int = 700
    max_cells: int = 80_000_000


@dataclass(frozen=True, slots=True)
class SpaceChoice:
    """What was kept: the names that rebuild the same space from the same graph without screening again."""

    head_types: tuple[str, ...]
    tail_types: tuple[str, ...]
    head_anchors: Ids
    tail_anchors: Ids
    head_channels: tuple[str, ...]
    tail_channels: tuple[str, ...]
    metapaths: tuple[str, ...]
    bridges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Space:
    """Similarities of both sides, metapath counts (num_metapaths, N, T), the degrees (N, D), (T, E) by relation.

    `bridges` (num_bridges, N, T) are the likenesses of names and `vectors` what they are computed from.
    """

    task: LinkTask
    heads: Similarity
    tails: Similarity
    metapath_names: tuple[str, ...]
    metapaths: Dense
    head_degrees: Dense
    tail_degrees: Dense
    degree_names: tuple[tuple[str, ...], tuple[str, ...]]
    bridge_names: tuple[str, ...]
    bridges: Dense
    vectors: NameVectors


@dataclass(frozen=True, slots=True)
class TaskGraph:
    """The typed graph around a task, the relation to be predicted taken out; `names` are those of all entities."""

    task: LinkTask
    metagraph: Metagraph
    head_type: str
    tail_type: str
    names: tuple[str, ...]

    @property
    def head_names(self) -> tuple[str, ...]:
        """The names of the task's heads."""
        return self._names_at(self.task.heads)

    @property
    def tail_names(self) -> tuple[str, ...]:
        """The names of the task's tails."""
        return self._names_at(self.task.tails)

    def names_of(self, node_type: str) -> tuple[str, ...]:
        """Return the names of a type's members."""
        return self._names_at(self.metagraph.members[node_type])

    def _names_at(self, entities: Ids) -> tuple[str, ...]:
        return tuple(self.names[entity] for entity in entities.tolist())


def build_task_graph(triples: Triples, task: LinkTask) -> TaskGraph:
    """Type the graph so that each side of the task is one type."""
    head_type, tail_type, merge = _merged(task)
    metagraph = build_metagraph(triples, without=[task.relation], merge=merge)
    return TaskGraph(task, metagraph, head_type, tail_type, triples.names)


def choose_space(
    graph: TaskGraph,
    config: SpaceConfig,
    *,
    seed: int = 0,
    vectors: NameVectors = NO_NAMES,
    progress: Progress = ignore_progress,
) -> SpaceChoice:
    """Screen every channel, metapath and bridge on the known pairs, each without its own edge, and keep the best."""
    task, metagraph = graph.task, graph.metagraph
    queries = build_training_queries(task)
    head_anchors = choose_anchors(len(task.heads), np.unique(task.pairs[:, 0]), config.max_head_anchors, seed)
    tail_anchors = choose_anchors(len(task.tails), np.unique(task.pairs[:, 1]), config.max_tail_anchors, seed)
    screens = build_screens(task, queries, head_anchors, tail_anchors)
    channels_of = partial(choose_channels, metagraph, progress=progress)
    heads = channels_of(graph.head_type, graph.head_names, head_anchors, screens[0], config.max_head_channels)
    tails = channels_of(graph.tail_type, graph.tail_names, tail_anchors, screens[1], config.max_tail_channels)
    metapaths = _choose_metapaths(graph, queries, config, progress)
    channels = (tuple(c.name for c in heads), tuple(c.name for c in tails))
    bridges = _choose_bridges(graph, queries, config, vectors, progress)
    return SpaceChoice(task.head_types, task.tail_types, head_anchors, tail_anchors, *channels, metapaths, bridges)


def offered_bridges(graph: TaskGraph, config: SpaceConfig) -> list[Bridge]:
    """Return the bridges to choose from; none, so that no name is encoded, where none may be kept."""
    return discover_bridges(graph) if _fitting(config.max_bridges, graph.task, config) else []


def build_space(
    graph: TaskGraph, choice: SpaceChoice, max_metapath_length: int, vectors: NameVectors = NO_NAMES
) -> Space:
    """Build the chosen channels, metapaths and bridges; ModelError when the graph does not offer them.

    `vectors` are those of names that were encoded before; any other name that a bridge needs is encoded.
    """
    metagraph, task = graph.metagraph, graph.task
    sides = []
    for node_type, names, anchors, kept in (
        (graph.head_type, graph.head_names, choice.head_anchors, choice.head_channels),
        (graph.tail_type, graph.tail_names, choice.tail_anchors, choice.tail_channels),
    ):
        offered = {c.name: c for c in discover_channels(metagraph, node_type, with_names=any(names))}
        sides.append(build_similarity(metagraph, node_type, names, anchors, _by_name(offered, kept)))
    found = discover_metapaths(metagraph, graph.head_type, graph.tail_type, max_metapath_length)
    metapaths = _by_name({m.name: m for m in found}, choice.metapaths)
    steps = damped_steps(metagraph, metapaths)
    everyone = (np.arange(task.shape[0]), np.arange(task.shape[1]))
    counted = [count_metapath(steps, metapath, *everyone) for metapath in metapaths]
    counts = np.stack(counted) if counted else np.zeros((0, *task.shape), np.float32)
    head_names, head_degrees = count_degrees(metagraph, graph.head_type)
    tail_names, tail_degrees = count_degrees(metagraph, graph.tail_type)
    degree_names = (head_names, tail_names)
    bridges = _by_name({b.name: b for b in discover_bridges(graph)}, choice.bridges)
    vectors = read_name_vectors(graph, bridges, vectors)
    alike = np.array(list(build_bridges(graph, bridges, vectors)), np.float32).reshape(-1, *task.shape)
    degrees = (head_degrees, tail_degrees)
    return Space(
        task, sides[0], sides[1], choice.metapaths, counts, *degrees, degree_names, choice.bridges, alike, vectors
    )


def build_screens(
    task: LinkTask, queries: Queries, head_anchors: Ids, tail_anchors: Ids
) -> tuple[Callable[[Dense], float], Callable[[Dense], float]]:
    """Return, per side, a function from an anchors' kernel to the MRR it reaches alone on the training queries.

    Every query is described without its own edge. Tails are screened on the queries that know another tail; where
    there are none, no channel is better than another.
    """
    known = task.known()[np.ix_(head_anchors, tail_anchors)]
    targets = np.searchsorted(tail_anchors, queries.targets)
    heads = np.searchsorted(head_anchors, queries.heads)
    beside = queries.known[:, tail_anchors]
    seen = np.flatnonzero(beside.any(axis=1))

    def screen_heads(kernel: Dense) -> float:
        return float((1.0 / rank_targets(kernel[heads] @ known, targets, beside > 0)).mean())

    def screen_tails(kernel: Dense) -> float:
        ranks = rank_targets(beside[seen] @ kernel, targets[seen], beside[seen] > 0)
        return float((1.0 / ranks).mean()) if len(seen) else 0.0

    return screen_heads, screen_tails


def count_degrees(metagraph: Metagraph, node_type: str) -> tuple[tuple[str, ...], Dense]:
    """Return the names of the hops that leave a type and log(1 + degree), (num_nodes, num_hops)."""
    steps = metagraph.steps_from(node_type)
    columns = [np.asarray(metagraph.adjacency[step].sum(axis=1)).ravel() for step in steps]
    counts = np.stack(columns, axis=1) if columns else np.zeros((len(metagraph.members[node_type]), 0))
    return tuple(step.name for step in steps), np.log1p(counts).astype(np.float32)


def _merged(task: LinkTask) -> tuple[str, str, list[set[str]]]:
    heads, tails = set(task.head_types), set(task.tail_types)
    if heads & tails:
        together = "+".join(sorted(heads | tails))
        return together, together, [heads | tails]
    return "+".join(sorted(heads)), "+".join(sorted(tails)), [heads, tails]


def _choose_metapaths(graph: TaskGraph, queries: Queries, config: SpaceConfig, progress: Progress) -> tuple[str, ...]:
    task = graph.task
    found = discover_metapaths(graph.metagraph, graph.head_type, graph.tail_type, config.max_metapath_length)
    steps = damped_steps(graph.metagraph, found)
    queried, row = np.unique(queries.heads, return_inverse=True)
    columns = np.unique(task.pairs[:, 1])
    targets = np.searchsorted(columns, queries.targets)
    valued: list[tuple[bool, float, str]] = []
    for number, metapath in enumerate(found):
        progress("choosing metapaths", number, len(found))
        counts = count_metapath(steps, metapath, queried, columns)
        if counts.any():
            value = float((1.0 / rank_targets(counts[row], targets, queries.hidden[:, columns])).mean())
            valued.append((len(metapath.steps) > 2, -value, metapath.name))
    progress("choosing metapaths", len(found), len(found))
    return tuple(name for *_, name in sorted(valued)[: _fitting(config.max_metapaths, task, config)])


def _choose_bridges(
    graph: TaskGraph, queries: Queries, config: SpaceConfig, vectors: NameVectors, progress: Progress
) -> tuple[str, ...]:
    found = offered_bridges(graph, config)
    if not found:
        return ()
    known = read_name_vectors(graph, found, vectors)
    valued: list[tuple[float, str]] = []
    for number, (bridge, alike) in enumerate(zip(found, build_bridges(graph, found, known), strict=True)):
        progress("choosing bridges by name", number, len(found))
        if alike.any():
            ranks = rank_targets(alike[queries.heads], queries.targets, queries.hidden)
            valued.append((-float((1.0 / ranks).mean()), bridge.name))
    progress("choosing bridges by name", len(found), len(found))
    return tuple(name for _, name in sorted(valued)[: _fitting(config.max_bridges, graph.task, config)])


def _fitting(limit: int, task: LinkTask, config: SpaceConfig) -> int:
    """Return how many (N, T) matrices may be kept, at most `limit`."""
    return min(limit, config.max_cells // max(task.shape[0] * task.shape[1], 1))


def _by_name(offered: dict[str, Named], kept: Sequence[str]) -> list[Named]:
    missing = [name for name in kept if name not in offered]
    if missing:
        raise ModelError(
            f'The graph offers no "{missing[0]}"; this model was trained on another graph, train it again.'
        )
    return [offered[name] for name in kept]
