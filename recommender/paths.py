"""Paths of the graph between a drug and a condition that can be shown as reasons.

Only links that may speak for a treatment are walked; *causes*, *worsens*, *contraindicated* and adverse events are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from recommender.knowledge import Knowledge

MECHANISM: Final = frozenset(
    {
        "directly_physically_interacts_with",
        "physically_interacts_with",
        "affects",
        "regulates",
        "gene_associated_with_condition",
        "associated_with",
        "biomarker_for",
        "has_phenotype",
        "ameliorates_condition",
        "treats",
        "similar_to",
        "chemically_similar_to",
        "positively_correlated_with",
        "negatively_correlated_with",
    }
)


@dataclass(frozen=True, slots=True)
class Path:
    """Alternating nodes and edges from the drug to the condition; each edge is predicate and source."""

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]


def find_paths(drug: str, condition: str, knowledge: Knowledge, limit: int) -> tuple[Path, ...]:
    """Return up to `limit` two-step paths (drug – x – condition), the fewest-linked middle first: it says the most."""
    ours, theirs = _neighbours(drug, knowledge), {}
    for name in (condition, *knowledge.same_as.get(condition, ())):
        theirs.update(_neighbours(name, knowledge))
    middle = sorted(ours.keys() & theirs.keys() - {drug, condition}, key=lambda m: (len(knowledge.links_of[m]), m))
    return tuple(Path((drug, m, condition), (ours[m], theirs[m])) for m in middle[:limit])


def _neighbours(curie: str, knowledge: Knowledge) -> dict[str, tuple[str, str]]:
    return {
        (link.object if link.subject == curie else link.subject): (link.predicate, link.source)
        for link in knowledge.links_of.get(curie, ())
        if link.predicate in MECHANISM
    }
