"""The queries that exports read edges with."""

from __future__ import annotations

from kg.queries import Query
from ontologies.biolink import Predicate


def whole_edges(predicate: Predicate) -> Query:
    """Every edge of a type with its ends and all of its properties, negated ones and predictions too."""
    text = (
        f"MATCH (a:Entity)-[e:{predicate.relationship_type}]->(b:Entity) "
        "RETURN a.curie AS subject, b.curie AS object, properties(e) AS properties"
    )
    return Query(f"whole_{predicate}", text)
