"""The embedded server's bulk door: the same graph as everyday writes, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.errors import GraphUnavailableError
from kg.model import Edge, Node
from kg.store import GraphStore, open_graph
from kg.writes import WriteCount
from ontologies.biolink import Predicate
from tests.kg.graphs import disease, drug, edge, random_graph

EDGES = (
    "MATCH (a:Entity)-[r]->(b:Entity) RETURN a.curie AS a, type(r) AS t, b.curie AS b, properties(r) AS p "
    "ORDER BY r.edge_key"
)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[GraphStore]:
    with open_graph(f"embedded:{tmp_path / 'g'}") as store:
        yield store


def contents(store: GraphStore) -> tuple[list[Node], list[dict[str, Any]]]:
    return store.read_nodes(), store.cypher(EDGES)


def load(store: GraphStore, nodes: list[Node], edges: list[Edge]) -> WriteCount:
    with store.first_load() as writer:
        writer.create_constraints()
        writer.write_nodes(nodes)
        return writer.write_edges(edges)


def test_the_same_graph_as_everyday_writes(empty: GraphStore, store: GraphStore) -> None:
    nodes, edges = random_graph(seed=7)
    nodes.append(drug("X:ü", name='a "quote"\t🙂', synonyms=("b", "a"), xrefs=("Y:1",)))
    edges = list({e.edge_key: e for e in edges}.values())
    assert load(empty, nodes, edges) == WriteCount(created=len(edges))
    store.write_nodes(nodes)
    store.write_edges(edges)
    assert contents(empty) == contents(store)


def test_everyday_writes_go_on_after_a_bulk_load(empty: GraphStore) -> None:
    nodes, edges = [drug("X:1"), disease("X:2")], [edge("X:1", Predicate.TREATS, "X:2")]
    load(empty, nodes, edges)
    assert empty.write_nodes(nodes) == WriteCount(unchanged=2)
    assert empty.write_edges(edges) == WriteCount(unchanged=1)
    assert empty.write_edges([edge("X:1", Predicate.CAUSES, "X:2")]) == WriteCount(created=1)


def test_repeated_and_dangling_edges_are_counted(empty: GraphStore) -> None:
    edges = [edge("X:1", Predicate.TREATS, "X:2")] * 2 + [edge("X:1", Predicate.TREATS, "X:404")]
    counted = load(empty, [drug("X:1"), disease("X:2")], edges)
    assert counted == WriteCount(created=1, unchanged=1, missing=1)


def test_a_load_that_fails_leaves_the_old_graph(empty: GraphStore) -> None:
    with pytest.raises(ZeroDivisionError), empty.first_load() as writer:
        writer.create_constraints()
        writer.write_nodes([drug("X:1")])
        raise ZeroDivisionError
    assert empty.read_nodes() == []
    assert load(empty, [drug("X:2")], []) == WriteCount()
    assert [node.curie for node in empty.read_nodes()] == ["X:2"]


def test_a_load_that_cypher_does_not_see_is_dropped(empty: GraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.bulk.BatchDoor.read_record_ids", lambda _: {})
    with pytest.raises(GraphUnavailableError, match="1 nodes left 0"):
        load(empty, [drug("X:1")], [])
    assert empty.read_nodes() == []


def test_what_was_loaded_is_there_after_a_restart(tmp_path: Path) -> None:
    selector = f"embedded:{tmp_path / 'g'}"
    with open_graph(selector) as store:
        load(store, [drug("X:1")], [])
    with open_graph(selector) as store:
        assert [node.curie for node in store.read_nodes()] == ["X:1"]


def test_a_graph_with_nodes_is_not_loaded_in_bulk(store: GraphStore) -> None:
    store.write_nodes([drug("X:1")])
    with store.first_load() as writer:
        assert writer is store
