"""The query that exports read edges with."""

from __future__ import annotations

from kg.queries import Query

EDGES_OF = Query(
    "edges_of",
    "UNWIND $curies AS curie MATCH (a:Entity {curie: curie})-[e]->(b:Entity) "
    "RETURN curie AS subject, type(e) AS type, b.curie AS object, properties(e) AS properties",
    ("curies",),
)
"""Every edge that begins at some nodes, with all of its properties, negated ones and predictions too."""
