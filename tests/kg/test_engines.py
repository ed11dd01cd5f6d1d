"""The ten rules that follow from what was measured on both servers, one test (or more) each."""

from __future__ import annotations

import re
import threading
from datetime import date
from pathlib import Path

import pytest

from benchmarks._killing import kill_server
from kg import queries
from kg.embedded import file_lock
from kg.errors import InputError
from kg.model import Node, to_properties
from kg.queries import Query
from kg.rows import from_node_row, to_node_row
from kg.store import GraphStore, open_graph
from kg.writes import WriteCount, run_in
from ontologies.biolink import Category, Predicate
from tests.kg.graphs import disease, drug, edge
from tests.kg.named_queries import named_queries

QUERIES = named_queries()
ANCHOR = re.compile(r"\((\w*)((?::\w+)*) \{curie:")
every_query = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)


@every_query
def test_rule_1_a_curie_is_looked_up_on_entity_alone(query: Query) -> None:
    created = re.sub(r"CREATE \([^)]*\)", "", query.text)
    assert {labels for _, labels in ANCHOR.findall(created)} <= {":Entity"}


@every_query
def test_rule_2_two_known_ends_are_anchored_in_matches_of_their_own(query: Query) -> None:
    ends = r"\b(?:OPTIONAL|MATCH|WHERE|WITH|RETURN|CREATE|MERGE|SET|DELETE)\b|$"
    for match in re.findall(rf"\bMATCH\b(.*?)(?={ends})", query.text):
        assert len(re.findall(r"\{(?:curie|\w+_id):", match)) <= 1


@every_query
def test_rule_3_no_path_of_open_length(query: Query) -> None:
    assert not re.search(r"\[[^\]]*\*[^\]]*\]|\]->\{|\]-\{|shortestPath", query.text)


def test_rule_4_the_server_itself_stops_a_query_that_runs_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_graph(f"embedded:{tmp_path / 'g'}") as store:
        store.create_constraints()
        store.write_nodes([drug(f"X:{i}") for i in range(300)])
    monkeypatch.setattr("kg.embedded._COMMAND_TIMEOUT_MS", 1_000)
    with open_graph(f"embedded:{tmp_path / 'g'}") as store:
        with pytest.raises(InputError, match="ran longer than the graph server allows"):
            store.cypher(
                "UNWIND range(1, 3000000) AS i MATCH (n:Entity {curie: 'X:1'}) RETURN sum(size(n.name)) AS num"
            )


def test_rule_5_the_embedded_graph_has_one_writer_among_processes(tmp_path: Path) -> None:
    with open_graph(f"embedded:{tmp_path / 'g'}") as store:
        assert store.embedded is not None
        store.create_constraints()
        writing = threading.Thread(target=lambda: store.write_nodes([drug("X:1")]))
        with file_lock(store.embedded.write_lock):
            writing.start()
            writing.join(0.5)
            assert writing.is_alive()
            assert store.read_nodes() == []
        writing.join(60)
        assert [node.curie for node in store.read_nodes()] == ["X:1"]


def test_rule_6_of_known_and_new_nodes_only_the_new_are_created(store: GraphStore) -> None:
    store.write_nodes([drug("X:1", name="old")])
    rows = [to_node_row(drug("X:1", name="new")), to_node_row(drug("X:2"))]
    store.write(lambda tx: run_in(tx, queries.create_nodes(Category.DRUG), rows=rows))
    assert [(node.curie, node.name) for node in store.read_nodes()] == [("X:1", "old"), ("X:2", "X:2")]


@every_query
def test_rule_6_no_node_of_two_labels_is_merged_and_no_label_is_set(query: Query) -> None:
    assert not re.search(r"MERGE \(\w*:\w+:\w+|SET \w+:\w+", query.text)


def test_rule_7_the_batch_door_is_for_a_fresh_database_only(store: GraphStore) -> None:
    with store.first_load() as writer:
        assert (writer is store) == (store.embedded is None)
    store.keep_source("x", {"infores": "infores:x"})
    with store.first_load() as writer:
        assert writer is store
    store.forget_source("x")


def test_rule_8_a_date_is_text_and_labels_come_in_any_order(store: GraphStore) -> None:
    node = drug("X:1", properties=to_properties({"approved": date(2026, 1, 31).isoformat()}))
    store.write_nodes([node])
    assert store.read_nodes() == [node]
    properties = to_node_row(node)["properties"]
    assert from_node_row(["Entity", "Drug"], properties) == from_node_row(["Drug", "Entity"], properties) == node


@every_query
def test_rule_9_unwind_comes_first(query: Query) -> None:
    assert query.text.find("UNWIND") <= 0


def test_rule_10_the_log_is_written_at_each_commit(tmp_path: Path) -> None:
    with open_graph(f"embedded:{tmp_path / 'g'}"):
        settings = (tmp_path / "g" / "arguments").read_text(encoding="utf-8")
    assert '"-Darcadedb.txWalFlush=1"' in settings


def test_rule_10_acknowledged_writes_survive_a_killed_server(tmp_path: Path) -> None:
    folder, num = tmp_path / "g", 0
    nodes: list[Node] = [drug("X:0"), *(disease(f"Y:{i}") for i in range(200))]
    with open_graph(f"embedded:{folder}") as store:
        store.create_constraints()
        store.write_nodes(nodes)
        for num in range(200):
            assert store.write_edges([edge("X:0", Predicate.TREATS, f"Y:{num}")]) == WriteCount(created=1)
        kill_server(folder)
    with open_graph(f"embedded:{folder}") as store:
        assert len(store.read_edges(Predicate.TREATS).objects) == num + 1
