"""Files into the graph: resume, idempotence, retraction, the pool of processes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from extraction import jobs
from extraction.document import Annotated, Skipped
from extraction.jobs import annotate_files, read_into_graph
from kg.model import Node
from kg.store import GraphStore, open_graph
from ontologies.biolink import Category

NODES = (
    Node("TEST:zorb", Category.DISEASE, "zorb fever", "infores:x"),
    Node("TEST:quix", Category.DRUG, "quixol", "infores:x"),
)
EDGES = "MATCH (a:Entity)-[r]->(b:Entity) RETURN a.curie AS s, type(r) AS p, b.curie AS o, r.negated AS negated, "
EDGES += "r.num_documents AS documents ORDER BY negated"


@pytest.fixture
def store(embedded_selector: str) -> Iterator[GraphStore]:
    with open_graph(embedded_selector) as graph:
        graph.create_constraints()
        graph.write_nodes(NODES)
        yield graph
        graph.cypher("MATCH (n) DETACH DELETE n", write=True)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    lines = [
        {"document_id": "1", "text": "Quixol is used for zorb fever."},
        {"document_id": "2", "text": "Quixol was effective for zorb fever."},
        {"document_id": "3", "text": "Quixol was not effective for zorb fever."},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n{broken\n", "utf-8")
    (tmp_path / "b.txt").write_text("Her mother took quixol for zorb fever.", "utf-8")
    return [tmp_path / "a.jsonl", tmp_path / "b.txt"]


def count(store: GraphStore, label: str) -> int:
    return int(store.cypher(f"MATCH (n:{label}) RETURN count(n) AS n")[0]["n"])


def test_statements_add_up_to_edges_and_conflict_stays_visible(store: GraphStore, files: list[Path]) -> None:
    report = read_into_graph(store, files, model="dictionary")
    assert (report.documents, report.unchanged, report.statements) == (4, 0, 3)
    assert [s.position for s in report.skipped] == ["line 4"]
    rows = store.cypher(EDGES)
    assert [(r["s"], r["p"], r["o"], r["negated"], r["documents"]) for r in rows] == [
        ("TEST:quix", "TREATS", "TEST:zorb", False, 2),
        ("TEST:quix", "TREATS", "TEST:zorb", True, 1),
    ]


def test_reading_again_changes_nothing(store: GraphStore, files: list[Path]) -> None:
    read_into_graph(store, files, model="dictionary")
    before = (store.cypher(EDGES), count(store, "Mention"), count(store, "Statement"))
    for resume in (True, False):
        again = read_into_graph(store, files, model="dictionary", resume=resume)
        assert (again.documents, again.unchanged) == (0, 4)
        assert (store.cypher(EDGES), count(store, "Mention"), count(store, "Statement")) == before


def test_resume_does_not_read_a_document_twice(
    store: GraphStore, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_into_graph(store, files[:1], model="dictionary")
    seen: list[str] = []
    annotate = jobs.annotate

    def spy(items, config, nodes=(), *, workers=1):  # type: ignore[no-untyped-def]
        return annotate((seen.append(i.position) or i for i in items), config, nodes, workers=workers)

    monkeypatch.setattr(jobs, "annotate", spy)
    read_into_graph(store, files, model="dictionary")
    assert seen == ["line 4", "whole file"]


def test_a_document_can_be_withdrawn(store: GraphStore, files: list[Path]) -> None:
    read_into_graph(store, files, model="dictionary")
    store.retract(document="PMID:2")
    assert [r["documents"] for r in store.cypher(EDGES)] == [1, 1]


def test_changed_document_replaces_the_old_one(store: GraphStore, files: list[Path]) -> None:
    read_into_graph(store, files, model="dictionary")
    files[0].write_text('{"document_id": "3", "text": "Nothing is said here."}\n', "utf-8")
    assert read_into_graph(store, files[:1], model="dictionary").documents == 1
    assert [r["negated"] for r in store.cypher(EDGES)] == [False]


def test_family_text_makes_no_edge(store: GraphStore, files: list[Path]) -> None:
    report = read_into_graph(store, files[1:], model="dictionary")
    assert (report.documents, report.statements) == (1, 0)
    assert store.cypher("MATCH (m:Mention) WHERE m.family RETURN count(m) AS n")[0]["n"] >= 1


def test_identifiers_are_never_stored(store: GraphStore, tmp_path: Path) -> None:
    path = tmp_path / "n.txt"
    path.write_text("Mr. Tarrantine, MRN 4471920, takes quixol for zorb fever.", "utf-8")
    read_into_graph(store, [path], model="dictionary")
    stored = json.dumps(store.cypher("MATCH (n) RETURN properties(n) AS p"), default=str)
    assert "Tarrantine" not in stored
    assert "4471920" not in stored
    assert "zorb fever" in stored


def test_progress_is_told(store: GraphStore, files: list[Path]) -> None:
    told: list[tuple[str, int, int | None]] = []
    read_into_graph(store, files, model="dictionary", progress=lambda *step: told.append(step))
    assert told[-1] == ("documents", 5, 5)


def test_pool_gives_the_same_in_the_same_order(files: list[Path]) -> None:
    alone = list(annotate_files(files, model="dictionary"))
    assert list(annotate_files(files, model="dictionary", workers=2)) == alone
    assert [type(i) for i in alone] == [Annotated, Annotated, Annotated, Skipped, Annotated]


def test_pubtator_defaults_to_mesh_and_text_to_the_graphs_curies(tmp_path: Path) -> None:
    (tmp_path / "a.pubtator").write_text("1|t|Atrial fibrillation.\n", "utf-8")
    (tmp_path / "b.txt").write_text("Atrial fibrillation.", "utf-8")
    found = list(annotate_files([tmp_path / "a.pubtator", tmp_path / "b.txt"], model="dictionary"))
    prefixes = [i.mentions[0].curie.split(":")[0] for i in found if isinstance(i, Annotated)]
    assert prefixes == ["MESH", "DOID"]


def test_edges_are_called_text_mined(store: GraphStore, files: list[Path]) -> None:
    read_into_graph(store, files, model="dictionary")
    (row,) = store.cypher("MATCH ()-[r:TREATS {negated: false}]->() RETURN properties(r) AS p")
    assert row["p"]["agent_type"] == "text_mining_agent"
    assert sorted(row["p"]["publications"]) == ["PMID:1", "PMID:2"]
    assert isinstance(row["p"]["edge_key"], str)
