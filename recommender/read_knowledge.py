"""Reading a recommender's rows from a graph and the curated tables of limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import starmap
from typing import Any, Final, Protocol, TypeVar

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
from recommender.source_coverage import find_coverage

# From here on one in four of a model's new links was a treatment that it had not seen (27 of 99, docs/recommend.md).
# The model's own probability overstates: it presumes that the drug lacks a treatment.
MIN_PROBABILITY: Final = 0.5

Fact = TypeVar("Fact")

_CATEGORIES: Final = (
    Category.DRUG,
    Category.DISEASE,
    Category.PHENOTYPIC_FEATURE,
    Category.CHEMICAL_ENTITY,
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

Properties = Mapping[str, Any]
Stated = tuple[str, str, Properties]


class Reader(Protocol):
    """What is needed of a graph: to run a named query."""

    def run(self, query: Query, **parameters: Any) -> list[dict[str, Any]]:
        """Return the query's rows."""
        ...


def read_rows(graph: Reader, *, min_probability: float = MIN_PROBABILITY) -> Rows:
    """Return everything that the graph and the tables of limits state; predictions from `min_probability` on."""
    concepts = tuple(_read_concepts(graph))
    drugs = {name.lower(): c.curie for c in concepts if c.category == Category.DRUG for name in (c.name, *c.synonyms)}
    treats = _read_stated(graph, queries.stated(Predicate.TREATS))
    graph_rows = Rows(
        concepts=concepts,
        indications=tuple(_to_indication(*row, drugs) for row in treats if _is_shown(row[2], min_probability)),
        contraindications=_read(graph, Predicate.CONTRAINDICATED_IN, _to_contraindication),
        interactions=_read(graph, Predicate.INTERACTS_WITH, _to_interaction),
        memberships=tuple(starmap(_to_membership, _read_stated(graph, queries.CLASS_MEMBERS))),
        cross_reactivity=tuple(sorted(_read_cross_reactivity(graph), key=repr)),
        gene_drug=_read(graph, Predicate.ASSOCIATED_WITH_RESPONSE_TO, _to_gene_drug),
        side_effects=tuple(
            SideEffect(drug, finding, str(frequency), Citation(source=source or ""))
            for drug, finding, frequency, source in sorted(_rows(graph, queries.SIDE_EFFECTS))
        ),
        parents=tuple(_read_parents(graph)),
        links=tuple(_read_links(graph)),
        products=tuple((curie, tuple(names)) for curie, names in sorted(_rows(graph, queries.PRODUCTS))),
    )
    return _add_limits(graph_rows, drugs)


def read_annotations(graph: Reader) -> Iterable[Annotation]:
    """Every phenotype of every disease, for diagnosis hypotheses."""
    for disease, phenotype, frequency in sorted(_rows(graph, queries.PHENOTYPES)):
        yield Annotation(disease, phenotype, str(frequency))


def without_source(rows: Rows, source: str) -> Rows:
    """The rows that one source (its infores CURIE, or the name after the colon) did not state."""
    named = source if ":" in source else f"infores:{source}"
    kept = {
        name: tuple(r for r in getattr(rows, name) if r.citation.source != named)
        for name in ("indications", "contraindications", "interactions", "memberships", "cross_reactivity", "gene_drug",
                     "side_effects", "coverage")
    }  # fmt: skip
    return replace(rows, **kept, links=tuple(link for link in rows.links if link.source != named))


def _rows(graph: Reader, query: Query) -> list[Any]:
    """The list of lists of a query that collects its rows into one."""
    found = graph.run(query)
    return list(found[0]["rows"]) if found else []


def _read_stated(graph: Reader, query: Query) -> list[Stated]:
    """Edges with their properties, in an order that does not depend on the server."""
    rows = _rows(graph, query)
    return sorted(((s, o, p) for s, o, p in rows), key=lambda row: (row[0], row[1], row[2].get("edge_key", "")))


def _read(graph: Reader, predicate: Predicate, to_fact: Callable[[str, str, Properties], Fact]) -> tuple[Fact, ...]:
    return tuple(starmap(to_fact, _read_stated(graph, queries.stated(predicate))))


def _read_concepts(graph: Reader) -> Iterable[Concept]:
    for category in _CATEGORIES:
        for curie, name, synonyms, xrefs, kind, cost in sorted(_rows(graph, queries.concepts(category)), key=_curie):
            names = tuple(synonyms or ())
            yield Concept(curie, name or "", category.value, names, tuple(xrefs or ()), kind or "", cost or "")
    for curie, name in sorted(_rows(graph, queries.GENES), key=_curie):
        yield Concept(curie, name or "", Category.GENE.value)


def _curie(row: list[Any]) -> str:
    return str(row[0])


def _to_citation(properties: Mapping[str, Any]) -> Citation:
    source = properties.get("primary_knowledge_source", "")
    return Citation(
        reference=properties.get("reference", ""),
        text=properties.get("citation", ""),
        checked=properties.get("checked", ""),
        source=source,
        release=properties.get("release", ""),
    )


def _is_shown(properties: Properties, min_probability: float) -> bool:
    if properties.get("knowledge_level") != KnowledgeLevel.PREDICTION:
        return True
    return float(properties.get("confidence") or 0.0) >= min_probability


def _to_indication(drug: str, condition: str, p: Properties, drugs: Mapping[str, str]) -> Indication:
    is_prediction = p.get("knowledge_level") == KnowledgeLevel.PREDICTION
    return Indication(
        drug=drug,
        condition=condition,
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


def _to_contraindication(drug: str, condition: str, p: Properties) -> Contraindication:
    return Contraindication(
        drug,
        condition,
        p.get("severity_qualifier") or "absolute",
        p.get("population_context_qualifier", ""),
        p.get("rationale", ""),
        _to_citation(p),
    )


def _to_interaction(first: str, second: str, p: Properties) -> Interaction:
    severity = p.get("severity_qualifier") or "major"
    return Interaction(first, second, severity, p.get("mechanism", ""), p.get("management", ""), _to_citation(p))


def _to_membership(drug: str, drug_class: str, p: Properties) -> Membership:
    return Membership(drug, drug_class, _to_citation(p))


def _read_cross_reactivity(graph: Reader) -> Iterable[CrossReactivity]:
    for first, second, p in _read_stated(graph, queries.stated(Predicate.SIMILAR_TO)):
        if p.get("context_qualifier") == "cross_reactivity":
            yield CrossReactivity(first, second, p.get("verdict") or "caution", p.get("advice", ""), _to_citation(p))


def _to_gene_drug(gene: str, drug: str, p: Properties) -> GeneDrug:
    finding = str(p.get("sequence_variant_qualifier") or "")
    verdict = p.get("verdict") or "caution"
    said = {"verdict": verdict, "advice": p.get("advice", ""), "citation": _to_citation(p)}
    return GeneDrug(drug, gene, finding, p.get("effect", ""), **said)


def _read_parents(graph: Reader) -> Iterable[tuple[str, str]]:
    for category in (Category.DISEASE, Category.PHENOTYPIC_FEATURE):
        yield from ((child, parent) for child, parent in sorted(_rows(graph, queries.broader(category))))


def _read_links(graph: Reader) -> Iterable[Link]:
    for predicate, category in _LINKS:
        for subject, object_, source in sorted(_rows(graph, queries.links(predicate, category))):
            yield Link(subject, predicate.value, object_, source or "")


def _add_limits(rows: Rows, drugs: Mapping[str, str]) -> Rows:
    conditions = {c.name.lower(): c.curie for c in rows.concepts if c.category == Category.DISEASE}
    limited = read_limits(rows, drugs, conditions)
    return replace(limited, coverage=(*limited.coverage, *find_coverage(limited)))
