"""Predictions as edges: new pairs only, marked as a model's, withdrawn with their run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnn.graph import config_for_budget, to_prediction_edges
from gnn.model_folder import ModelFolder, read_model
from gnn.predict import score_pairs
from gnn.train import train_triples
from gnn.triples import Triples, build_triples, to_pair_ids
from kg.model import MODEL_SOURCE
from ontologies.biolink import AgentType, KnowledgeLevel, Predicate
from tests.gnn.toy import toy_config, toy_rows


def treats_triples() -> Triples:
    return build_triples([(h, "TREATS" if r == "treats" else r, t) for h, r, t in toy_rows()])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    out: Path = tmp_path_factory.mktemp("model")
    triples = treats_triples()
    dev = to_pair_ids(triples, [("Drug::00", "Disease::0"), ("Drug::13", "Disease::5")])
    train_triples(triples, replace(toy_config(), relation="TREATS"), dev, out=out)
    return read_model(out)


def test_each_head_gets_its_best_new_tails(folder: ModelFolder) -> None:
    pairs = score_pairs(folder.model)
    edges = list(to_prediction_edges(folder, pairs, set(), top_k=2, min_probability=0.0))
    assert len(edges) == 20 * 2
    known = {
        (folder.triples.entities[h], folder.triples.entities[t]) for h, t in folder.triples.pairs_of("TREATS").tolist()
    }
    assert not known & {(edge.subject, edge.object) for edge in edges}
    first = edges[0]
    place = int(np.flatnonzero(folder.model.ground.task.heads == folder.triples.entity_ids()[first.subject])[0])
    unknown = folder.model.ground.task.known()[place] == 0
    assert dict(first.properties)["score"] == pytest.approx(float(pairs.scores[place][unknown].max()))


def test_a_prediction_says_what_it_is(folder: ModelFolder) -> None:
    edge = next(to_prediction_edges(folder, score_pairs(folder.model), set(), top_k=1, min_probability=0.0))
    assert edge.predicate is Predicate.TREATS
    assert edge.knowledge_level is KnowledgeLevel.PREDICTION
    assert edge.agent_type is AgentType.COMPUTATIONAL_MODEL
    assert edge.primary_knowledge_source == MODEL_SOURCE
    assert edge.run == folder.run
    assert edge.confidence is not None
    assert 0.0 <= edge.confidence <= 1.0


def test_stated_pairs_and_improbable_ones_are_left_out(folder: ModelFolder) -> None:
    pairs = score_pairs(folder.model)
    edges = list(to_prediction_edges(folder, pairs, set(), top_k=1, min_probability=0.0))
    stated = {(edges[0].subject, edges[0].object)}
    rest = list(to_prediction_edges(folder, pairs, stated, top_k=1, min_probability=0.0))
    assert len(rest) == len(edges) - 1
    assert list(to_prediction_edges(folder, pairs, set(), top_k=1, min_probability=1.1)) == []


def test_a_small_budget_gives_a_smaller_model() -> None:
    small, full = config_for_budget("TREATS", 0, 60.0), config_for_budget("TREATS", 0, 600.0)
    assert small.num_networks < full.num_networks
    assert small.relation == full.relation == "TREATS"
