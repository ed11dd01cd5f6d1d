"""Concepts under the names that a plan shows."""

from __future__ import annotations

from collections.abc import Iterable

from recommender.knowledge import Knowledge
from recommender.plan import Named
from recommender.score import Scored


def name(curie: str, knowledge: Knowledge) -> Named:
    """Return a concept with its name."""
    return Named(curie, knowledge.name(curie))


def name_all(curies: Iterable[str], knowledge: Knowledge) -> tuple[Named, ...]:
    """Return concepts with their names."""
    return tuple(name(curie, knowledge) for curie in curies)


def join_names(scored: Scored, knowledge: Knowledge) -> str:
    """Return the drugs of an option as one text: "metformin + insulin"."""
    return " + ".join(knowledge.name(d) for d in scored.candidate.drugs)
