"""Predictions go into a real graph as predictions, are never trained on, and go with their run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gnn.folders import read_folder
from gnn.graph import predict_to_graph, read_task_triples
from gnn.run import train_run
from gnn.settings import TrainSettings
from kg.errors import InputError
from kg.store import GraphStore, open_graph
from ontologies.biolink import Predicate
from tests.kg.graphs import ONE, TWO, disease, drug, edge

SMALL = {"dim": 8, "epochs": 4, "batch_size": 32, "share": 8, "num_negatives": 8}


@pytest.fixture
def store(embedded_selector: str) -> Iterator[GraphStore]:
    with open_graph(embedded_selector) as opened:
        opened.create_constraints()
        opened.cypher("MATCH (n) DETACH DELETE n", write=True)
        drugs, diseases = [f"DRUGBANK:DB0000{n}" for n in range(8)], [f"DOID:{n}" for n in range(1, 6)]
        opened.write_nodes([*map(drug, drugs), *map(disease, diseases)])
        pairs = [(d, diseases[(n + step) % 5]) for n, d in enumerate(drugs) for step in (0, 1)]
        opened.write_edges([edge(d, Predicate.TREATS, x) for d, x in pairs])
        yield opened
        opened.cypher("MATCH (n) DETACH DELETE n", write=True)


def test_predictions_are_withdrawn_with_their_run(store: GraphStore, tmp_path: Path) -> None:
    before = read_task_triples(store, "TREATS").content_hash
    settings = TrainSettings("TREATS", tmp_path / "m", model="complex", settings=SMALL)
    report = train_run(settings, lambda: read_task_triples(store, "TREATS"))
    assert report is not None
    written = predict_to_graph(store, tmp_path / "m", top_k=2)
    assert written.run == report.run
    rows = store.cypher(
        "MATCH ()-[r:TREATS]->() WHERE r.knowledge_level = 'prediction' "
        "RETURN r.run AS run, r.agent_type AS agent, r.score AS score, r.confidence AS probability"
    )
    assert len(rows) == written.num_predictions > 0
    assert {row["run"] for row in rows} == {report.run}
    assert {row["agent"] for row in rows} == {"computational_model"}
    assert all(row["score"] < 0 <= row["probability"] <= 1 for row in rows)
    assert read_task_triples(store, "TREATS").content_hash == before
    assert predict_to_graph(store, tmp_path / "m", top_k=2).written.created == 0
    assert store.retract(run=report.run) == written.num_predictions
    assert read_task_triples(store, "TREATS").content_hash == before


def test_a_models_graph_names_each_edges_sources(store: GraphStore, tmp_path: Path) -> None:
    pair = ("DRUGBANK:DB00000", "DOID:1")
    store.write_edges([edge(pair[0], Predicate.TREATS, pair[1], source=TWO)])
    whole = read_task_triples(store, "TREATS")
    named = {(whole.entities[h], whole.entities[t]): whole.sources.of(h, r, t) for h, r, t in whole.edges.tolist()}
    assert named.pop(pair) == (ONE, TWO)
    assert set(named.values()) == {(ONE,)}
    train_run(TrainSettings("TREATS", tmp_path, model="complex", settings=SMALL), lambda: whole)
    kept = read_folder(tmp_path).triples
    assert 0 < len(kept.edges) < len(whole.edges)
    assert all(kept.sources.of(*one) == whole.sources.of(*one) for one in kept.edges.tolist())


def test_a_control_writes_nothing(store: GraphStore, tmp_path: Path) -> None:
    settings = TrainSettings("TREATS", tmp_path / "m", model="complex", control="degree-permuted", settings=SMALL)
    train_run(replace(settings, seed=1), lambda: read_task_triples(store, "TREATS"))
    with pytest.raises(InputError, match="must not write predictions"):
        predict_to_graph(store, tmp_path / "m")
