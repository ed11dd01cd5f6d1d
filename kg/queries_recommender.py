"""The Cypher that a recommender loads its knowledge with: whole-table reads, long lists collected on the server."""

from __future__ import annotations

from kg.queries import Query
from ontologies.biolink import Category, Predicate


def concepts(category: Category) -> Query:
    """Every node of a category with what names it."""
    text = (
        f"MATCH (n:{category}) RETURN n.curie AS curie, n.name AS name, n.synonyms AS synonyms, n.xrefs AS xrefs, "
        "n.class_kind AS kind, n.cost_class AS cost_class"
    )
    return Query(f"concepts_{category}", text)


def stated(predicate: Predicate) -> Query:
    """Every edge of a predicate that is not negated, with all of its properties."""
    text = (
        f"MATCH (s:Entity)-[r:{predicate.relationship_type}]->(o:Entity) WHERE NOT coalesce(r.negated, false) "
        "RETURN s.curie AS subject, o.curie AS object, properties(r) AS properties"
    )
    return Query(f"stated_{predicate.name.lower()}", text)


SIDE_EFFECTS = Query(
    "side_effects_with_frequency",
    "MATCH (s:Entity)-[r:HAS_SIDE_EFFECT]->(o:Entity) "
    "WHERE r.frequency_qualifier IS NOT NULL AND NOT coalesce(r.negated, false) "
    "RETURN s.curie AS subject, r.primary_knowledge_source AS source, "
    "collect(o.curie) AS objects, collect(r.frequency_qualifier) AS frequencies",
)
CLASS_MEMBERS = Query(
    "class_members",
    "MATCH (s:Drug)-[r:SUBCLASS_OF]->(o:Entity) WHERE o.class_kind IS NOT NULL "
    "RETURN s.curie AS subject, o.curie AS object, properties(r) AS properties",
)
PHENOTYPES = Query(
    "phenotypes_of_diseases",
    "MATCH (s:Entity)-[r:HAS_PHENOTYPE]->(o:Entity) WHERE NOT coalesce(r.negated, false) "
    "RETURN s.curie AS subject, collect(o.curie) AS objects, "
    "collect(coalesce(r.frequency_qualifier, '')) AS frequencies",
)
SENTENCES = Query(
    "sentences_of_edges",
    "UNWIND $keys AS key MATCH (s:Statement {edge_key: key})-[:STATED_IN]->(d:Document) "
    "RETURN key, d.document_id AS document_id, s.sentence AS sentence, s.start AS start, s.end AS end, "
    "s.confidence AS confidence, s.section AS section, s.negated AS negated, s.uncertain AS uncertain",
    ("keys",),
)


def broader(category: Category) -> Query:
    """The broader concepts of every node of a category."""
    text = f"MATCH (s:{category})-[:SUBCLASS_OF]->(o:Entity) RETURN s.curie AS subject, collect(o.curie) AS objects"
    return Query(f"broader_{category}", text)


def links(predicate: Predicate, category: Category) -> Query:
    """The asserted edges of a predicate from nodes of a category, collected by subject and source."""
    text = (
        f"MATCH (s:{category})-[r:{predicate.relationship_type}]->(o:Entity) "
        "WHERE NOT coalesce(r.negated, false) AND coalesce(r.knowledge_level, '') <> 'prediction' "
        "AND coalesce(r.context_qualifier, '') <> 'cross_reactivity' "
        "RETURN s.curie AS subject, r.primary_knowledge_source AS source, collect(o.curie) AS objects"
    )
    return Query(f"links_{predicate.name.lower()}_{category}", text)
