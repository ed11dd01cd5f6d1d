"""Names that do not tell which concept is meant, and concepts without a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kg.model import Node


@dataclass(frozen=True, slots=True)
class AmbiguousName:
    """A name or synonym, in lower case, that several concepts of one category bear."""

    name: str
    category: str
    curies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameReport:
    """What the names of a graph leave open; `unnamed` are the concepts that are called by their CURIE."""

    ambiguous: tuple[AmbiguousName, ...] = ()
    unnamed: tuple[str, ...] = ()


def check_names(nodes: Iterable[Node]) -> NameReport:
    """Return ambiguous names, sorted by name, and unnamed concepts, whatever the order of the nodes."""
    bearers: dict[tuple[str, str], set[str]] = defaultdict(set)
    unnamed = []
    for node in nodes:
        if node.name == node.curie:
            unnamed.append(node.curie)
            continue
        for name in (node.name, *node.synonyms):
            bearers[name.strip().lower(), node.category.value].add(node.curie)
    shared = ((key, curies) for key, curies in bearers.items() if len(curies) > 1)
    ambiguous = (AmbiguousName(name, category, tuple(sorted(curies))) for (name, category), curies in shared)
    return NameReport(tuple(sorted(ambiguous, key=lambda a: (a.name, a.category))), tuple(sorted(unnamed)))
