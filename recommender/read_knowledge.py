"""Reading a recommender's rows from a graph and the curated tables of limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, Final, Protocol

from kg import queries_recommender as queries
from kg.model import TEXT_SOURCE
from kg.queries import Query
from ontologies.biolink import Category, KnowledgeLevel, Predicate
from recommender.facts import (
    Citation,
    Concept,
    Contraindication,
    CrossReactivity,
    GeneDrug,
    Indication,
    Interaction,
    Link,
    Membership,
    Rows,
    SideEffect,
)
from recommender.hypotheses import Annotation
from recommender.read_limits import read_limits

MIN_PROBABILITY: Final = 0.5

_CATEGORIES: Final = (
    Category.DRUG,
    Category.DISEASE,
    Category.PHENOTYPIC_FEATURE,
    Category.CHEMICAL_ENTITY,
    Category.GENE,
)
_LINKS: Final = (
    (Predicate.BINDS, Category.DRUG),
    (Predicate.AFFECTS, Category.DRUG),
    (Predicate.UPREGULATES, Category.DRUG),
    (Predicate.DOWNREGULATES, Category.DRUG),
    (Predicate.CHEMICALLY_SIMILAR_TO, Category.DRUG),
    (Predicate.TREATS, Category.DRUG),
    (Predicate.AMELIORATES, Category.DRUG),
    (Predicate.ASSOCIATED_WITH, Category.DISEASE),
    (Predicate.UPREGULATES, Category.DISEASE),
    (Predicate.DOWNREGULATES, Category.DISEASE),
    (Predicate.SIMILAR_TO, Category.DISEASE),
    (Predicate.GENE_ASSOCIATED_WITH_CONDITION, Category.GENE),
    (Predicate.BIOMARKER_FOR, Category.GENE),
)

Row = dict[str, Any]


class Reader(Protocol):
    """What is needed of a graph: to run a named query."""

    def run(self, query: Query, **parameters: Any) -> list[Row]:
        """Return the query's rows."""
        ...


def read_rows(graph: Reader, *, min_probability: float = MIN_PROBABILITY) -> Rows:
    """Return everything that the graph and the tables of limits state; predictions from `min_probability` on."""
    concepts = tuple(_to_concept(r, c) for c in _CATEGORIES for r in graph.run(queries.concepts(c)))
    drugs = {name.lower(): c.curie for c in concepts if c.category == Category.DRUG for name in (c.name, *c.synonyms)}
    treats = graph.run(queries.stated(Predicate.TREATS))
    graph_rows = Rows(
        concepts=concepts,
        indications=tuple(_to_indication(r, drugs) for r in treats if _is_shown(r, min_probability)),
        contraindications=tuple(map(_to_contraindication, graph.run(queries.stated(Predicate.CONTRAINDICATED_IN)))),
        interactions=tuple(map(_to_interaction, graph.run(queries.stated(Predicate.INTERACTS_WITH)))),
        memberships=tuple(_to_membership(r) for r in graph.run(queries.CLASS_MEMBERS)),
        cross_reactivity=tuple(_read_cross_reactivity(graph)),
        gene_drug=tuple(map(_to_gene_drug, graph.run(queries.stated(Predicate.ASSOCIATED_WITH_RESPONSE_TO)))),
        side_effects=tuple(_to_side_effects(graph.run(queries.SIDE_EFFECTS))),
        parents=tuple(_read_parents(graph)),
        links=tuple(_read_links(graph)),
    )
    return _add_limits(graph_rows, drugs)


def read_annotations(graph: Reader) -> Iterable[Annotation]:
    """Every phenotype of every disease, for diagnosis hypotheses."""
    for row in graph.run(queries.PHENOTYPES):
        for phenotype, frequency in zip(row["objects"], row["frequencies"], strict=True):
            yield Annotation(row["subject"], phenotype, str(frequency))


def without_source(rows: Rows, source: str) -> Rows:
    """The rows that one source (its infores CURIE, or the name after the colon) did not state."""
    named = source if ":" in source else f"infores:{source}"
    kept = {
        name: tuple(r for r in getattr(rows, name) if r.citation.source != named)
        for name in ("indications", "contraindications", "interactions", "memberships", "cross_reactivity", "gene_drug",
                     "side_effects", "coverage")
    }  # fmt: skip
    return replace(rows, **kept, links=tuple(link for link in rows.links if link.source != named))


def _to_concept(row: Row, category: Category) -> Concept:
    return Concept(
        curie=row["curie"],
        name=row["name"] or "",
        category=category.value,
        synonyms=tuple(row["synonyms"] or ()),
        xrefs=tuple(row["xrefs"] or ()),
        kind=row["kind"] or "",
        cost_class=row["cost_class"] or "",
    )


def _to_citation(properties: Mapping[str, Any]) -> Citation:
    source = properties.get("primary_knowledge_source", "")
    return Citation(
        reference=properties.get("reference", ""),
        text=properties.get("citation", ""),
        checked=properties.get("checked", ""),
        source=source,
        release=properties.get("release", ""),
    )


def _is_shown(row: Row, min_probability: float) -> bool:
    properties = row["properties"]
    if properties.get("knowledge_level") != KnowledgeLevel.PREDICTION:
        return True
    return float(properties.get("confidence") or 0.0) >= min_probability


def _to_indication(row: Row, drugs: Mapping[str, str]) -> Indication:
    p = row["properties"]
    is_prediction = p.get("knowledge_level") == KnowledgeLevel.PREDICTION
    return Indication(
        drug=row["subject"],
        condition=row["object"],
        level="L5" if is_prediction else _to_level(p),
        line=int(p.get("line_of_therapy") or 0),
        role=p.get("role", ""),
        partners=tuple(drugs.get(name.lower(), name) for name in p.get("partners") or ()),
        population=p.get("population_context_qualifier", ""),
        biomarkers=tuple(b for b in str(p.get("sequence_variant_qualifier") or "").split("|") if b),
        dose=p.get("dose", ""),
        probability=p.get("confidence") if is_prediction else None,
        run=p.get("run", ""),
        citation=_to_citation(p),
    )


def _to_level(properties: Mapping[str, Any]) -> str:
    """The stated level; text alone is L4, any other source's statement that it treats is taken as approved (L2)."""
    if properties.get("evidence_level"):
        return str(properties["evidence_level"])
    return "L4" if properties.get("primary_knowledge_source") == TEXT_SOURCE else "L2"


def _to_contraindication(row: Row) -> Contraindication:
    p = row["properties"]
    return Contraindication(
        row["subject"],
        row["object"],
        p.get("severity_qualifier") or "absolute",
        p.get("population_context_qualifier", ""),
        p.get("rationale", ""),
        _to_citation(p),
    )


def _to_interaction(row: Row) -> Interaction:
    p = row["properties"]
    severity = p.get("severity_qualifier") or "major"
    return Interaction(
        row["subject"], row["object"], severity, p.get("mechanism", ""), p.get("management", ""), _to_citation(p)
    )


def _to_membership(row: Row) -> Membership:
    return Membership(row["subject"], row["object"], _to_citation(row["properties"]))


def _read_cross_reactivity(graph: Reader) -> Iterable[CrossReactivity]:
    for row in graph.run(queries.stated(Predicate.SIMILAR_TO)):
        p = row["properties"]
        if p.get("context_qualifier") == "cross_reactivity":
            verdict = p.get("verdict") or "caution"
            yield CrossReactivity(row["subject"], row["object"], verdict, p.get("advice", ""), _to_citation(p))


def _to_gene_drug(row: Row) -> GeneDrug:
    p = row["properties"]
    finding = str(p.get("sequence_variant_qualifier") or "")
    return GeneDrug(
        row["object"],
        row["subject"],
        finding,
        p.get("effect", ""),
        p.get("verdict") or "caution",
        p.get("advice", ""),
        _to_citation(p),
    )


def _to_side_effects(rows: Iterable[Row]) -> Iterable[SideEffect]:
    for row in rows:
        citation = Citation(source=row["source"] or "")
        for finding, frequency in zip(row["objects"], row["frequencies"], strict=True):
            yield SideEffect(row["subject"], finding, str(frequency), citation)


def _read_parents(graph: Reader) -> Iterable[tuple[str, str]]:
    pairs = (graph.run(queries.broader(c)) for c in (Category.DISEASE, Category.PHENOTYPIC_FEATURE))
    return ((row["subject"], parent) for row in chain.from_iterable(pairs) for parent in row["objects"])


def _read_links(graph: Reader) -> Iterable[Link]:
    for predicate, category in _LINKS:
        for row in graph.run(queries.links(predicate, category)):
            for curie in row["objects"]:
                yield Link(row["subject"], predicate.value, curie, row["source"] or "")


def _add_limits(rows: Rows, drugs: Mapping[str, str]) -> Rows:
    conditions = {c.name.lower(): c.curie for c in rows.concepts if c.category == Category.DISEASE}
    return read_limits(rows, drugs, conditions)
