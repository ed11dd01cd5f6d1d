"""The shipped link model: an ensemble over one space, fitted on a task's known pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import TypeVar

import lightgbm
import numpy as np

from gnn.attention import (
    AttentionConfig,
    WalkAttention,
    WalkData,
    build_walk_data,
    fit_attention,
    score_attention,
)
from gnn.blend import Blend, row_spread, to_row_log_probabilities
from gnn.bridges import read_name_vectors
from gnn.features import BY_NAMES, Scaling, build_features, fit_scaling
from gnn.kernel_ridge import KernelRidge, RidgeConfig, fit_kernel_ridge, to_spectrum
from gnn.listwise import ListwiseConfig
from gnn.metagraph import Dense, Step
from gnn.name_vectors import NO_NAMES, NameVectors
from gnn.narrow import choose_columns, narrow_ridge, narrow_space
from gnn.path_gnn import PathGnn, PathGnnConfig, fit_path_gnn, score_path_gnn
from gnn.path_graph import PathData, build_path_data
from gnn.ranking import Mask
from gnn.scorer import Scored
from gnn.scorers import (
    CandidateNetwork,
    NetworkConfig,
    TreesConfig,
    fit_network,
    fit_trees,
    score_network,
    score_trees,
)
from gnn.space import (
    Space,
    SpaceChoice,
    SpaceConfig,
    TaskGraph,
    build_space,
    build_task_graph,
    choose_space,
    offered_bridges,
)
from gnn.task import LinkTask, Queries, build_open_queries, build_task, build_training_queries
from gnn.triples import Triples
from kg.errors import ModelError
from kg.progress import Progress, ignore_progress

_FEATURE_CELLS = 30_000_000
_SPREAD_HEADS = (20, 200)
_SPREAD_CELLS = 200_000
METAPATH_FLOOR = "metapath floor"
_ADDITIVE = ListwiseConfig(epochs=40, learning_rate=1e-3, weight_decay=0.1)
_NOT_ADDITIVE = ("kernel ridge", "(ranks)", BY_NAMES)
Fitted = TypeVar("Fitted")
Types = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Everything that decides a model beside its graph; written whole into the model folder."""

    relation: str
    seed: int = 0
    space: SpaceConfig = field(default_factory=SpaceConfig)
    ridges: tuple[RidgeConfig, ...] = (
        RidgeConfig(),
        RidgeConfig(penalty=6.0),
        RidgeConfig(1.0, 1.0, 2.0),
        RidgeConfig(0.3, 3.0, 2.0),
    )
    attention: AttentionConfig = field(default_factory=AttentionConfig)
    num_attentions: int = 3
    network: NetworkConfig = field(default_factory=NetworkConfig)
    num_networks: int = 6
    additive: NetworkConfig = field(default_factory=lambda: NetworkConfig(hidden=0, feature_dropout=0.0, fit=_ADDITIVE))
    trees: TreesConfig = field(default_factory=TreesConfig)
    num_forests: int = 6
    path_gnn: PathGnnConfig = field(default_factory=PathGnnConfig)
    num_path_gnns: int = 3
    max_training_candidates: int = 512
    prior_weights: tuple[tuple[str, float], ...] = (
        ("attention", 1.5),
        ("kernel ridge", 0.1),
        ("networks", 1.0),
        ("path GNN", 0.25),
        ("trees", 1.0),
    )


@dataclass(frozen=True, slots=True)
class Weights:
    """What training found."""

    scaling: Scaling
    additive: CandidateNetwork
    attentions: tuple[WalkAttention, ...]
    networks: tuple[CandidateNetwork, ...]
    forests: tuple[lightgbm.Booster, ...]
    path_gnns: tuple[PathGnn, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a graph gives to a model before any weight: the space, the ridges in closed form, the path GNN's hops."""

    space: Space
    ridges: tuple[KernelRidge, ...]
    paths: PathData | None

    @property
    def task(self) -> LinkTask:
        """The task that is answered."""
        return self.space.task


@dataclass(frozen=True, slots=True)
class LinkModel:
    """A fitted model; `blend` combines its members."""

    config: ModelConfig
    choice: SpaceChoice
    ground: Ground
    weights: Weights
    blend: Blend

    def score_members(self, queries: Queries) -> dict[str, Dense]:
        """Return each member's (num_queries, num_tails) scores."""
        return score_members(self.ground, self.weights, queries)

    @property
    def task(self) -> LinkTask:
        """The task that is answered."""
        return self.ground.task

    def score(self, queries: Queries) -> Dense:
        """Return the ensemble's (num_queries, num_tails) log-probabilities within the row."""
        return self.blend.score(self.score_members(queries), queries.hidden)

    def score_all(self, queries: Queries) -> Scored:
        """Return the ensemble's scores with those of the metapath floor and of the members."""
        return self.blend_members(self.score_members(queries), queries)

    def blend_members(self, members: dict[str, Dense], queries: Queries) -> Scored:
        """Return what `score_all` does from the members' scores of the queries."""
        scores = self.blend.score(members, queries.hidden)
        return Scored(scores, members[METAPATH_FLOOR], without_floor(members))

    def probability(self, combined: Dense) -> Dense:
        """Return the calibrated probability of each score."""
        return self.blend.probability(combined)


def choose_ground(
    triples: Triples, config: ModelConfig, types: Types | None = None, progress: Progress = ignore_progress
) -> tuple[SpaceChoice, Ground]:
    """Choose and build what the graph offers; `types` are those of the relation's heads and tails (`types_of`)."""
    task = build_task(triples, config.relation, types)
    graph = build_task_graph(triples, task)
    vectors = read_name_vectors(graph, offered_bridges(graph, config.space), NO_NAMES)
    choice = choose_space(graph, config.space, seed=config.seed, vectors=vectors, progress=progress)
    return choice, _build_ground(graph, choice, config, vectors)


def rebuild_ground(
    triples: Triples,
    config: ModelConfig,
    choice: SpaceChoice,
    vectors: NameVectors,
    steps: Sequence[Step] | None = None,
) -> Ground:
    """Build again what was chosen; the same graph gives the same ground to the last bit.

    `vectors` are those of the names that were encoded before, `steps` the relations that the path GNNs know, where the
    graph may have others.
    """
    task = build_task(triples, config.relation, (choice.head_types, choice.tail_types))
    graph = build_task_graph(triples, task)
    return _build_ground(graph, choice, config, vectors, steps)


def _build_ground(
    graph: TaskGraph,
    choice: SpaceChoice,
    config: ModelConfig,
    vectors: NameVectors,
    steps: Sequence[Step] | None = None,
) -> Ground:
    space = build_space(graph, choice, config.space.max_metapath_length, vectors)
    spectra = (to_spectrum(space.heads), to_spectrum(space.tails))
    ridges = tuple(fit_kernel_ridge(ridge, space.task, *spectra) for ridge in config.ridges)
    paths = config.path_gnn
    walked = build_path_data(graph, paths.num_layers, paths.max_edges, steps) if config.num_path_gnns else None
    return Ground(space, ridges, walked)


def fit_weights(
    config: ModelConfig, ground: Ground, progress: Progress = ignore_progress, device: str = "cpu"
) -> Weights:
    """Train every member on the known pairs, each described with its own edge removed.

    `device` is where the candidate networks and path GNNs are trained; the other members are trained on the CPU.
    """
    columns = choose_columns(ground.space, config.max_training_candidates, config.seed)
    space, ridges = narrow_space(ground.space, columns), tuple(narrow_ridge(r, columns) for r in ground.ridges)
    queries = build_training_queries(space.task)
    names, raw = build_features(space, ridges, queries)
    scaling = fit_scaling(raw, names)
    inputs = scaling.apply(raw)
    told = (inputs, queries.targets, queries.hidden)
    plain = (inputs * additive_columns(names, scaling), *told[1:])
    walks = walk_data(space)
    total = config.num_attentions + config.num_networks + config.num_forests + config.num_path_gnns
    done = count()

    def repeat(times: int, fit: Callable[[int], Fitted]) -> tuple[Fitted, ...]:
        fitted: list[Fitted] = []
        for number in islice(done, times):
            progress("training", number, total)
            fitted.append(fit(config.seed * 1000 + number))
        return tuple(fitted)

    weights = Weights(
        scaling,
        fit_network(config.additive, *plain, config.seed),
        repeat(config.num_attentions, lambda seed: fit_attention(config.attention, walks, queries, seed)),
        repeat(config.num_networks, lambda seed: fit_network(config.network, *told, seed, device)),
        repeat(config.num_forests, lambda seed: fit_trees(config.trees, *told, seed)),
        repeat(config.num_path_gnns, lambda seed: _fit_path_gnn(config, ground, seed, device)),
    )
    progress("training", total, total)
    return weights


def _fit_path_gnn(config: ModelConfig, ground: Ground, seed: int, device: str) -> PathGnn:
    if ground.paths is None:
        raise ModelError("The path GNN has no graph to walk; build the ground with num_path_gnns above zero.")
    return fit_path_gnn(config.path_gnn, ground.paths, build_training_queries(ground.task), seed, device)


def additive_columns(names: tuple[str, ...], scaling: Scaling) -> Dense:
    """Return ones for the inputs that the metapath floor may use and zeros for those it may not (ranks, ridges)."""
    plain = np.array([not any(word in name for word in _NOT_ADDITIVE) for name in names])
    columns: Dense = np.concatenate([plain, plain[scaling.relative]]).astype(np.float32)
    return columns


def describe(ground: Ground, weights: Weights, queries: Queries) -> Iterator[tuple[Queries, tuple[str, ...], Dense]]:
    """Yield a few queries at a time with their feature names and inputs, so that the features fit in memory."""
    num_tails = ground.task.shape[1]
    step = max(1, _FEATURE_CELLS // (num_tails * len(weights.scaling.mean)))
    for start in range(0, len(queries), step):
        some = queries.take(slice(start, start + step))
        names, raw = build_features(ground.space, ground.ridges, some)
        yield some, names, weights.scaling.apply(raw)


def walk_data(space: Space) -> WalkData:
    """Return what the attention walks over: both sides' channels, and metapath counts and bridges, compressed."""
    counts = np.concatenate([space.metapaths, np.maximum(space.bridges, 0.0)])
    if not len(counts):
        counts = np.zeros((1, *space.task.shape), np.float32)
    positive = counts > 0
    scale = counts.sum(axis=(1, 2)) / np.maximum(positive.sum(axis=(1, 2)), 1)
    compressed = np.arcsinh(counts / np.where(scale > 0, scale, 1.0)[:, None, None])
    extra = np.ascontiguousarray(compressed.transpose(1, 2, 0), np.float32)
    return build_walk_data(space.task, space.heads, space.tails, extra)


def score_members(ground: Ground, weights: Weights, queries: Queries) -> dict[str, Dense]:
    """Return each member's (num_queries, num_tails) scores and the metapath floor's, which is no member."""
    walks = walk_data(ground.space)
    parts: dict[str, list[Dense]] = {}
    for some, names, inputs in describe(ground, weights, queries):
        scored = {
            "kernel ridge": [ridge.score(some) for ridge in ground.ridges[:1]],
            "attention": [score_attention(network, walks, some) for network in weights.attentions],
            "networks": [score_network(network, inputs) for network in weights.networks],
            "trees": [score_trees(forest, inputs) for forest in weights.forests],
            "path GNN": [score_path_gnn(network, ground.paths, some) for network in weights.path_gnns if ground.paths],
            METAPATH_FLOOR: [score_network(weights.additive, inputs * additive_columns(names, weights.scaling))],
        }
        for member, scores in scored.items():
            if scores:
                parts.setdefault(member, []).append(_mean_row(scores, some.hidden))
    return {member: np.concatenate(rows) for member, rows in parts.items()}


def without_floor(scores: dict[str, Dense]) -> dict[str, Dense]:
    """Return the members' scores alone."""
    return {member: values for member, values in scores.items() if member != METAPATH_FLOOR}


def member_spreads(ground: Ground, weights: Weights, seed: int) -> dict[str, float]:
    """Return each member's unit: the spread of its rows over a sample of heads, whatever is known of them."""
    num_heads = ground.task.shape[0]
    num_sampled = int(np.clip(_SPREAD_CELLS // ground.task.shape[1], *_SPREAD_HEADS))
    sample = np.sort(np.random.default_rng(seed).permutation(num_heads)[:num_sampled])
    queries = build_open_queries(ground.task, sample)
    scores = score_members(ground, weights, queries)
    members = without_floor(scores).items()
    return {member: row_spread(values, queries.hidden) for member, values in members}


def _mean_row(scores: list[Dense], hidden: Mask) -> Dense:
    rows: Dense = np.mean([to_row_log_probabilities(s, hidden) for s in scores], axis=0)
    return rows
