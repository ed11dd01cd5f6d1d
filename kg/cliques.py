"""Cliques: which concepts share an identifier, directly or over others, and where such a chain must be cut.

A clique never holds two concepts of one authority (two DOIDs, two HPO terms): it is taken apart along its weakest
links.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

Key = tuple[str, str]

AUTHORITIES: Final = frozenset(
    {
        "DOID",
        "MONDO",
        "HP",
        "SYMP",
        "OMIM",
        "ORPHA",
        "DRUGBANK",
        "CHEBI",
        "NCBIGene",
        "HGNC",
        "UniProtKB",
        "UBERON",
        "GO",
        "theragraph.class",
    }
)


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A cross-reference that was not followed: `curie` would have joined `concepts`."""

    reason: str
    curie: str
    concepts: tuple[str, ...]


def find_doubled(curies: Iterable[str]) -> set[str]:
    """Return the CURIEs that share their authority with another one."""
    by_prefix: dict[str, list[str]] = defaultdict(list)
    for curie in curies:
        by_prefix[curie.partition(":")[0]].append(curie)
    return {c for prefix, group in by_prefix.items() if prefix in AUTHORITIES and len(group) > 1 for c in group}


def find_cliques(
    concepts: Iterable[str], claims: Mapping[Key, set[str]], ambiguities: list[Ambiguity]
) -> Iterator[list[str]]:
    """Yield the concepts that are one, each concept in exactly one clique.

    `claims` says which concepts claim an identifier as their own, per kind of thing and identifier; chains that were
    cut are added to `ambiguities`.
    """
    claimed: dict[str, set[str]] = defaultdict(set)
    for (_, identifier), claimants in claims.items():
        for curie in claimants:
            claimed[curie].add(identifier)
    for clique in _join_claimants(concepts, claims):
        if find_doubled(clique):
            ambiguities.append(Ambiguity("chain joins different concepts", clique[0], tuple(clique)))
            yield from _split_clique(clique, claimed)
        else:
            yield clique


def _join_claimants(concepts: Iterable[str], claims: Mapping[Key, set[str]]) -> list[list[str]]:
    """Concepts that are joined by claims (union-find), each group and the groups in alphabetical order."""
    parent = {curie: curie for curie in sorted(concepts)}

    def find(curie: str) -> str:
        while parent[curie] != curie:
            parent[curie] = parent[parent[curie]]
            curie = parent[curie]
        return curie

    for claimants in claims.values():
        first, *others = sorted(claimants) or [""]
        for other in others:
            parent[find(other)] = find(first)
    members: dict[str, list[str]] = defaultdict(list)
    for curie in parent:
        members[find(curie)].append(curie)
    return list(members.values())


def _split_clique(clique: Sequence[str], claimed: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the parts that stay together: two concepts whose link is stronger than any that competes with it.

    `claimed` holds the identifiers that each concept says are its own, its CURIE among them. Links of equal strength to
    two concepts of one authority join neither.
    """
    links = _weigh_links(clique, claimed)
    parts = {curie: {curie} for curie in clique}
    for (one, other), weight in sorted(links.items(), key=lambda item: (-item[1], item[0])):
        joined = parts[one] | parts[other]
        if not _has_rival(one, other, weight, links) and not find_doubled(joined):
            parts.update(dict.fromkeys(joined, joined))
    return sorted({tuple(sorted(part)): sorted(part) for part in parts.values()}.values())


def _weigh_links(clique: Sequence[str], claimed: Mapping[str, set[str]]) -> dict[tuple[str, str], int]:
    """The number of identifiers that two concepts share; one that names the other's own CURIE counts three times."""
    links = {}
    for one, other in combinations(sorted(clique), 2):
        shared = claimed[one] & claimed[other]
        if shared:
            links[one, other] = len(shared) + 2 * len(shared & {one, other})
    return links


def _has_rival(one: str, other: str, weight: int, links: Mapping[tuple[str, str], int]) -> bool:
    """Whether one of the two is linked at least as strongly to another concept of the other's authority."""
    for (a, b), rival in links.items():
        for end, far in ((a, b), (b, a)):
            for mine, theirs in ((one, other), (other, one)):
                competes = end == mine and far != theirs and bool(find_doubled((far, theirs)))
                if competes and rival >= weight:
                    return True
    return False
