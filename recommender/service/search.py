"""Finding concepts by name: exact before prefix before anywhere inside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recommender.facts import Concept


@dataclass(frozen=True, slots=True)
class Found:
    """One page of matches and how many there are in all."""

    concepts: tuple[Concept, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ConceptIndex:
    """Concepts with their names and synonyms in lower case, sorted by name."""

    rows: tuple[tuple[tuple[str, ...], Concept], ...]

    @classmethod
    def from_concepts(cls, concepts: Iterable[Concept]) -> ConceptIndex:
        """Index concepts."""
        ordered = sorted(concepts, key=lambda c: (c.name.lower(), c.curie))
        return cls(tuple((tuple(t.lower() for t in (c.name, *c.synonyms, c.curie)), c) for c in ordered))

    def find(self, text: str, *, category: str = "", limit: int = 20, offset: int = 0) -> Found:
        """Return the concepts that a text names, the closest first, ties by name."""
        wanted = text.strip().lower()
        ranked = [
            (place, concept)
            for names, concept in self.rows
            if (not category or concept.category == category) and (place := _place(names, wanted)) is not None
        ]
        ranked.sort(key=lambda r: r[0])
        return Found(tuple(c for _, c in ranked[offset : offset + limit]), len(ranked))


def _place(names: tuple[str, ...], wanted: str) -> int | None:
    """0 exact, 1 prefix, 2 inside, None for no match."""
    if wanted in names:
        return 0
    if any(name.startswith(wanted) for name in names):
        return 1
    return 2 if any(wanted in name for name in names) else None
