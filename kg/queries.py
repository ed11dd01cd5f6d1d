"""The product's Cypher, by name: what the store itself needs. Each room's queries stand in `queries_<room>.py`.

Every query is run by the compliance suite on both servers, so it keeps to ENGINES' rules: anchored on
`(n:Entity {curie: …})`, UNWIND first, semi-joins instead of variable lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ontologies.biolink import Category, Predicate


@dataclass(frozen=True, slots=True)
class Query:
    """A named, parameterised piece of Cypher that only reads, unless it says `writes`."""

    name: str
    text: str
    parameters: tuple[str, ...] = ()
    writes: bool = False


UNIQUE_KEYS = (
    ("Entity", "curie"),
    ("Document", "document_id"),
    ("Mention", "mention_id"),
    ("Statement", "statement_id"),
    ("Source", "name"),
)
INDEXES = (("Statement", "edge_key"), ("Mention", "curie"), ("Entity", "name"), ("Entity", "source"))
EDGE_INDEXES = (("HAS_SIDE_EFFECT", "frequency_qualifier"),)

SHOW_CONSTRAINTS = Query("show_constraints", "SHOW CONSTRAINTS YIELD labelsOrTypes, properties")
SHOW_INDEXES = Query("show_indexes", "SHOW INDEXES YIELD labelsOrTypes, properties")


def node_constraint(label: str, key: str) -> Query:
    """The statement that makes `key` unique among nodes of `label`."""
    text = f"CREATE CONSTRAINT IF NOT EXISTS FOR (n:{label}) REQUIRE n.{key} IS UNIQUE"
    return Query(f"constrain_{label}_{key}", text, writes=True)


def edge_constraint(relationship_type: str) -> Query:
    """The statement that makes `edge_key` unique among relationships of a type."""
    text = f"CREATE CONSTRAINT IF NOT EXISTS FOR ()-[r:{relationship_type}]-() REQUIRE r.edge_key IS UNIQUE"
    return Query(f"constrain_{relationship_type}", text, writes=True)


def index(label: str, key: str) -> Query:
    """The statement that makes looking `key` up fast."""
    return Query(f"index_{label}_{key}", f"CREATE INDEX IF NOT EXISTS FOR (n:{label}) ON (n.{key})", writes=True)


def edge_index(relationship_type: str, key: str) -> Query:
    """The statement that makes finding the relationships of a type that have a `key` fast."""
    text = f"CREATE INDEX IF NOT EXISTS FOR ()-[r:{relationship_type}]-() ON (r.{key})"
    return Query(f"index_{relationship_type}_{key}", text, writes=True)


KNOWN_NODES = Query(
    "known_nodes",
    "UNWIND $curies AS curie MATCH (n:Entity {curie: curie}) RETURN curie, properties(n) AS properties",
    ("curies",),
)


def create_nodes(category: Category) -> Query:
    """Create the nodes that are not there yet; rows hold `curie` and `properties`."""
    text = (
        "UNWIND $rows AS row OPTIONAL MATCH (m:Entity {curie: row.curie}) WITH row, m WHERE m IS NULL "
        f"CREATE (n:Entity:{category} {{curie: row.curie}}) SET n = row.properties"
    )
    return Query(f"create_{category}", text, ("rows",), writes=True)


UPDATE_NODES = Query(
    "update_nodes",
    "UNWIND $rows AS row MATCH (n:Entity {curie: row.curie}) SET n = row.properties",
    ("rows",),
    writes=True,
)


def known_edges(predicate: Predicate) -> Query:
    """For each row whose two ends exist, its edge's content hash or null; rows hold `subject`, `object`, `key`."""
    text = (
        "UNWIND $rows AS row MATCH (a:Entity {curie: row.subject}) MATCH (b:Entity {curie: row.object}) "
        f"OPTIONAL MATCH (a)-[e:{predicate.relationship_type} {{edge_key: row.key}}]->(b) "
        "RETURN row.key AS key, e.content_hash AS content_hash"
    )
    return Query(f"known_{predicate}", text, ("rows",))


def create_edges(predicate: Predicate) -> Query:
    """Create edges that are not there yet; rows hold `subject`, `object` and `properties`.

    Not MERGE, which on the embedded server compares every edge of the subject. The key's constraint keeps a second
    one out.
    """
    text = (
        "UNWIND $rows AS row MATCH (a:Entity {curie: row.subject}) MATCH (b:Entity {curie: row.object}) "
        f"CREATE (a)-[e:{predicate.relationship_type}]->(b) SET e = row.properties"
    )
    return Query(f"create_{predicate}", text, ("rows",), writes=True)


def update_edges(predicate: Predicate) -> Query:
    """Replace the properties of edges; rows hold `subject`, `object`, `key` and `properties`."""
    text = (
        "UNWIND $rows AS row MATCH (a:Entity {curie: row.subject}) MATCH (b:Entity {curie: row.object}) "
        f"MATCH (a)-[e:{predicate.relationship_type} {{edge_key: row.key}}]->(b) SET e = row.properties"
    )
    return Query(f"update_{predicate}", text, ("rows",), writes=True)


def edge_columns(predicate: Predicate) -> Query:
    """Every asserted edge of a type in one row of lists, `[subject, source, objects]`; none negated, no prediction.

    A row an edge, or a subject, would cost the driver several times more than the server.
    """
    text = (
        f"MATCH (a:Entity)-[e:{predicate.relationship_type}]->(b) "
        "WHERE e.negated = false AND e.knowledge_level <> 'prediction' "
        "WITH a, e.primary_knowledge_source AS source, collect(b.curie) AS objects "
        "RETURN collect([a.curie, source, objects]) AS rows"
    )
    return Query(f"columns_{predicate}", text)


READ_NODES = Query("read_nodes", "MATCH (n:Entity) RETURN labels(n) AS labels, properties(n) AS properties")
NODE = Query(
    "node",
    "MATCH (n:Entity {curie: $curie}) RETURN labels(n) AS labels, properties(n) AS properties",
    ("curie",),
)
ANY_NODE = Query("any_node", "MATCH (n) RETURN true AS found LIMIT 1")
COUNT_NODES = Query("count_nodes", "MATCH (n) RETURN labels(n) AS labels, count(*) AS num")


def count_edges_from(labels: Sequence[str]) -> Query:
    """How many edges of which types start at nodes of exactly these labels.

    Counting all at once met the embedded server's time limit at 18 million edges.
    """
    text = (
        f"MATCH (a{''.join(f':{_quote(label)}' for label in labels)})-[r]->() WHERE size(labels(a)) = {len(labels)} "
        "RETURN type(r) AS type, count(*) AS num"
    )
    return Query(f"count_from_{'_'.join(labels)}", text)


def count_edges_of(relationship_type: str) -> Query:
    """How many edges of a type join concepts."""
    text = f"MATCH (a:Entity)-[r:{relationship_type}]->() RETURN count(r) AS num"
    return Query(f"count_{relationship_type}", text)


SOURCES = Query("sources", "MATCH (s:Source) RETURN properties(s) AS properties ORDER BY s.name")
KEEP_SOURCE = Query(
    "keep_source", "MERGE (s:Source {name: $name}) SET s = $properties", ("name", "properties"), writes=True
)
FORGET_SOURCE = Query("forget_source", "MATCH (s:Source {name: $name}) DETACH DELETE s", ("name",), writes=True)


def delete_edges_where(predicate: Predicate, key: str) -> Query:
    """Delete up to `limit` edges of a type whose property `key` is `value`."""
    text = (
        f"MATCH (a:Entity)-[e:{predicate.relationship_type}]->() WHERE e.{key} = $value "
        "WITH e LIMIT $limit DELETE e RETURN count(*) AS num"
    )
    return Query(f"delete_{predicate}_{key}", text, ("value", "limit"), writes=True)


DELETE_LONELY_NODES = Query(
    "delete_lonely_nodes",
    "MATCH (n:Entity {source: $source}) WHERE NOT (n)--() WITH n LIMIT $limit DELETE n RETURN count(*) AS num",
    ("source", "limit"),
    writes=True,
)


def runs(relationship_type: str) -> Query:
    """The model runs that predictions of a type come from."""
    text = (
        f"MATCH (a:Entity)-[e:{relationship_type}]->() WHERE e.knowledge_level = 'prediction' "
        "RETURN DISTINCT e.run AS run ORDER BY run"
    )
    return Query(f"runs_{relationship_type}", text)


def count_ends(relationship_type: str) -> Query:
    """How many edges of a type join nodes of which labels."""
    text = (
        f"MATCH (a)-[r:{_quote(relationship_type)}]->(b) "
        "RETURN labels(a) AS subject, labels(b) AS object, count(*) AS num"
    )
    return Query(f"ends_{relationship_type}", text)


def node_properties(label: str) -> Query:
    """The property names of up to `limit` nodes of a label."""
    return Query(
        f"properties_{label}", f"MATCH (n:{_quote(label)}) WITH n LIMIT $limit RETURN keys(n) AS names", ("limit",)
    )


def edge_properties(relationship_type: str) -> Query:
    """The property names of up to `limit` edges of a type."""
    text = f"MATCH ()-[r:{_quote(relationship_type)}]->() WITH r LIMIT $limit RETURN DISTINCT keys(r) AS names"
    return Query(f"properties_{relationship_type}", text, ("limit",))


def _quote(name: str) -> str:
    """A label, type or property name as Cypher writes it, whatever it holds."""
    return "`" + name.replace("`", "``") + "`"
