"""Nodes and edges held in memory that answer the recommender's named queries as the servers do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

from kg import queries_recommender as queries
from kg.model import Edge, Node
from kg.queries import SOURCES, Query
from kg.rows import to_edge_row, to_node_row
from kg.sources.source import Skip
from kg.sources.starter import StarterSource
from ontologies.biolink import Category, Predicate
from recommender.recommend import Recommender

Row = dict[str, Any]


class MemoryGraph:
    """A graph without a server. Text is not kept: it has no sentences."""

    def __init__(self, nodes: Iterable[Node], edges: Iterable[Edge]) -> None:
        self.nodes = {n.curie: n for n in nodes}
        self.edges: dict[Predicate, list[tuple[Edge, Row]]] = defaultdict(list)
        for edge in edges:
            if edge.subject in self.nodes and edge.object in self.nodes and not edge.negated:
                self.edges[edge.predicate].append((edge, to_edge_row(edge)["properties"]))

    def run(self, query: Query, **parameters: Any) -> list[Row]:
        if parameters:
            return []
        if query == SOURCES:
            return []
        if query == queries.STATED:
            return [self._stated(predicate) for predicate in queries.FACTS]
        kind, _, rest = query.name.partition("_")
        if kind == "links":
            return [row for predicate in queries.LINKS[Category(rest)] for row in self._links(predicate, rest)]
        return [{"rows": self._rows(query.name)}]

    def _rows(self, name: str) -> list[list[Any]]:
        kind, _, rest = name.partition("_")
        if kind == "concepts":
            return [_concept(n) for n in self.nodes.values() if n.category == rest]
        if name == "gene_names":
            return [[n.curie, n.name] for n in self.nodes.values() if n.category == "Gene"]
        if name == "products_with_ingredients":
            products = ((n.curie, dict(n.properties).get("ingredients")) for n in self.nodes.values())
            return [[curie, list(names)] for curie, names in products if names]
        if name == "class_members":
            members = self.edges[Predicate.SUBCLASS_OF]
            return [
                [e.subject, e.object, p] for e, p in members if "class_kind" in dict(self.nodes[e.object].properties)
            ]
        if name == "broader_concepts":
            return [[e.object, [e.subject]] for e, _ in self.edges[Predicate.SUBCLASS_OF]]
        return self._frequencies(name)

    def _stated(self, predicate: Predicate) -> Row:
        rows = [[e.subject, e.object, p] for e, p in self.edges[predicate]]
        return {"type": predicate.relationship_type, "rows": rows}

    def _links(self, predicate: Predicate, category: str) -> list[Row]:
        by_source: dict[str, list[list[Any]]] = defaultdict(list)
        for edge, properties in self.edges[predicate]:
            if self.nodes[edge.subject].category == category and _is_link(properties):
                by_source[edge.primary_knowledge_source].append([edge.subject, [edge.object]])
        kind = predicate.relationship_type
        return [{"type": kind, "source": source, "rows": rows} for source, rows in by_source.items()]

    def _frequencies(self, name: str) -> list[list[Any]]:
        if name == "phenotypes_of_diseases":
            found = self.edges[Predicate.HAS_PHENOTYPE]
            return [[e.subject, e.object, p.get("frequency_qualifier", "")] for e, p in found]
        effects = [(e, p) for e, p in self.edges[Predicate.HAS_SIDE_EFFECT] if "frequency_qualifier" in p]
        return [[e.subject, e.object, p["frequency_qualifier"], e.primary_knowledge_source] for e, p in effects]


def _is_link(properties: Row) -> bool:
    return bool(properties["knowledge_level"] != "prediction")


def _concept(node: Node) -> list[Any]:
    row = to_node_row(node)["properties"]
    return [row["curie"], row["name"], row["synonyms"], row["xrefs"], row.get("class_kind"), row.get("cost_class")]


@cache
def starter_recommender() -> Recommender:
    """A recommender over the starter knowledge alone."""
    source = StarterSource()
    nodes = [n for n in source.read_nodes(None) if not isinstance(n, Skip)]
    edges = [e for e in source.read_edges(None) if not isinstance(e, Skip)]
    return Recommender.open(MemoryGraph(nodes, edges)).warm()
