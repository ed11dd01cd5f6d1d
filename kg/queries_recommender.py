"""The Cypher that a recommender loads its knowledge with.

Whole tables come as one row whose `rows` is a list of lists: a row per edge costs the driver several times more.
"""

from __future__ import annotations

from kg.queries import Query
from ontologies.biolink import Category, Predicate

_ASSERTED = "NOT coalesce(r.negated, false)"


def concepts(category: Category) -> Query:
    """Every node of a category: curie, name, synonyms, xrefs, class kind, cost class."""
    fields = "n.curie, n.name, n.synonyms, n.xrefs, n.class_kind, n.cost_class"
    return Query(f"concepts_{category}", f"MATCH (n:{category}) RETURN collect([{fields}]) AS rows")


GENES = Query("gene_names", "MATCH (n:Gene) RETURN collect([n.curie, n.name]) AS rows")


def stated(predicate: Predicate) -> Query:
    """Every edge of a predicate that is not negated: subject, object, all properties."""
    text = (
        f"MATCH (s:Entity)-[r:{predicate.relationship_type}]->(o:Entity) WHERE {_ASSERTED} "
        "RETURN collect([s.curie, o.curie, properties(r)]) AS rows"
    )
    return Query(f"stated_{predicate.name.lower()}", text)


SIDE_EFFECTS = Query(
    "side_effects_with_frequency",
    "MATCH (s:Entity)-[r:HAS_SIDE_EFFECT]->(o:Entity) "
    f"WHERE r.frequency_qualifier IS NOT NULL AND {_ASSERTED} "
    "RETURN collect([s.curie, o.curie, r.frequency_qualifier, r.primary_knowledge_source]) AS rows",
)
CLASS_MEMBERS = Query(
    "class_members",
    "MATCH (s:Drug)-[r:SUBCLASS_OF]->(o:Entity) WHERE o.class_kind IS NOT NULL "
    "RETURN collect([s.curie, o.curie, properties(r)]) AS rows",
)
PHENOTYPES = Query(
    "phenotypes_of_diseases",
    f"MATCH (s:Entity)-[r:HAS_PHENOTYPE]->(o:Entity) WHERE {_ASSERTED} "
    "RETURN collect([s.curie, o.curie, coalesce(r.frequency_qualifier, '')]) AS rows",
)
SENTENCES = Query(
    "sentences_of_edges",
    "UNWIND $keys AS key MATCH (s:Statement {edge_key: key})-[:STATED_IN]->(d:Document) "
    "RETURN key, d.document_id AS document_id, s.sentence AS sentence, s.start AS start, s.end AS end, "
    "s.confidence AS confidence, s.section AS section, s.negated AS negated, s.uncertain AS uncertain "
    "ORDER BY key, confidence DESC, document_id, start",
    ("keys",),
)


def broader(category: Category) -> Query:
    """The broader concepts of every node of a category: subject, object."""
    text = f"MATCH (s:{category})-[:SUBCLASS_OF]->(o:Entity) RETURN collect([s.curie, o.curie]) AS rows"
    return Query(f"broader_{category}", text)


def links(predicate: Predicate, category: Category) -> Query:
    """The asserted edges of a predicate from nodes of a category: subject, object, source."""
    text = (
        f"MATCH (s:{category})-[r:{predicate.relationship_type}]->(o:Entity) "
        f"WHERE {_ASSERTED} AND coalesce(r.knowledge_level, '') <> 'prediction' "
        "AND coalesce(r.context_qualifier, '') <> 'cross_reactivity' "
        "RETURN collect([s.curie, o.curie, r.primary_knowledge_source]) AS rows"
    )
    return Query(f"links_{predicate.name.lower()}_{category}", text)
