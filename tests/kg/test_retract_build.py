"""Rebuilding and taking back what one build brought, whoever said it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kg.build import build_graph
from kg.errors import InputError, UnknownNameError
from kg.export_kgx import to_kgx_edge, to_kgx_node
from kg.model import MODEL_SOURCE, TEXT_SOURCE, Document, Edge, Node, Statement
from kg.store import GraphStore
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from tests.kg.graphs import edge, prediction
from tests.kg.test_build import GOOD, write_triples

DRUGS = [Node(f"DRUGBANK:DB0000{i}", Category.DRUG, f"drug {i}", "infores:x") for i in range(1, 5)]
DISEASES = [Node(f"DOID:1{i}", Category.DISEASE, f"disease 1{i}", "infores:y") for i in range(1, 5)]
ENDS = [(drug.curie, disease.curie) for drug, disease in zip(DRUGS, DISEASES, strict=True)]
EDGES_OF = "MATCH (a:Entity)-[r]->(b:Entity) RETURN r.primary_knowledge_source AS source, r.run AS run, b.curie AS end"


def text_edge(number: int) -> Edge:
    level, agent = KnowledgeLevel.KNOWLEDGE_ASSERTION, AgentType.TEXT_MINING_AGENT
    subject, object_ = ENDS[number]
    return Edge(subject, Predicate.TREATS, object_, TEXT_SOURCE, level, agent, publications=("PMID:9",))


def model_edge(number: int, run: str) -> Edge:
    made = prediction(*ENDS[number], run=run)
    return Edge(made.subject, made.predicate, made.object, MODEL_SOURCE, made.knowledge_level, made.agent_type, run=run)


def said(number: int, source: str) -> Edge:
    return edge(ENDS[number][0], Predicate.TREATS, ENDS[number][1], source=source)


def write_kgx(folder: Path, edges: list[Edge]) -> Path:
    folder.mkdir(exist_ok=True)
    files: dict[str, list[Any]] = {
        "nodes": [to_kgx_node(node) for node in [*DRUGS, *DISEASES]],
        "edges": [to_kgx_edge(edge) for edge in edges],
    }
    for name, records in files.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


def count_edges(store: GraphStore) -> Counter[tuple[str, str, str]]:
    return Counter((row["source"], row["run"], row["end"]) for row in store.cypher(EDGES_OF))


def write_document(store: GraphStore, number: int) -> None:
    name = f"PMID:{number}"
    document = Document(name, "T", "a treats b", "abstract", "infores:pubmed", "1")
    subject, object_ = ENDS[number]
    statement = Statement(name, subject, Predicate.TREATS, object_, 0, 10, "a treats b", confidence=0.5)
    store.write_documents([(document, [], [statement])])


def test_an_export_with_text_and_predictions_is_rebuilt_and_what_others_brought_stays(
    store: GraphStore, tmp_path: Path
) -> None:
    brought = [said(0, "infores:x"), said(1, "infores:x"), text_edge(0), text_edge(1), model_edge(0, "r1")]
    folder = write_kgx(tmp_path / "kgx", brought)
    build_graph(store, ["kgx"], path=folder)
    assert sum(count_edges(store).values()) == 5
    write_document(store, 1)
    write_document(store, 2)
    store.write_edges([model_edge(2, "r2")])
    write_kgx(folder, [said(0, "infores:x"), text_edge(3)])
    report = build_graph(store, ["kgx"], path=folder)
    assert report.sources[0].edges == 2, report
    assert count_edges(store) == Counter(
        [
            ("infores:x", "", "DOID:11"),
            (TEXT_SOURCE, "", "DOID:12"),
            (TEXT_SOURCE, "", "DOID:13"),
            (TEXT_SOURCE, "", "DOID:14"),
            (MODEL_SOURCE, "r2", "DOID:13"),
        ]
    )
    assert build_graph(store, ["kgx"], path=folder).sources[0].unchanged


def test_a_text_edge_of_a_file_that_a_document_states_too_is_the_documents_again(
    store: GraphStore, tmp_path: Path
) -> None:
    folder = write_kgx(tmp_path / "kgx", [text_edge(1), said(0, "infores:x")])
    build_graph(store, ["kgx"], path=folder)
    write_document(store, 1)
    (folder / "edges.jsonl").write_text(json.dumps(to_kgx_edge(said(0, "infores:x"))) + "\n")
    build_graph(store, ["kgx"], path=folder)
    text = "MATCH ()-[r:TREATS]->() WHERE r.primary_knowledge_source = $source RETURN r.publications AS publications"
    assert store.cypher(text, {"source": TEXT_SOURCE}) == [{"publications": ["PMID:1"]}]


def test_a_source_that_a_file_names_no_more_goes_with_its_last_row(store: GraphStore, tmp_path: Path) -> None:
    folder = write_kgx(tmp_path / "kgx", [said(0, "infores:x"), said(1, "infores:z")])
    build_graph(store, ["kgx"], path=folder)
    write_kgx(folder, [said(0, "infores:x")])
    build_graph(store, ["kgx"], path=folder)
    assert count_edges(store) == Counter([("infores:x", "", "DOID:11")])


def test_nodes_go_whoever_provided_them(store: GraphStore, tmp_path: Path) -> None:
    folder = write_kgx(tmp_path / "kgx", [said(0, "infores:x")])
    build_graph(store, ["kgx"], path=folder)
    assert len(store.read_nodes()) == 8
    (row,) = store.read_sources()
    assert store.retract_build(row, []) == 1
    assert store.read_nodes() == []
    assert store.read_sources() == []


def test_a_build_goes_by_the_name_that_build_takes(store: GraphStore, tmp_path: Path) -> None:
    brought = [said(0, "infores:x"), said(1, "infores:z"), text_edge(0), model_edge(0, "r1")]
    build_graph(store, ["kgx"], path=write_kgx(tmp_path / "kgx", brought))
    write_document(store, 2)
    assert store.retract(source="kgx") == 4
    assert count_edges(store) == Counter([(TEXT_SOURCE, "", "DOID:13")])
    assert store.read_sources() == []


def test_a_csv_file_goes_with_the_nodes_of_all_its_versions(store: GraphStore, tmp_path: Path) -> None:
    path = write_triples(tmp_path, *GOOD)
    build_graph(store, ["csv"], path=path)
    other = write_triples(tmp_path / "other", "DRUGBANK:DB00009,DOID:9,1,,", source="infores:theirs")
    build_graph(store, ["csv"], path=other)
    write_triples(tmp_path, GOOD[0], "DRUGBANK:DB00003,DOID:3,1,,")
    build_graph(store, ["csv"], path=path)
    assert "DOID:2" not in {node.curie for node in store.read_nodes()}
    assert store.retract(source="infores:mine") == 2
    assert {node.curie for node in store.read_nodes()} == {"DRUGBANK:DB00009", "DOID:9"}
    assert store.retract(source=f"csv:{other}") == 1
    assert store.read_nodes() == []


def test_a_source_that_is_not_there_is_an_error_that_names_what_is(store: GraphStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match='Nothing was built into this graph, so there is nothing of "starter"'):
        store.retract(source="starter")
    build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD))
    with pytest.raises(UnknownNameError, match=r'no built source "infores:mien"; allowed: csv, .*"infores:mine"\?'):
        store.retract(source="infores:mien")
    assert len(store.read_nodes()) == 4


def test_what_was_taken_back_of_a_build_comes_only_when_it_is_built_again(store: GraphStore, tmp_path: Path) -> None:
    folder = write_kgx(tmp_path / "kgx", [said(0, "infores:x"), said(1, "infores:z")])
    build_graph(store, ["kgx"], path=folder)
    assert store.retract(source="infores:z") == 1
    build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD))
    assert ("infores:z", "", "DOID:12") not in count_edges(store)
    assert ("infores:x", "", "DOID:11") in count_edges(store)
    build_graph(store, ["kgx"], path=folder)
    assert ("infores:z", "", "DOID:12") in count_edges(store)
