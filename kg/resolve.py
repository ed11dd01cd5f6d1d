"""Which identifiers mean the same concept, and which of them speaks for it.

Concepts are joined into cliques over cross-references that are one-to-one in practice (UMLS, MeSH, DOID, DrugBank …,
never ICD or SNOMED CT, whose codes are shared by many concepts), within one kind of thing only: a disease never
becomes a phenotype. What would put two concepts of one authority (two DOIDs, two HPO terms) into one clique is not
joined but reported. The result does not depend on the order of the nodes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from kg.cliques import AUTHORITIES, Ambiguity, Key, find_cliques, find_doubled
from kg.merge import join_properties
from kg.model import Node, to_properties
from ontologies.biolink import Category
from ontologies.generic import is_generic

PREFERRED_PREFIXES: Final[dict[Category, tuple[str, ...]]] = {
    Category.DISEASE: ("DOID", "MONDO", "OMIM", "ORPHA", "MESH"),
    Category.PHENOTYPIC_FEATURE: ("HP", "SYMP", "MESH", "UMLS"),
    Category.DRUG: ("DRUGBANK", "RXCUI", "CHEBI", "MESH", "ATC"),
    Category.CHEMICAL_ENTITY: ("theragraph.class", "CHEBI", "MESH", "ATC", "NDFRT"),
    Category.GENE: ("NCBIGene", "HGNC"),
    Category.PROTEIN: ("UniProtKB", "PR"),
}
IDENTITY_PREFIXES: Final = AUTHORITIES | {
    "MESH", "UMLS", "RXCUI", "UNII", "NCIT", "CHEMBL.COMPOUND", "PUBCHEM.COMPOUND", "DECIPHER",
    "ENSEMBL", "NDFRT", "MEDDRA", "ATC", "HGNC.SYMBOL",
}  # fmt: skip
_KINDS: Final[dict[Category, str]] = {
    Category.CHEMICAL_ENTITY: "chemical",
    Category.DRUG: "chemical",
    Category.PHENOTYPIC_FEATURE: "phenotype",
    Category.CLINICAL_FINDING: "phenotype",
}
_PHENOTYPES: Final = ("HP:", "SYMP:")
_CATEGORY_OF_PREFIX: Final[dict[str, Category]] = {
    "DOID": Category.DISEASE,
    "MONDO": Category.DISEASE,
    "DRUGBANK": Category.DRUG,
    "NCBIGene": Category.GENE,
    "UBERON": Category.ANATOMICAL_ENTITY,
    "CL": Category.CELL,
}
_CATEGORY_ORDER: Final = {category: position for position, category in enumerate(Category)}


@dataclass(frozen=True, slots=True)
class Resolution:
    """The outcome: merged nodes, the preferred CURIE of every known identifier, and what was left apart or out."""

    nodes: tuple[Node, ...]
    preferred: Mapping[str, str]
    ambiguities: tuple[Ambiguity, ...]
    generic: frozenset[str]
    num_merged: int

    def resolve(self, curie: str) -> str:
        """Return the preferred CURIE, or the same one when it is not known."""
        return self.preferred.get(curie, curie)


@dataclass(slots=True)
class _Claims:
    """Which concepts say that an identifier is theirs, per kind of thing."""

    by_key: dict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))
    ambiguities: list[Ambiguity] = field(default_factory=list)


def resolve_nodes(nodes: Iterable[Node], *, source_order: Sequence[str] = ()) -> Resolution:
    """Join nodes into concepts.

    `source_order` names the sources (infores) whose name for a concept wins, first the strongest; others follow in
    alphabetical order.
    """
    rank = {source: position for position, source in enumerate(source_order)}
    concepts, generic = _join_same_curies(nodes, rank)
    claims = _collect_claims(concepts, generic)
    cliques = list(find_cliques(concepts, claims.by_key, claims.ambiguities))
    merged: list[Node] = []
    preferred: dict[str, str] = {}
    for clique in cliques:
        node = _merge_clique([concepts[curie] for curie in clique])
        merged.append(node)
        preferred.update((curie, node.curie) for curie in clique if curie != node.curie)
    _add_absent_identifiers(preferred, claims, concepts)
    return Resolution(
        tuple(sorted(merged, key=lambda node: node.curie)),
        preferred,
        tuple(sorted(claims.ambiguities, key=lambda a: (a.reason, a.curie, a.concepts))),
        frozenset(generic),
        len(concepts) - len(merged),
    )


def _join_same_curies(nodes: Iterable[Node], rank: Mapping[str, int]) -> tuple[dict[str, Node], set[str]]:
    """Nodes by CURIE, those of several sources joined, generic concepts set aside."""
    groups: dict[str, list[Node]] = defaultdict(list)
    generic: set[str] = set()
    for node in nodes:
        if is_generic(node.curie, node.name, node.category):
            generic.add(node.curie)
        else:
            groups[node.curie].append(node)
    return {curie: _join_group(group, rank) for curie, group in sorted(groups.items()) if curie not in generic}, generic


def _join_group(group: list[Node], rank: Mapping[str, int]) -> Node:
    """One node of all that sources say about one CURIE; the strongest source gives name and `source`."""
    if len(group) == 1:
        return group[0]
    ordered = sorted(
        group,
        key=lambda n: (
            rank.get(n.source, len(rank)),
            n.source,
            n.name,
            n.category.value,
        ),
    )
    return _combine(
        ordered[0],
        ordered,
        _choose_category(ordered[0].curie, {n.category for n in ordered}),
    )


def _choose_category(curie: str, categories: set[Category]) -> Category:
    """The category that the prefix promises, else the first in the vocabulary's order."""
    promised = _CATEGORY_OF_PREFIX.get(curie.partition(":")[0])
    return promised if promised in categories else min(categories, key=_CATEGORY_ORDER.__getitem__)


def _combine(main: Node, nodes: Sequence[Node], category: Category) -> Node:
    names = {n.name for n in nodes} | {s for n in nodes for s in n.synonyms}
    xrefs = {n.curie for n in nodes} | {x for n in nodes for x in n.xrefs}
    properties = main.properties
    for node in nodes:
        properties = join_properties(properties, node.properties)
    sources = to_properties({"sources": tuple(sorted(set(_find_sources(nodes))))})
    return replace(
        main,
        category=category,
        synonyms=tuple(sorted(names - {main.name, ""})),
        xrefs=tuple(sorted(xrefs - {main.curie})),
        properties=tuple(sorted({**dict(properties), **dict(sources)}.items())),
    )


def _find_sources(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        earlier = dict(node.properties).get("sources", ())
        yield from (node.source, *(earlier if isinstance(earlier, tuple) else ()))


def _collect_claims(concepts: Mapping[str, Node], generic: set[str]) -> _Claims:
    """Identifiers of generic concepts are nobody's: what is said of "disease" is never said of one disease."""
    claims = _Claims()
    for curie, node in concepts.items():
        claims.by_key[_kind(node), curie].add(curie)
        for xref in _keep_identity_xrefs(node, concepts, claims.ambiguities):
            if xref not in generic:
                claims.by_key[_kind(node), xref].add(curie)
    for (_, xref), claimants in claims.by_key.items():
        doubled = find_doubled(claimants - {xref})
        if doubled:
            claims.ambiguities.append(
                Ambiguity(
                    "identifier claimed by several concepts",
                    xref,
                    tuple(sorted(doubled)),
                )
            )
            claimants -= doubled - {xref}
    return claims


def _keep_identity_xrefs(node: Node, concepts: Mapping[str, Node], ambiguities: list[Ambiguity]) -> Iterator[str]:
    """The cross-references that may join: none of an authority of which the node names several present concepts."""
    by_prefix: dict[str, list[str]] = defaultdict(list)
    for xref in node.xrefs:
        prefix = xref.partition(":")[0]
        if prefix in IDENTITY_PREFIXES:
            by_prefix[prefix].append(xref)
    for prefix, xrefs in by_prefix.items():
        present = [x for x in xrefs if x in concepts and _kind(concepts[x]) == _kind(node)]
        if prefix in AUTHORITIES and len(present) > 1:
            ambiguities.append(
                Ambiguity(
                    "concept names several identifiers",
                    node.curie,
                    tuple(sorted(present)),
                )
            )
            yield from (x for x in xrefs if x not in present)
        else:
            yield from xrefs


def _merge_clique(nodes: list[Node]) -> Node:
    if len(nodes) == 1:
        return nodes[0]
    category = min((n.category for n in nodes), key=_CATEGORY_ORDER.__getitem__)
    ordered = sorted(nodes, key=lambda n: _preference(n.curie, category))
    return _combine(ordered[0], ordered, category)


def _preference(curie: str, category: Category) -> tuple[int, int, str]:
    prefix = curie.partition(":")[0]
    order = PREFERRED_PREFIXES.get(category, ())
    return (order.index(prefix) if prefix in order else len(order), len(curie), curie)


def _add_absent_identifiers(preferred: dict[str, str], claims: _Claims, concepts: Mapping[str, Node]) -> None:
    """Identifiers that are no node of their own and belong to exactly one concept lead to it."""
    owners: dict[str, set[str]] = defaultdict(set)
    for (_, xref), claimants in claims.by_key.items():
        if xref not in concepts:
            owners[xref] |= {preferred.get(c, c) for c in claimants}
    preferred.update((xref, min(found)) for xref, found in owners.items() if len(found) == 1)


def _kind(node: Node) -> str:
    """What may be joined with what; a term of HPO is a phenotype even where a source treats it as a disease."""
    if node.curie.startswith(_PHENOTYPES):
        return "phenotype"
    return _KINDS.get(node.category, node.category.value)
