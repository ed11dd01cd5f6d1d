"""The Cypher that the service shows a concept's neighbourhood with."""

from __future__ import annotations

from kg.queries import Query

_COLUMNS = (
    "RETURN type(r) AS predicate, m.curie AS curie, m.name AS name, labels(m) AS labels, "
    "r.primary_knowledge_source AS source, r.knowledge_level AS knowledge_level, "
    "coalesce(r.negated, false) AS negated LIMIT $limit"
)
OUTGOING = Query("outgoing_edges", f"MATCH (n:Entity {{curie: $curie}})-[r]->(m:Entity) {_COLUMNS}", ("curie", "limit"))
INCOMING = Query("incoming_edges", f"MATCH (n:Entity {{curie: $curie}})<-[r]-(m:Entity) {_COLUMNS}", ("curie", "limit"))
