"""Nodes and edges held in memory that answer the recommender's named queries as the servers do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

from kg.model import Edge, Node
from kg.queries import Query
from kg.rows import to_edge_row, to_node_row
from kg.sources.source import Skip
from kg.sources.starter import StarterSource
from ontologies.biolink import Predicate
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
        kind, _, rest = query.name.partition("_")
        if kind == "concepts":
            return self._concepts(rest)
        if kind == "stated":
            return [_stated(e, p) for e, p in self.edges[Predicate[rest.upper()]]]
        if query.name == "class_members":
            members = self.edges[Predicate.SUBCLASS_OF]
            return [_stated(e, p) for e, p in members if "class_kind" in dict(self.nodes[e.object].properties)]
        if query.name == "side_effects_with_frequency":
            return _collected((e, p) for e, p in self.edges[Predicate.HAS_SIDE_EFFECT] if "frequency_qualifier" in p)
        if query.name == "phenotypes_of_diseases":
            return _collected(iter(self.edges[Predicate.HAS_PHENOTYPE]))
        if kind == "broader":
            return _collected((e, p) for e, p in self.edges[Predicate.SUBCLASS_OF] if self._is(e.subject, rest))
        if kind == "links":
            name, _, category = rest.rpartition("_")
            return _collected((e, p) for e, p in self._links(name) if self._is(e.subject, category))
        return []

    def _concepts(self, category: str) -> list[Row]:
        rows = [to_node_row(n)["properties"] for n in self.nodes.values() if n.category == category]
        return [{**r, "kind": r.get("class_kind"), "cost_class": r.get("cost_class")} for r in rows]

    def _is(self, curie: str, category: str) -> bool:
        return self.nodes[curie].category == category

    def _links(self, name: str) -> Iterable[tuple[Edge, Row]]:
        return ((e, p) for e, p in self.edges[Predicate[name.upper()]] if "context_qualifier" not in p)


def _stated(edge: Edge, properties: Row) -> Row:
    return {"subject": edge.subject, "object": edge.object, "properties": properties}


def _collected(edges: Iterable[tuple[Edge, Row]]) -> list[Row]:
    found: dict[tuple[str, str], Row] = {}
    for edge, properties in edges:
        key = (edge.subject, edge.primary_knowledge_source)
        row = found.setdefault(key, {"subject": key[0], "source": key[1], "objects": [], "frequencies": []})
        row["objects"].append(edge.object)
        row["frequencies"].append(properties.get("frequency_qualifier", ""))
    return list(found.values())


@cache
def starter_recommender() -> Recommender:
    """A recommender over the starter knowledge alone."""
    source = StarterSource()
    nodes = [n for n in source.read_nodes(None) if not isinstance(n, Skip)]
    edges = [e for e in source.read_edges(None) if not isinstance(e, Skip)]
    return Recommender.open(MemoryGraph(nodes, edges)).warm()
