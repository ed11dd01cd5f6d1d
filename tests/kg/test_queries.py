"""Every named query over random graphs: the same rows on every server, and those of networkx where it can say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import networkx as nx
import pytest

from kg import queries, queries_export, queries_recommender, queries_service
from kg.documents import ReadDocument
from kg.model import Document, Edge, Mention, Statement, to_properties
from kg.queries import Query
from kg.rows import to_document_row, to_edge_row, to_mention_row, to_node_row, to_statement_row
from kg.status import count_edges
from kg.store import GraphStore, open_graph
from kg.writes import run_in
from ontologies.biolink import Category, Predicate
from tests.kg.graphs import ONE, drug, edge, prediction, random_graph
from tests.kg.named_queries import CATEGORIES, PREDICATES, named_queries

SEEDS = (1, 2)
QUERIES = named_queries()
READING = [query for query in QUERIES if not query.writes and not query.name.startswith("show_")]
Rows = list[Any]
# What the first server answered, by seed and query; the other servers must answer the same.
FIRST: dict[tuple[int, str], Rows] = {}
DUMP = (
    "MATCH (n) WHERE NOT n:Source RETURN labels(n) AS labels, properties(n) AS p, [] AS ends",
    "MATCH (a)-[r]->(b) RETURN type(r) AS labels, properties(r) AS p, "
    "[coalesce(a.curie, a.statement_id, a.mention_id), coalesce(b.curie, b.document_id)] AS ends",
)


class RolledBackError(Exception):
    """What a test takes its writes back with."""


class World:
    """A random graph on one server, and the same graph in networkx."""

    def __init__(self, seed: int, store: GraphStore) -> None:
        self.seed, self.store = seed, store
        self.nodes, edges = random_graph(seed)
        self.nodes = [replace(n, properties=_extra(i)) for i, n in enumerate(self.nodes)]
        self.nodes.append(drug("X:lonely"))
        edges += [edge("X:0", Predicate.SUBCLASS_OF, "X:4"), edge("X:1", Predicate.SUBCLASS_OF, "X:5", negated=True)]
        edges += [prediction("X:0", "X:1", run="r1"), prediction("X:4", "X:1", run="r2")]
        edges += [edge("X:0", Predicate.HAS_SIDE_EFFECT, "X:3", properties={"frequency_qualifier": "common"})]
        self.edges = list({e.edge_key: e for e in edges}.values())
        store.write_nodes(self.nodes)
        store.write_edges(self.edges)
        self.documents = [_document(number) for number in range(3)]
        store.write_documents(self.documents)
        self.statements = [s for _, _, statements in self.documents for s in statements]
        store.keep_source("one", {"infores": ONE, "release": "1"})
        self.graph = nx.MultiDiGraph()
        self.graph.add_nodes_from((node.curie, {"node": node}) for node in self.nodes)
        self.graph.add_edges_from((e.subject, e.object, e.edge_key, {"edge": e}) for e in self.edges)

    def ask(self, query: Query) -> Rows:
        return self.store.run(query, **self.parameters(query))

    def parameters(self, query: Query) -> dict[str, Any]:
        ids = [document.document_id for document, _, _ in self.documents[:2]]
        keys = [statement.edge_key for statement in self.statements]
        known: dict[str, Any] = {
            "curies": [node.curie for node in self.nodes[:9]] + ["X:404"],
            "curie": "X:1",
            "condition": "X:1",
            "genes": [node.name for node in self.nodes[:5]],
            "min_probability": 0.0,
            "limit": 10_000,
            "keys": keys,
            "edge_keys": keys,
            "document_ids": ids,
            "source": ONE,
            "infores": ONE,
            "name": "two",
            "properties": {"name": "two", "infores": "infores:two"},
            "value": ONE,
            "rows": self._rows(query.name),
        }
        return {name: known[name] for name in query.parameters}

    def _rows(self, name: str) -> list[dict[str, Any]]:
        """Rows that fit the query: documents, mentions, statements, nodes or edges, of which some exist."""
        new_document, mentions, statements = _document(9)
        if name == "create_documents":
            return [to_document_row(new_document)]
        if name in ("create_mentions", "create_statements"):
            rows = [to_mention_row(m) for m in mentions] if name == "create_mentions" else []
            rows += [to_statement_row(s) for s in statements] if name == "create_statements" else []
            return [row | {"document_id": "D:0"} for row in rows]
        if name == "create_doses":
            dose, drug_name = (to_mention_row(mentions[0])["mention_id"] for _, mentions, _ in self.documents[:2])
            return [{"dose": dose, "drug": drug_name, "amount": 5.0, "unit": "mg", "route": "oral", "frequency": None}]
        if name == "update_nodes" or name.removeprefix("create_") in CATEGORIES:
            return [to_node_row(replace(self.nodes[0], name="renamed")), to_node_row(drug("X:new"))]
        return self._edge_rows(name)

    def _edge_rows(self, name: str) -> list[dict[str, Any]]:
        predicate = next((p for p in PREDICATES if name.endswith(p)), Predicate.TREATS)
        there = [e for e in self.edges if e.predicate is predicate][:20]
        new = edge("X:8", predicate, "X:9", source="infores:new")
        wanted = {"create": [new], "update": [replace(e, release="2") for e in there]}
        rows = wanted.get(name.partition("_")[0], [*there, new, edge("X:404", predicate, "X:1")])
        return [to_edge_row(e) for e in rows]


def _extra(number: int) -> Any:
    return to_properties({"class_kind": "therapeutic" if number % 3 == 0 else None, "rank": number})


def _document(number: int) -> ReadDocument:
    name = f"D:{number}"
    statements = [
        Statement(name, f"X:{4 * i}", Predicate.TREATS, f"X:{4 * i + 1}", i, i + 5, f"s {i}", confidence=0.5)
        for i in range(number, number + 3)
    ]
    mentions = [Mention(name, 0, 1, "a", "drug", curie="X:0", score=0.5)]
    return Document(name, "T", "text", "abstract", "infores:x", f"h{number}"), mentions, statements


@pytest.fixture(scope="module", params=SEEDS)
def world(request: pytest.FixtureRequest, graph_selector: str) -> Any:
    with open_graph(graph_selector) as store:
        store.create_constraints()
        store.cypher("MATCH (n) DETACH DELETE n", write=True)
        yield World(request.param, store)
        store.cypher("MATCH (n) DETACH DELETE n", write=True)


@pytest.mark.parametrize("query", READING, ids=lambda query: query.name)
def test_every_reading_query_answers_the_same_everywhere(world: World, query: Query) -> None:
    rows = plain(world.ask(query), ordered="ORDER BY" in query.text)
    assert rows == FIRST.setdefault((world.seed, query.name), rows)


@pytest.mark.parametrize("query", [q for q in QUERIES if q.writes], ids=lambda query: query.name)
def test_every_writing_query_leaves_the_same_everywhere(world: World, query: Query) -> None:
    before = [plain(world.store.cypher(text)) for text in DUMP]
    left: list[Rows] = []

    def write_and_look(transaction: Any) -> None:
        run_in(transaction, query, **world.parameters(query))
        left.extend(plain(run_in(transaction, Query("dump", text))) for text in DUMP)
        raise RolledBackError

    with pytest.raises(RolledBackError):
        world.store.write(write_and_look)
    assert left != before or query.name in {"keep_source", "forget_source"} or "delete" in query.name
    assert left == FIRST.setdefault((world.seed, query.name), left)
    assert [plain(world.store.cypher(text)) for text in DUMP] == before


def test_no_query_was_overlooked() -> None:
    assert len(QUERIES) == len({query.name for query in QUERIES}) > 40


# What networkx says of the same graph.


def edges_of(world: World, keep: Callable[[Edge], bool]) -> list[Edge]:
    return [e for _, _, e in world.graph.edges(data="edge") if keep(e)] + _text_edges(world, keep)


def _text_edges(world: World, keep: Callable[[Edge], bool]) -> list[Edge]:
    """The edges that the statements add up to, one a triple."""
    made = {
        s.edge_key: edge(s.subject, s.predicate, s.object, source="infores:theragraph-text") for s in world.statements
    }
    return [e for e in made.values() if keep(e)]


def asserted(predicate: Predicate) -> Callable[[Edge], bool]:
    return lambda e: e.predicate is predicate and not e.negated and not e.run


@pytest.mark.parametrize("predicate", PREDICATES)
def test_columns_are_those_of_networkx(world: World, predicate: Predicate) -> None:
    columns = world.store.read_edges(predicate)
    edges = edges_of(world, asserted(predicate))
    expected = sorted((e.subject, e.primary_knowledge_source, e.object) for e in edges)
    assert list(zip(columns.subjects, columns.sources, columns.objects, strict=True)) == expected


@pytest.mark.parametrize("predicate", PREDICATES)
def test_known_edges_are_those_of_networkx(world: World, predicate: Predicate) -> None:
    query = queries.known_edges(predicate)
    wanted = world.parameters(query)["rows"]
    expected = {
        row["key"]: row["key"] in world.graph.get_edge_data(row["subject"], row["object"], default={})
        for row in wanted
        if row["subject"] in world.graph and row["object"] in world.graph
    }
    assert {r["key"]: r["content_hash"] is not None for r in world.ask(query)} == expected


def test_counts_are_those_of_networkx(world: World) -> None:
    everything = edges_of(world, lambda e: True)
    counts = count_edges(world.store)
    between_concepts = {k: v for k, v in counts.items() if k not in ("MENTIONED_IN", "STATED_IN")}
    assert between_concepts == dict(Counter(e.predicate.relationship_type for e in everything))
    labels = Counter("+".join(sorted(r["labels"])) for r in world.ask(queries.COUNT_NODES) for _ in range(r["num"]))
    assert {k: v for k, v in labels.items() if "Entity" in k} == dict(
        Counter("+".join(sorted((n.category.value, "Entity"))) for n in world.nodes)
    )


@pytest.mark.parametrize("predicate", PREDICATES)
def test_counts_of_ends_are_those_of_networkx(world: World, predicate: Predicate) -> None:
    kinds = {node.curie: node.category.value for node in world.nodes}
    rows = world.ask(queries.count_ends(predicate.relationship_type))
    found = {(_kind(r["subject"]), _kind(r["object"])): r["num"] for r in rows}
    of_type = edges_of(world, lambda e: e.predicate is predicate)
    assert found == dict(Counter((kinds[e.subject], kinds[e.object]) for e in of_type))


def _kind(labels: Iterable[str]) -> str:
    (kind,) = set(labels) - {"Entity"}
    return kind


@pytest.mark.parametrize("seen_from", ["subject", "object"])
def test_neighbours_are_those_of_networkx(world: World, seen_from: str) -> None:
    query = queries_service.OUTGOING if seen_from == "subject" else queries_service.INCOMING
    other = "object" if seen_from == "subject" else "subject"
    expected = Counter(
        (e.predicate.relationship_type, getattr(e, other), e.primary_knowledge_source, e.negated)
        for e in edges_of(world, lambda e: getattr(e, seen_from) == "X:1")
    )
    rows = world.ask(query)
    assert Counter((r["predicate"], r["curie"], r["source"], r["negated"]) for r in rows) == expected


def test_stated_edges_are_those_of_networkx(world: World) -> None:
    found = [
        (row["type"], s, o, properties["edge_key"])
        for row in world.ask(queries_recommender.STATED)
        for s, o, properties in row["rows"]
    ]
    expected = edges_of(world, lambda e: e.predicate in queries_recommender.FACTS and not e.negated)
    assert sorted(found) == sorted((e.predicate.relationship_type, e.subject, e.object, e.edge_key) for e in expected)


@pytest.mark.parametrize("category", CATEGORIES)
def test_links_are_those_of_networkx(world: World, category: Category) -> None:
    found = [
        (row["type"], s, o, row["source"])
        for row in world.ask(queries_recommender.links(category))
        for s, objects in row["rows"]
        for o in objects
    ]
    of_kind = {node.curie for node in world.nodes if node.category is category}
    expected = [
        (e.predicate.relationship_type, e.subject, e.object, e.primary_knowledge_source)
        for predicate in queries_recommender.LINKS[category]
        for e in edges_of(world, asserted(predicate))
        if e.subject in of_kind
    ]
    assert sorted(found) == sorted(expected)


def test_exported_edges_are_those_of_networkx(world: World) -> None:
    asked = set(world.parameters(queries_export.EDGES_OF)["curies"])
    found = [
        (r["subject"], r["type"], r["object"], r["properties"]["edge_key"]) for r in world.ask(queries_export.EDGES_OF)
    ]
    expected = edges_of(world, lambda e: e.subject in asked)
    assert sorted(found) == sorted((e.subject, e.predicate.relationship_type, e.object, e.edge_key) for e in expected)


def test_broader_concepts_are_those_of_networkx(world: World) -> None:
    (row,) = world.ask(queries_recommender.BROADER)
    expected = [(e.subject, e.object) for e in edges_of(world, asserted(Predicate.SUBCLASS_OF))]
    found = [(child, parent) for parent, children in row["rows"] for child in children]
    assert sorted(found) == sorted(expected)


def test_nodes_come_back(world: World) -> None:
    assert world.store.read_nodes() == sorted(world.nodes, key=lambda node: node.curie)
    known = {row["curie"] for row in world.ask(queries.KNOWN_NODES)}
    assert known == set(world.parameters(queries.KNOWN_NODES)["curies"]) & set(world.graph)


def test_runs_are_those_of_the_predictions(world: World) -> None:
    assert [row["run"] for row in world.ask(queries.runs("TREATS"))] == ["r1", "r2"]


def plain(rows: Any, *, ordered: bool = False) -> Rows:
    """Rows without what no query promises: the order of rows (unless it says so) and of what is collected."""
    shown = [_settle(row) for row in rows]
    return shown if ordered else sorted(shown, key=repr)


def _settle(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _settle(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return sorted((_settle(item) for item in value), key=repr) if _is_set(value) else [_settle(i) for i in value]
    return value


def _is_set(value: list[Any]) -> bool:
    """Whether the list was collected: lists of lists (their inner rows keep their order), or of texts."""
    return all(isinstance(item, list) for item in value) or all(isinstance(item, str) for item in value)
