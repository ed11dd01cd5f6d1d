"""The queries that a backup reads the text evidence and the built sources with."""

from __future__ import annotations

from kg.queries import Query

DOCUMENTS = Query("backup_documents", "MATCH (n:Document) RETURN properties(n) AS properties")
MENTIONS = Query("backup_mentions", "MATCH (n:Mention) RETURN properties(n) AS properties")
STATEMENTS = Query("backup_statements", "MATCH (n:Statement) RETURN properties(n) AS properties")
DOSES = Query(
    "backup_doses",
    "MATCH (m:Mention)-[r:DOSE_OF]->(d:Mention) RETURN m.mention_id AS dose, d.mention_id AS drug, "
    "r.amount AS amount, r.unit AS unit, r.route AS route, r.frequency AS frequency",
)
SOURCES = Query("backup_sources", "MATCH (n:Source) RETURN properties(n) AS properties")
EDGES_BY_TYPE = Query("backup_edges_by_type", "MATCH (:Entity)-[e]->(:Entity) RETURN type(e) AS type, count(e) AS num")
NUM_ENTITIES = Query("backup_num_entities", "MATCH (n:Entity) RETURN count(n) AS num")
