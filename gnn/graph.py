"""Training from the graph store and writing predictions back to it.

A prediction is stored as `knowledge_level: prediction`, `agent_type: computational_model` with the run that made it;
reading for training leaves predictions and negated edges out, so a model never learns from a model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gnn.attention import AttentionConfig
from gnn.control import CONTROL
from gnn.folders import AnyFolder, read_folder
from gnn.metagraph import Dense
from gnn.model import ModelConfig
from gnn.predict import PairScores, score_pairs
from gnn.scorers import NetworkConfig
from gnn.space import SpaceConfig
from gnn.task import types_of
from gnn.train import TrainReport, split_pairs, train_triples
from gnn.triples import Ids, Triples, build_triples
from kg.errors import InputError, UnknownNameError
from kg.model import MODEL_SOURCE, Edge, to_properties
from kg.progress import Progress, ignore_progress
from kg.store import GraphStore
from kg.writes import WriteCount
from ontologies.biolink import AgentType, KnowledgeLevel, Predicate

_DEV_AND_TEST = (0.1, 0.1)
_SMALL_BUDGET_S = 90.0
_UNDRUGGED = "without a drug"


@dataclass(frozen=True, slots=True)
class PredictionReport:
    """How many predictions a run wrote, and what the graph said about the writing."""

    run: str
    num_predictions: int
    written: WriteCount


def read_graph_triples(store: GraphStore, progress: Progress = ignore_progress) -> Triples:
    """Read the whole graph in columns: relations by relationship type (TREATS), entity types by category."""
    nodes = store.read_nodes()
    rows: list[tuple[str, str, str]] = []
    sources: list[str] = []
    for number, (predicate, columns) in enumerate(store.read_all_edges()):
        progress("reading the graph", number, len(Predicate))
        relation = predicate.relationship_type
        rows += [(s, relation, o) for s, o in zip(columns.subjects, columns.objects, strict=True)]
        sources += columns.sources
    progress("reading the graph", len(Predicate), len(Predicate))
    types = {node.curie: node.category.value for node in nodes}
    return build_triples(rows, types=types, names={node.curie: node.name for node in nodes}, sources=sources)


def set_undrugged_aside(triples: Triples, relation: str) -> Triples:
    """Return the graph with the tails that no edge of a head names (treated, contraindicated, caused …) retyped.

    They still describe the others as neighbours, but are not candidates: thousands of rare diseases that no drug is
    known to touch would otherwise be ranked, and each would only be noise beside those that are treated.
    """
    head_types, tail_types = types_of(triples, relation)
    types = np.array(triples.types)
    heads, tails = np.isin(types, head_types), np.isin(types, tail_types)
    touched = np.zeros(len(types), bool)
    for one, other in ((0, 2), (2, 0)):
        touched[triples.edges[heads[triples.edges[:, one]]][:, other]] = True
    names = [f"{kind} {_UNDRUGGED}" if a and not b else kind for kind, a, b in zip(types, tails, touched, strict=True)]
    return replace(triples, types=tuple(map(str, names)))


def read_task_triples(store: GraphStore, relation: str, progress: Progress = ignore_progress) -> Triples:
    """Read the graph for one relation; UnknownNameError when the graph states no such relation."""
    triples = read_graph_triples(store, progress)
    if relation not in triples.relations:
        raise UnknownNameError("relation in the graph", relation, triples.relations)
    return set_undrugged_aside(triples, relation)


def config_for_budget(relation: str, seed: int, budget_s: float) -> ModelConfig:
    """Return the full ensemble, or below a minute and a half on one core a smaller one of the same members."""
    config = ModelConfig(relation, seed)
    if budget_s >= _SMALL_BUDGET_S:
        return config
    return replace(
        config,
        space=SpaceConfig(
            max_head_channels=8, max_tail_channels=5, max_metapaths=8, max_bridges=0, max_tail_anchors=250
        ),
        ridges=config.ridges[:1],
        attention=AttentionConfig(fit=replace(config.attention.fit, epochs=20)),
        num_attentions=1,
        network=NetworkConfig(hidden=16, feature_dropout=0.5, fit=replace(config.network.fit, epochs=20)),
        num_networks=1,
        num_forests=0,
        num_path_gnns=1,
        max_training_candidates=300,
    )


def train_graph(
    store: GraphStore,
    relation: str,
    *,
    out: Path,
    seed: int = 0,
    budget_s: float = 60.0,
    progress: Progress = ignore_progress,
) -> TrainReport:
    """Train on the graph with a random 80/10/10 split of `relation` (a relationship type such as TREATS).

    Candidate tails are those that some drug edge names. The report's `test` is measured on the last tenth, with the
    floors beside it. UnknownNameError when the graph
    states no such relation.
    """
    triples = read_task_triples(store, relation, progress)
    dev, test = split_pairs(triples.pairs_of(relation), _DEV_AND_TEST, seed)
    inputs = (("graph", triples.content_hash),)
    config = config_for_budget(relation, seed, budget_s)
    return train_triples(triples, config, dev, out=out, test_pairs=test, inputs=inputs, progress=progress)


def predict_to_graph(
    store: GraphStore,
    model_path: Path,
    *,
    top_k: int = 10,
    min_probability: float = 0.0,
    progress: Progress = ignore_progress,
) -> PredictionReport:
    """Write each head's `top_k` new tails as prediction edges of the model's run; asserted pairs are left alone.

    The same model writes the same edges again, so a second call changes nothing; `store.retract(run=…)` withdraws them.
    """
    folder = read_folder(model_path)
    if CONTROL in dict(folder.inputs):
        raise InputError(f"{model_path} was trained on a rewired graph as a control; it must not write predictions.")
    pairs = score_pairs(folder.model, progress=progress)
    asserted = store.read_edges(Predicate.from_relationship_type(folder.model.task.relation))
    stated = set(zip(asserted.subjects, asserted.objects, strict=True))
    edges = list(to_prediction_edges(folder, pairs, stated, top_k=top_k, min_probability=min_probability))
    return PredictionReport(folder.run, len(edges), store.write_edges(edges))


def to_prediction_edges(
    folder: AnyFolder, pairs: PairScores, stated: set[tuple[str, str]], *, top_k: int, min_probability: float
) -> Iterator[Edge]:
    """Yield each head's best tails that nobody has stated, as edges whose confidence is the calibrated probability."""
    task, entities, run = folder.model.task, folder.triples.entities, folder.run
    known = task.known() > 0
    for row, head in enumerate(pairs.heads.tolist()):
        order = np.argsort(-pairs.scores[row], kind="stable")
        chosen = _keep_new(order[~known[head, pairs.tails[order]]], pairs.probabilities[row], min_probability)
        for rank, column in enumerate(chosen[:top_k].tolist(), start=1):
            subject, tail = entities[task.heads[head]], entities[task.tails[pairs.tails[column]]]
            if (subject, tail) not in stated:
                cell = (row, column)
                score, probability = float(pairs.scores[cell]), float(pairs.probabilities[cell])
                yield _to_edge((subject, task.relation, tail), run, score, probability, rank)


def _keep_new(order: Ids, probabilities: Dense, min_probability: float) -> Ids:
    kept: Ids = order[probabilities[order] >= min_probability]
    return kept


def _to_edge(triple: tuple[str, str, str], run: str, score: float, probability: float, rank: int) -> Edge:
    head, relation, tail = triple
    return Edge(
        head,
        Predicate.from_relationship_type(relation),
        tail,
        MODEL_SOURCE,
        KnowledgeLevel.PREDICTION,
        AgentType.COMPUTATIONAL_MODEL,
        confidence=probability,
        run=run,
        properties=to_properties({"score": score, "rank": rank}),
    )
