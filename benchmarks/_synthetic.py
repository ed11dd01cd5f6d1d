"""A graph of Hetionet's kinds and proportions, of any size, made without memory of what was made before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from kg.model import Edge, Node
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

INFORES: Final = "infores:synthetic"

# Hetionet v1.0's shares of nodes by kind, and of edges by predicate with the kinds of its ends.
_KINDS: Final[dict[Category, float]] = {
    Category.GENE: 0.445,
    Category.BIOLOGICAL_PROCESS: 0.242,
    Category.PHENOTYPIC_FEATURE: 0.131,
    Category.MOLECULAR_ACTIVITY: 0.061,
    Category.PATHWAY: 0.047,
    Category.DRUG: 0.033,
    Category.CELLULAR_COMPONENT: 0.030,
    Category.ANATOMICAL_ENTITY: 0.008,
    Category.DISEASE: 0.003,
}
_EDGES: Final[tuple[tuple[Predicate, Category, Category, float], ...]] = (
    (Predicate.ACTIVELY_INVOLVED_IN, Category.GENE, Category.BIOLOGICAL_PROCESS, 0.28),
    (Predicate.EXPRESSED_IN, Category.GENE, Category.ANATOMICAL_ENTITY, 0.26),
    (Predicate.PARTICIPATES_IN, Category.GENE, Category.PATHWAY, 0.10),
    (Predicate.PHYSICALLY_INTERACTS_WITH, Category.GENE, Category.GENE, 0.10),
    (Predicate.HAS_SIDE_EFFECT, Category.DRUG, Category.PHENOTYPIC_FEATURE, 0.08),
    (Predicate.LOCATED_IN, Category.GENE, Category.CELLULAR_COMPONENT, 0.06),
    (Predicate.REGULATES, Category.GENE, Category.GENE, 0.06),
    (Predicate.BINDS, Category.DRUG, Category.GENE, 0.03),
    (Predicate.GENE_ASSOCIATED_WITH_CONDITION, Category.GENE, Category.DISEASE, 0.02),
    (Predicate.HAS_PHENOTYPE, Category.DISEASE, Category.PHENOTYPIC_FEATURE, 0.009),
    (Predicate.TREATS, Category.DRUG, Category.DISEASE, 0.001),
)


def make_nodes(num_nodes: int) -> Iterator[Node]:
    """Yield about `num_nodes` nodes, at least two of every kind."""
    for category, count in _count_kinds(num_nodes).items():
        for number in range(count):
            curie = f"SYN:{category}{number}"
            yield Node(curie, category, f"{category} number {number}", INFORES, synonyms=(f"{category}-{number}",))


def make_edges(num_nodes: int, num_edges: int, seed: int = 0) -> Iterator[Edge]:
    """Yield `num_edges` edges between nodes of `make_nodes(num_nodes)`; degrees are skewed as in real graphs.

    A pair may come twice with one predicate; such edges have the same key.
    """
    counts, rng = _count_kinds(num_nodes), random.Random(seed)
    for predicate, subject, object_, share in _EDGES:
        for _ in range(round(num_edges * share)):
            yield Edge(
                f"SYN:{subject}{_pick(rng, counts[subject])}",
                predicate,
                f"SYN:{object_}{_pick(rng, counts[object_])}",
                INFORES,
                KnowledgeLevel.KNOWLEDGE_ASSERTION,
                AgentType.AUTOMATED_AGENT,
                publications=("PMID:1",),
            )


def _count_kinds(num_nodes: int) -> dict[Category, int]:
    return {category: max(2, round(num_nodes * share)) for category, share in _KINDS.items()}


def _pick(rng: random.Random, count: int) -> int:
    """A number below `count`, small ones more often."""
    return int(count * rng.random() ** 2)
