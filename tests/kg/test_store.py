"""The store, on every server that is at hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg import queries
from kg.errors import InputError, WriteRefusedError
from kg.model import to_properties
from kg.store import GraphStore
from kg.writes import WriteCount, run_in
from ontologies.biolink import Category, Predicate
from tests.kg.graphs import ONE, TWO, disease, drug, edge, prediction


def write_pair(store: GraphStore) -> None:
    store.write_nodes([drug("X:1"), disease("X:2")])


def test_constraints_are_there_once(store: GraphStore) -> None:
    before = store.run(queries.SHOW_CONSTRAINTS)
    store.create_constraints()
    kept = {(row["labelsOrTypes"][0], row["properties"][0]) for row in before}
    assert {("Entity", "curie"), ("Statement", "statement_id"), ("TREATS", "edge_key")} <= kept
    assert len(store.run(queries.SHOW_CONSTRAINTS)) == len(before)


def test_a_second_node_with_the_same_curie_is_refused(store: GraphStore) -> None:
    store.write_nodes([drug("X:1")])
    with pytest.raises(InputError, match="rejected"):
        store.cypher("CREATE (:Entity:Drug {curie: 'X:1'})", write=True)


def test_a_node_comes_back_as_it_went_in(store: GraphStore) -> None:
    node = drug(
        "X:1",
        name='naïve Δ9 名 🙂 "quoted" \\ ',
        synonyms=("a", "b"),
        xrefs=("Y:1",),
        properties=to_properties({"zero": 0.0, "no": False, "list": ("x", "y"), "tab": "a\tb\nc"}),
    )
    store.write_nodes([node])
    assert store.read_nodes(Category.DRUG) == [node]


def test_writing_again_changes_nothing(store: GraphStore) -> None:
    nodes = [drug("X:1"), disease("X:2")]
    edges = [edge("X:1", Predicate.TREATS, "X:2")]
    assert store.write_nodes(nodes) == WriteCount(created=2)
    assert store.write_edges(edges) == WriteCount(created=1)
    assert store.write_nodes(nodes) == WriteCount(unchanged=2)
    assert store.write_edges(edges) == WriteCount(unchanged=1)


def test_a_changed_edge_is_replaced(store: GraphStore) -> None:
    write_pair(store)
    store.write_edges([edge("X:1", Predicate.TREATS, "X:2", properties={"dose": "1 mg", "role": "adjunct"})])
    assert store.write_edges([edge("X:1", Predicate.TREATS, "X:2", properties={"dose": "2 mg"})]) == WriteCount(
        updated=1
    )
    rows = store.cypher("MATCH (:Entity {curie: 'X:1'})-[r]->() RETURN r.dose AS dose, r.role AS role")
    assert rows == [{"dose": "2 mg", "role": None}]


def test_two_sources_of_one_node_are_joined(store: GraphStore) -> None:
    store.write_nodes([drug("X:1", name="first", synonyms=("a",))])
    store.write_nodes([drug("X:1", name="second", synonyms=("b",), source=TWO)])
    (node,) = store.read_nodes()
    assert (node.name, node.source, node.synonyms) == ("first", ONE, ("a", "b"))


def test_an_edge_without_an_end_is_counted_and_not_written(store: GraphStore) -> None:
    write_pair(store)
    edges = [edge("X:1", Predicate.TREATS, "X:2"), edge("X:1", Predicate.TREATS, "X:404")]
    assert store.write_edges(edges) == WriteCount(created=1, missing=1)


def test_contraindicated_does_not_replace_treats(store: GraphStore) -> None:
    write_pair(store)
    store.write_edges([edge("X:1", p, "X:2") for p in (Predicate.TREATS, Predicate.CONTRAINDICATED_IN)])
    rows = store.cypher("MATCH (:Entity {curie: 'X:1'})-[r]->() RETURN type(r) AS type ORDER BY type")
    assert [row["type"] for row in rows] == ["CONTRAINDICATED_IN", "TREATS"]


def test_confidence_zero_is_kept_and_unknown_is_absent(store: GraphStore) -> None:
    write_pair(store)
    store.write_edges([edge("X:1", Predicate.TREATS, "X:2", confidence=0.0), edge("X:1", Predicate.CAUSES, "X:2")])
    rows = store.cypher("MATCH (:Entity {curie: 'X:1'})-[r]->() RETURN r.confidence AS c ORDER BY type(r)")
    assert [row["c"] for row in rows] == [None, 0.0]


def test_a_failing_transaction_leaves_nothing(store: GraphStore) -> None:
    def fail(transaction: object) -> None:
        run_in(
            transaction, queries.create_nodes(Category.DRUG), rows=[{"curie": "X:9", "properties": {"curie": "X:9"}}]
        )  # type: ignore[arg-type]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(fail)
    assert store.read_nodes() == []


def test_a_lost_race_for_a_key_is_run_again(store: GraphStore) -> None:
    attempts = []

    def work(transaction: object) -> str:
        attempts.append(len(attempts))
        curie = "X:1" if len(attempts) == 1 else "X:2"
        run_in(transaction, queries.UPDATE_NODES, rows=[])  # type: ignore[arg-type]
        transaction.run("CREATE (:Entity:Drug {curie: $curie})", curie=curie).consume()  # type: ignore[attr-defined]
        return curie

    store.write_nodes([drug("X:1")])
    assert store.write(work) == "X:2"
    assert attempts == [0, 1]


def test_columns_hold_asserted_edges_only(store: GraphStore) -> None:
    store.write_nodes([drug("X:1"), drug("X:3"), disease("X:2"), disease("X:4")])
    store.write_edges(
        [
            edge("X:3", Predicate.TREATS, "X:2"),
            edge("X:1", Predicate.TREATS, "X:4"),
            edge("X:1", Predicate.TREATS, "X:2"),
            edge("X:3", Predicate.TREATS, "X:4", negated=True),
            prediction("X:3", "X:4"),
        ]
    )
    columns = store.read_edges(Predicate.TREATS)
    assert list(zip(columns.subjects, columns.objects, strict=True)) == [("X:1", "X:2"), ("X:1", "X:4"), ("X:3", "X:2")]
    assert columns.sources == (ONE,) * 3
    everything = dict(store.read_all_edges())
    assert everything.keys() == set(Predicate)
    assert everything.pop(Predicate.TREATS) == columns
    assert {c for rest in everything.values() for c in (*rest.subjects, *rest.objects)} == set()


def test_ten_thousand_rows_in_one_call(store: GraphStore) -> None:
    nodes = [drug(f"X:{i}") for i in range(10_000)]
    assert store.write_nodes(nodes) == WriteCount(created=10_000)
    edges = (edge("X:0", Predicate.INTERACTS_WITH, f"X:{i}") for i in range(1, 10_000))
    assert store.write_edges(edges) == WriteCount(created=9_999)
    assert len(store.read_edges(Predicate.INTERACTS_WITH).objects) == 9_999


def test_reading_refuses_to_write(store: GraphStore) -> None:
    for text in ("CREATE (n:Entity:Drug {curie: 'X:1'})", "MATCH (n) DETACH DELETE n", "MATCH (n) SET n.x = 1"):
        with pytest.raises(WriteRefusedError, match="--write"):
            store.cypher(text)
    assert store.read_nodes() == []


def test_what_the_text_does_not_show_the_plan_does(store: GraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The query would fail when run: that it is refused as writing shows that it was not run."""
    monkeypatch.setattr("kg.store.check_read_only", lambda text: None)
    for text in ("CREATE (n:Entity) RETURN 1/0", "profile CREATE (n:Entity) RETURN 1/0"):
        with pytest.raises(WriteRefusedError):
            store.cypher(text)


@pytest.mark.parametrize("prefix", ["EXPLAIN", "profile"])
def test_a_reading_query_may_be_explained(store: GraphStore, prefix: str) -> None:
    store.cypher(f"{prefix} MATCH (n:Entity) RETURN n")


def test_a_writing_query_is_not_run_as_a_reading_one(store: GraphStore) -> None:
    with pytest.raises(WriteRefusedError, match="update_nodes"):
        store.run(queries.UPDATE_NODES, rows=[])


@pytest.mark.parametrize("text", ["MATCH (n RETURN n", "RETURN $missing", "RETURN 1/0"])
def test_a_wrong_query_is_the_users_error(store: GraphStore, text: str) -> None:
    with pytest.raises(InputError, match="rejected the query"):
        store.cypher(text)


def test_rows_are_plain_values(store: GraphStore) -> None:
    write_pair(store)
    store.write_edges([edge("X:1", Predicate.TREATS, "X:2")])
    (row,) = store.cypher(
        "MATCH p = (n:Entity {curie: 'X:1'})-[r]->() RETURN n, r, p, [1, null] AS list, {a: 1} AS map"
    )
    assert row["n"]["labels"] == ["Drug", "Entity"]
    assert (row["r"]["type"], row["r"]["subject"], row["r"]["object"]) == ("TREATS", "X:1", "X:2")
    assert [node["properties"]["curie"] for node in row["p"]["nodes"]] == ["X:1", "X:2"]
    assert (row["list"], row["map"]) == ([1, None], {"a": 1})
    (alone,) = store.cypher("MATCH (:Entity {curie: 'X:1'})-[r]->() RETURN r")
    assert (alone["r"]["subject"], alone["r"]["object"]) == (None, None)


def test_a_limit_is_kept(store: GraphStore) -> None:
    store.write_nodes([drug(f"X:{i}") for i in range(5)])
    assert len(store.cypher("MATCH (n:Entity) RETURN n.curie", limit=3)) == 3


def test_an_answer_knows_its_columns_without_a_row(store: GraphStore) -> None:
    text = "MATCH (n:Entity {curie: $curie}) RETURN n.curie, [n.name, n.source] AS names"
    answer = store.ask(f"{text} LIMIT 5", {"curie": "X:1"})
    assert (answer.columns, answer.rows) == (("n.curie", "names"), [])
    store.write_nodes([drug("X:1")])
    answer = store.ask(text, {"curie": "X:1"})
    assert answer.columns == ("n.curie", "names")
    assert answer.rows[0].keys() == {"n.curie", "names"}


def test_sources_are_remembered_and_forgotten(store: GraphStore) -> None:
    store.keep_source("a", {"infores": "infores:a", "content_hash": "1"})
    store.keep_source("a", {"infores": "infores:a", "content_hash": "2"})
    assert store.read_sources() == [{"name": "a", "infores": "infores:a", "content_hash": "2"}]
    store.forget_source("a")
    assert store.read_sources() == []


def test_the_first_of_edges_with_one_key_stays(store: GraphStore) -> None:
    store.write_nodes([drug("X:1"), disease("X:2")])
    first = edge("X:1", Predicate.TREATS, "X:2", publications=("PMID:1",))
    others = [drug(f"X:{n}") for n in range(10, 4_100)]
    store.write_nodes(others)
    between = [edge(node.curie, Predicate.TREATS, "X:2") for node in others]
    store.write_edges([first, *between, replace(first, publications=("PMID:2",))])
    (kept,) = store.cypher("MATCH (:Entity {curie: 'X:1'})-[r:TREATS]->() RETURN r.publications AS publications")
    assert kept["publications"] == ["PMID:1"]
