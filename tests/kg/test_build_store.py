"""Building into a real graph: both ways of writing give the same, changes replace, retraction takes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app
from kg.build import build_graph
from kg.errors import FormatError
from kg.export import read_content
from kg.model import Edge, Node
from kg.status import count_edges
from kg.store import GraphStore, open_graph
from tests.kg.test_build import GOOD, write_triples
from tests.ontologies.starter_tables import write_starter

MONDO = "format-version: 1.2\n\n[Term]\nid: MONDO:0005044\nname: hypertensive disorder\nxref: DOID:10763\n"
MONDO += "is_a: MONDO:0004995\n\n[Term]\nid: MONDO:0004995\nname: cardiovascular disorder\n"


@pytest.fixture
def store(embedded_selector: str) -> Iterator[GraphStore]:
    with open_graph(embedded_selector) as graph:
        graph.cypher("MATCH (n) DETACH DELETE n", write=True)
        yield graph
        graph.cypher("MATCH (n) DETACH DELETE n", write=True)


def read(store: GraphStore) -> tuple[set[Node], set[Edge]]:
    content = read_content(store)
    return set(content.nodes), set(content.edges())


def test_the_bulk_door_and_the_everyday_way_write_the_same(store: GraphStore, tmp_path: Path) -> None:
    folder = write_starter(tmp_path / "starter")
    build_graph(store, ["starter"], path=folder)
    everyday = read(store)
    store.retract(source="infores:theragraph-starter")
    assert read(store) == (set(), set())
    assert store.read_sources() == []
    with store.first_load() as writer:
        report = build_graph(writer, ["starter"], path=folder)
    assert read(store) == everyday
    assert report.sources[0].edges == len(everyday[1]) == 7


def test_rebuilding_changes_nothing_and_a_change_replaces(store: GraphStore, tmp_path: Path) -> None:
    folder = write_starter(tmp_path / "starter")
    build_graph(store, ["starter"], path=folder)
    before = read(store)
    assert build_graph(store, ["starter"], path=folder).sources[0].unchanged
    assert read(store) == before
    write_starter(folder, {"interactions": [], "symptoms": []})
    assert not build_graph(store, ["starter"], path=folder).sources[0].unchanged
    nodes, edges = read(store)
    assert edges < before[1]
    assert len(edges) == 5
    assert "HP:0002315" not in {node.curie for node in nodes}


def test_a_later_source_moves_nothing_twice(store: GraphStore, tmp_path: Path) -> None:
    folder = write_starter(tmp_path / "starter")
    (tmp_path / "mondo.obo").write_text(MONDO)
    build_graph(store, ["obo"], path=tmp_path / "mondo.obo")
    build_graph(store, ["starter"], path=folder)
    in_turn = read(store)
    hierarchy = [e for e in in_turn[1] if e.primary_knowledge_source == "infores:mondo"]
    assert [(e.subject, e.object) for e in hierarchy] == [("DOID:10763", "MONDO:0004995")]
    assert "MONDO:0005044" not in {node.curie for node in in_turn[0]}
    assert [row["source"] for row in store.read_sources()] == ["obo", "starter"]
    assert sum(count_edges(store).values()) == len(in_turn[1])


def test_a_rebuild_from_a_damaged_file_loses_nothing(store: GraphStore, tmp_path: Path) -> None:
    build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD))
    before, sources = read(store), store.read_sources()
    assert len(before[1]) == 2
    path = write_triples(tmp_path, *GOOD, "DRUGBANK:DB00003,DOID:3,7,,")
    with pytest.raises(FormatError, match=r't\.csv, line 4: `score` is "7"'):
        build_graph(store, ["csv"], path=path)
    assert read(store) == before
    assert store.read_sources() == sources


def test_a_build_beside_a_damaged_file_says_what_it_left_out_and_ends_with_1(
    store: GraphStore, embedded_selector: str, tmp_path: Path
) -> None:
    build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD))
    before = read(store)
    (tmp_path / "t.csv").write_text("drug\n")
    (tmp_path / "mondo.obo").write_text(MONDO)
    command = ["--graph", embedded_selector, "build", "obo", "--from", str(tmp_path / "mondo.obo")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1, done.output
    assert f"csv:{tmp_path / 't.yaml'} was left out and stands as it was built before" in done.stderr
    assert "t.csv, line 1: has no column `disease`" in done.stderr
    nodes, edges = read(store)
    assert nodes > before[0]
    assert edges > before[1]
