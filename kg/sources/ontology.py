"""What every ontology source shares: terms of any of the three formats as nodes and hierarchy edges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from kg.errors import FormatError
from kg.model import Edge, Node
from kg.sources.files import strip_compression
from kg.sources.obo_graph import read_obo_graph_terms
from kg.sources.obo_text import OboTerm, read_obo_terms
from kg.sources.owl import read_owl_terms
from kg.sources.source import Skip
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

_CATEGORY_OF_PREFIX: Final[dict[str, Category]] = {
    "CHEBI": Category.CHEMICAL_ENTITY,
    "CL": Category.CELL,
    "DOID": Category.DISEASE,
    "HP": Category.PHENOTYPIC_FEATURE,
    "MONDO": Category.DISEASE,
    "MP": Category.PHENOTYPIC_FEATURE,
    "NCBITaxon": Category.ORGANISM_TAXON,
    "ORPHA": Category.DISEASE,
    "PR": Category.PROTEIN,
    "PW": Category.PATHWAY,
    "SYMP": Category.PHENOTYPIC_FEATURE,
    "UBERON": Category.ANATOMICAL_ENTITY,
}
_CATEGORY_OF_NAMESPACE: Final[dict[str, Category]] = {
    "biological_process": Category.BIOLOGICAL_PROCESS,
    "cellular_component": Category.CELLULAR_COMPONENT,
    "molecular_function": Category.MOLECULAR_ACTIVITY,
}
_RELATIONS: Final[dict[str, Predicate]] = {
    "part_of": Predicate.PART_OF,
    "BFO:0000050": Predicate.PART_OF,
    "has_symptom": Predicate.HAS_PHENOTYPE,
    "RO:0002200": Predicate.HAS_PHENOTYPE,
    "disease_has_location": Predicate.DISEASE_HAS_LOCATION,
    "RO:0004026": Predicate.DISEASE_HAS_LOCATION,
    "regulates": Predicate.REGULATES,
    "RO:0002211": Predicate.REGULATES,
}
_READERS: Final[dict[str, Callable[[Path], Iterator[OboTerm]]]] = {
    ".obo": read_obo_terms,
    ".json": read_obo_graph_terms,
    ".owl": read_owl_terms,
    ".rdf": read_owl_terms,
    ".ttl": read_owl_terms,
}


def read_terms(path: Path) -> Iterator[OboTerm]:
    """Yield the terms of an ontology file; its ending (before `.gz` or `.bz2`) says which format it has.

    FormatError where it is of none of them, or holds no term.
    """
    suffix = Path(strip_compression(path.name)).suffix.lower()
    if suffix not in _READERS:
        raise FormatError(path, f'has the ending "{suffix}"', f"an ontology ends with {', '.join(sorted(_READERS))}")
    num = 0
    for num, term in enumerate(_READERS[suffix](path), start=1):  # noqa: B007 (counts)
        yield term
    if not num:
        raise FormatError(path, "holds no class", "check that it is the ontology, and whole")


def to_term_nodes(terms: Iterable[OboTerm], infores: str, path: Path) -> Iterator[Node | Skip]:
    """Yield a node for every living term that has a name, and what of it could not be read."""
    for term in terms:
        yield from list_damage(term, path)
        if term.obsolete:
            yield Skip("obsolete term", f"{path}: {term.curie}", expected=True)
        elif not term.name:
            yield Skip("term without a name", f"{path}: {term.curie}")
        else:
            yield to_term_node(term, choose_category(term), infores)


def list_damage(term: OboTerm, path: Path) -> Iterator[Skip]:
    """Yield the clauses of a term that break their format's grammar."""
    return (Skip("clause that breaks the grammar", f"{path}, {where}") for where in term.damaged)


def to_term_node(term: OboTerm, category: Category, infores: str) -> Node:
    """Return the node of a term; alternative identifiers become cross-references."""
    return Node(
        term.curie,
        category,
        term.name,
        infores,
        synonyms=tuple(sorted({*term.synonyms, *term.close_synonyms} - {term.name})),
        xrefs=tuple(sorted({x for x in (*term.xrefs, *term.alt_ids) if ":" in x and " " not in x})),
    )


def to_term_edges(terms: Iterable[OboTerm], infores: str, path: Path) -> Iterator[Edge | Skip]:
    """Yield the hierarchy and the mapped relations of every living term, each once."""
    for term in terms:
        if term.obsolete or not term.name:
            continue
        for parent in dict.fromkeys(term.parents):
            yield _assert(term.curie, Predicate.SUBCLASS_OF, parent, infores)
        for relation, target in dict.fromkeys(term.relations):
            predicate = _RELATIONS.get(relation)
            if predicate is None:
                yield Skip(f"relation {relation} has no predicate here", f"{path}: {term.curie}")
            else:
                yield _assert(term.curie, predicate, target, infores)


def choose_category(term: OboTerm) -> Category:
    """Return what a term is, by its namespace (GO) or its prefix."""
    by_prefix = _CATEGORY_OF_PREFIX.get(term.curie.partition(":")[0], Category.NAMED_THING)
    return _CATEGORY_OF_NAMESPACE.get(term.namespace, by_prefix)


def _assert(subject: str, predicate: Predicate, object_: str, infores: str) -> Edge:
    return Edge(subject, predicate, object_, infores, KnowledgeLevel.KNOWLEDGE_ASSERTION, AgentType.MANUAL_AGENT)
