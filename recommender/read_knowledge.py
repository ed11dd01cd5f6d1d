"""Reading a recommender's rows from a graph and the curated tables of limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import starmap
from typing import Any, Final, Protocol

from kg import queries_recommender as queries
from kg.model import TEXT_SOURCE
from kg.queries import SOURCES, Query
from ontologies.biolink import Category, KnowledgeLevel, Predicate
from recommender.collector import collector_paused
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

# While one answer is taken apart here, the server works on the next.
_AT_ONCE: Final = 2
_DRUG: Final = Category.DRUG.value
_CATEGORIES: Final = (
    Category.DRUG,
    Category.DISEASE,
    Category.PHENOTYPIC_FEATURE,
    Category.CHEMICAL_ENTITY,
)
_WITH_PARENTS: Final = (Category.DISEASE, Category.PHENOTYPIC_FEATURE)

Properties = Mapping[str, Any]
Stated = tuple[str, str, Properties]
Answers = dict[str, Future[list[dict[str, Any]]]]


class Reader(Protocol):
    """What is needed of a graph: to run a named query."""

    def run(self, query: Query, **parameters: Any) -> list[dict[str, Any]]:
        """Return the query's rows."""
        ...


def read_rows(graph: Reader, *, min_probability: float = MIN_PROBABILITY) -> Rows:
    """Return everything that the graph and the tables of limits state; predictions from `min_probability` on.

    `graph.run` is called from several threads.
    """
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        with collector_paused():
            return _Reading(_ask(graph, pool), min_probability).read()
    finally:
        pool.shutdown(cancel_futures=True)


def read_annotations(graph: Reader) -> Iterable[Annotation]:
    """Every phenotype of every disease, for diagnosis hypotheses."""
    for disease, phenotype, frequency in sorted(_only_table(graph.run(queries.PHENOTYPES))):
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


def _ask(graph: Reader, pool: Executor) -> Answers:
    """Ask every query, in the order in which the answers are taken apart."""
    asked = (
        *map(queries.concepts, _CATEGORIES),
        queries.GENES,
        queries.STATED,
        queries.CLASS_MEMBERS,
        queries.SIDE_EFFECTS,
        queries.BROADER,
        *map(queries.links, queries.LINKS),
        queries.PRODUCTS,
        SOURCES,
    )
    return {query.name: pool.submit(graph.run, query) for query in asked}


@dataclass(frozen=True, slots=True)
class _Reading:
    """The answers while they are turned into rows; each is let go of once it was read."""

    answers: Answers
    min_probability: float

    def read(self) -> Rows:
        concepts = tuple(self._concepts())
        drugs = {name.lower(): c.curie for c in concepts if c.category == _DRUG for name in (c.name, *c.synonyms)}
        stated = {row["type"]: _in_order(row["rows"]) for row in self._answer(queries.STATED)}
        facts = {predicate: stated.get(predicate.relationship_type, []) for predicate in queries.FACTS}
        treats = (row for row in facts[Predicate.TREATS] if _is_shown(row[2], self.min_probability))
        rows = Rows(
            concepts=concepts,
            indications=tuple(_to_indication(*row, drugs) for row in treats),
            contraindications=tuple(starmap(_to_contraindication, facts[Predicate.CONTRAINDICATED_IN])),
            interactions=tuple(starmap(_to_interaction, facts[Predicate.INTERACTS_WITH])),
            memberships=tuple(starmap(_to_membership, _in_order(self._table(queries.CLASS_MEMBERS)))),
            cross_reactivity=tuple(sorted(_to_cross_reactivity(facts[Predicate.SIMILAR_TO]), key=repr)),
            gene_drug=tuple(starmap(_to_gene_drug, facts[Predicate.ASSOCIATED_WITH_RESPONSE_TO])),
            side_effects=tuple(
                SideEffect(drug, finding, str(frequency), Citation(source=source or ""))
                for drug, finding, frequency, source in sorted(self._table(queries.SIDE_EFFECTS))
            ),
            parents=tuple(self._parents({c.curie: c.category for c in concepts})),
            links=tuple(self._links()),
            products=tuple((curie, tuple(names)) for curie, names in sorted(self._table(queries.PRODUCTS))),
            versions=tuple(self._versions()),
        )
        return _add_limits(rows, drugs)

    def _answer(self, query: Query) -> list[Any]:
        return self.answers.pop(query.name).result()

    def _table(self, query: Query) -> list[Any]:
        return _only_table(self._answer(query))

    def _concepts(self) -> Iterable[Concept]:
        for category in _CATEGORIES:
            kind_of_node = category.value
            for curie, name, synonyms, xrefs, *more in sorted(self._table(queries.concepts(category)), key=_curie):
                names, classes = tuple(synonyms or ()), (word or "" for word in more)
                yield Concept(curie, name or "", kind_of_node, names, tuple(xrefs or ()), *classes)
        gene = Category.GENE.value
        for curie, name in sorted(self._table(queries.GENES), key=_curie):
            yield Concept(curie, name or "", gene)

    def _versions(self) -> Iterable[tuple[str, str]]:
        """The sources that were built into the graph, each with its release."""
        for row in self._answer(SOURCES):
            source = row["properties"]
            yield str(source.get("name", "")), str(source.get("release") or "release not stated")

    def _parents(self, category_of: Mapping[str, str]) -> Iterable[tuple[str, str]]:
        pairs = sorted((child, parent) for parent, children in self._table(queries.BROADER) for child in children)
        for category in _WITH_PARENTS:
            name = category.value
            yield from (pair for pair in pairs if category_of.get(pair[0]) == name)

    def _links(self) -> Iterable[Link]:
        for category, predicates in queries.LINKS.items():
            found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
            for row in self._answer(queries.links(category)):
                source = row["source"] or ""
                found[row["type"]] += [(s, o, source) for s, objects in row["rows"] for o in objects]
            for predicate in predicates:
                name = predicate.value
                for subject, object_, source in sorted(found[predicate.relationship_type]):
                    yield Link(subject, name, object_, source)


def _only_table(answer: list[Any]) -> list[Any]:
    """The list of lists of a query that collects its rows into one."""
    return list(answer[0]["rows"]) if answer else []


def _in_order(rows: Iterable[Any]) -> list[Stated]:
    """Edges with their properties, in an order that does not depend on the server."""
    return sorted(((s, o, p) for s, o, p in rows), key=lambda row: (row[0], row[1], row[2].get("edge_key", "")))


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


def _to_cross_reactivity(stated: Iterable[Stated]) -> Iterable[CrossReactivity]:
    for first, second, p in stated:
        if p.get("context_qualifier") == "cross_reactivity":
            yield CrossReactivity(first, second, p.get("verdict") or "caution", p.get("advice", ""), _to_citation(p))


def _to_gene_drug(gene: str, drug: str, p: Properties) -> GeneDrug:
    finding = str(p.get("sequence_variant_qualifier") or "")
    verdict = p.get("verdict") or "caution"
    said = {"verdict": verdict, "advice": p.get("advice", ""), "citation": _to_citation(p)}
    return GeneDrug(drug, gene, finding, p.get("effect", ""), **said)


def _add_limits(rows: Rows, drugs: Mapping[str, str]) -> Rows:
    conditions = {c.name.lower(): c.curie for c in rows.concepts if c.category == Category.DISEASE}
    limited = read_limits(rows, drugs, conditions)
    return replace(limited, coverage=(*limited.coverage, *find_coverage(limited)))
