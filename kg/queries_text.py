"""The Cypher that keeps documents, mentions and statements, and the edges that statements add up to."""

from __future__ import annotations

from kg.queries import Query
from ontologies.biolink import Predicate

DOCUMENT_HASHES = Query(
    "document_hashes",
    "UNWIND $document_ids AS document_id MATCH (d:Document {document_id: document_id}) "
    "RETURN d.document_id AS document_id, d.content_hash AS content_hash",
    ("document_ids",),
)
DELETE_STATEMENTS = Query(
    "delete_statements",
    "UNWIND $document_ids AS document_id MATCH (d:Document {document_id: document_id})<-[:STATED_IN]-(s:Statement) "
    "DETACH DELETE s",
    ("document_ids",),
    writes=True,
)
DELETE_MENTIONS = Query(
    "delete_mentions",
    "UNWIND $document_ids AS document_id MATCH (d:Document {document_id: document_id})<-[:MENTIONED_IN]-(m:Mention) "
    "DETACH DELETE m",
    ("document_ids",),
    writes=True,
)
DELETE_DOCUMENTS = Query(
    "delete_documents",
    "UNWIND $document_ids AS document_id MATCH (d:Document {document_id: document_id}) DETACH DELETE d",
    ("document_ids",),
    writes=True,
)
CREATE_DOCUMENTS = Query(
    "create_documents",
    "UNWIND $rows AS row CREATE (d:Document {document_id: row.document_id}) SET d = row",
    ("rows",),
    writes=True,
)
CREATE_MENTIONS = Query(
    "create_mentions",
    "UNWIND $rows AS row MATCH (d:Document {document_id: row.document_id}) "
    "CREATE (m:Mention {mention_id: row.mention_id})-[:MENTIONED_IN]->(d) SET m = row",
    ("rows",),
    writes=True,
)
CREATE_DOSES = Query(
    "create_doses",
    "UNWIND $rows AS row MATCH (m:Mention {mention_id: row.dose}) MATCH (d:Mention {mention_id: row.drug}) "
    "CREATE (m)-[r:DOSE_OF]->(d) "
    "SET r.amount = row.amount, r.unit = row.unit, r.route = row.route, r.frequency = row.frequency",
    ("rows",),
    writes=True,
)
CREATE_STATEMENTS = Query(
    "create_statements",
    "UNWIND $rows AS row MATCH (d:Document {document_id: row.document_id}) "
    "CREATE (s:Statement {statement_id: row.statement_id})-[:STATED_IN]->(d) SET s = row",
    ("rows",),
    writes=True,
)
DOCUMENT_EDGE_KEYS = Query(
    "document_edge_keys",
    "UNWIND $document_ids AS document_id MATCH (d:Document {document_id: document_id})<-[:STATED_IN]-(s:Statement) "
    "RETURN DISTINCT s.edge_key AS edge_key, s.subject AS subject, s.predicate AS predicate, s.object AS object, "
    "s.negated AS negated",
    ("document_ids",),
)
STATEMENTS_OF_EDGES = Query(
    "statements_of_edges",
    "UNWIND $edge_keys AS edge_key MATCH (s:Statement {edge_key: edge_key}) RETURN properties(s) AS statement",
    ("edge_keys",),
)


def text_edges(predicate: Predicate) -> Query:
    """The edges of a type that `source` says, with their ends, key and polarity."""
    text = (
        f"MATCH (a:Entity)-[e:{predicate.relationship_type}]->(b) WHERE e.primary_knowledge_source = $source "
        "RETURN a.curie AS subject, b.curie AS object, e.edge_key AS edge_key, e.negated AS negated"
    )
    return Query(f"text_{predicate}", text, ("source",))


def delete_edges(predicate: Predicate) -> Query:
    """Delete edges by their ends and keys; rows hold `subject`, `object`, `key`."""
    text = (
        "UNWIND $rows AS row MATCH (a:Entity {curie: row.subject}) MATCH (b:Entity {curie: row.object}) "
        f"MATCH (a)-[e:{predicate.relationship_type} {{edge_key: row.key}}]->(b) DELETE e"
    )
    return Query(f"delete_{predicate}", text, ("rows",), writes=True)
