"""The Cypher that a recommender loads its knowledge with.

Whole tables come as few rows whose `rows` is a list of lists: a row per edge costs the driver several times more. They
come by few queries: a server that has just started spends more on understanding a query than on its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from kg.queries import Query
from ontologies.biolink import Category, Predicate

_ASSERTED = "NOT coalesce(r.negated, false)"


def concepts(category: Category) -> Query:
    """Every node of a category: curie, name, synonyms, xrefs, and of drugs and chemicals class kind, cost class.

    Looking for a property that no node of a category has is what a server takes longest for.
    """
    has_kind = category in (Category.DRUG, Category.CHEMICAL_ENTITY)
    fields = "n.curie, n.name, n.synonyms, n.xrefs" + (", n.class_kind, n.cost_class" if has_kind else "")
    return Query(f"concepts_{category}", f"MATCH (n:{category}) RETURN collect([{fields}]) AS rows")


GENES = Query("gene_names", "MATCH (n:Gene) RETURN collect([n.curie, n.name]) AS rows")

PRODUCTS = Query(
    "products_with_ingredients",
    "MATCH (n:NamedThing) WHERE n.ingredients IS NOT NULL RETURN collect([n.curie, n.ingredients]) AS rows",
)


FACTS: Final = (
    Predicate.TREATS,
    Predicate.CONTRAINDICATED_IN,
    Predicate.INTERACTS_WITH,
    Predicate.SIMILAR_TO,
    Predicate.ASSOCIATED_WITH_RESPONSE_TO,
)
# What an explanation may walk over (`recommender/paths.py`), by the category that it starts from: the same types lead
# from tissues to genes, too, and far more often.
LINKS: Final[Mapping[Category, tuple[Predicate, ...]]] = {
    Category.DRUG: (
        Predicate.BINDS,
        Predicate.AFFECTS,
        Predicate.UPREGULATES,
        Predicate.DOWNREGULATES,
        Predicate.CHEMICALLY_SIMILAR_TO,
        Predicate.TREATS,
        Predicate.AMELIORATES,
    ),
    Category.DISEASE: (
        Predicate.ASSOCIATED_WITH,
        Predicate.UPREGULATES,
        Predicate.DOWNREGULATES,
        Predicate.SIMILAR_TO,
    ),
    Category.GENE: (Predicate.GENE_ASSOCIATED_WITH_CONDITION, Predicate.BIOMARKER_FOR),
}


def _any_of(predicates: Iterable[Predicate]) -> str:
    return "|".join(predicate.relationship_type for predicate in predicates)


STATED = Query(
    "stated_facts",
    f"MATCH (s:Entity)-[r:{_any_of(FACTS)}]->(o:Entity) WHERE {_ASSERTED} "
    "RETURN type(r) AS type, collect([s.curie, o.curie, properties(r)]) AS rows",
)
SIDE_EFFECTS = Query(
    "side_effects_with_frequency",
    "MATCH (s:Entity)-[r:HAS_SIDE_EFFECT]->(o:Entity) "
    f"WHERE r.frequency_qualifier IS NOT NULL AND {_ASSERTED} "
    "RETURN collect([s.curie, o.curie, r.frequency_qualifier, r.primary_knowledge_source]) AS rows",
)
CLASS_MEMBERS = Query(
    "class_members",
    f"MATCH (s:Drug)-[r:SUBCLASS_OF]->(o:Entity) WHERE o.class_kind IS NOT NULL AND {_ASSERTED} "
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


# Of all categories at once: who reads it knows the category of every concept that matters. Without labels a server goes
# through the relationships of the type and not through all nodes.
BROADER = Query(
    "broader_concepts",
    f"MATCH (s)-[r:SUBCLASS_OF]->(o) WHERE {_ASSERTED} "
    "WITH o, collect(s.curie) AS narrower RETURN collect([o.curie, narrower]) AS rows",
)


def links(category: Category) -> Query:
    """The asserted edges of `LINKS` from nodes of a category, by type and source: subject, list of its objects."""
    text = (
        f"MATCH (s:{category})-[r:{_any_of(LINKS[category])}]->(o:Entity) "
        f"WHERE {_ASSERTED} AND coalesce(r.knowledge_level, '') <> 'prediction' "
        "WITH type(r) AS type, r.primary_knowledge_source AS source, s, collect(o.curie) AS objects "
        "RETURN type, source, collect([s.curie, objects]) AS rows"
    )
    return Query(f"links_{category}", text)


_SHOWN = (
    "NOT coalesce(t.negated, false) "
    "AND (coalesce(t.knowledge_level, '') <> 'prediction' OR t.confidence >= $min_probability)"
)
TREATMENTS_OF_CONDITION = Query(
    "treatments_of_condition",
    f"MATCH (c:Entity {{curie: $condition}})<-[t:TREATS]-(d:Drug) WHERE {_SHOWN} "
    "RETURN d.curie AS drug, d.name AS name, t.knowledge_level AS knowledge_level, "
    "t.evidence_level AS evidence_level, t.line_of_therapy AS line_of_therapy, t.confidence AS probability, "
    "t.sequence_variant_qualifier AS biomarker, t.primary_knowledge_source AS source "
    "ORDER BY drug, evidence_level, line_of_therapy, biomarker, source",
    ("condition", "min_probability"),
)
CLASS_MATES_OF_TREATMENTS = Query(
    "class_mates_of_treatments",
    f"MATCH (c:Entity {{curie: $condition}})<-[t:TREATS]-(d:Drug) WHERE {_SHOWN} WITH DISTINCT d "
    "MATCH (d)-[:SUBCLASS_OF]->(k:Entity)<-[:SUBCLASS_OF]-(m:Drug) WHERE k.class_kind = 'therapeutic' "
    "RETURN DISTINCT k.name AS drug_class, m.curie AS drug, m.name AS name ORDER BY drug_class, drug",
    ("condition", "min_probability"),
)
RESPONSES_TO_GENES = Query(
    "responses_to_genes",
    "UNWIND $genes AS gene MATCH (g:Entity {name: gene})-[r:ASSOCIATED_WITH_RESPONSE_TO]->(d:Drug) "
    f"WHERE {_ASSERTED} "
    "RETURN gene, r.sequence_variant_qualifier AS finding, d.curie AS drug, d.name AS name, r.effect AS effect, "
    "r.verdict AS verdict ORDER BY gene, drug, finding",
    ("genes",),
)
