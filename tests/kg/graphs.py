"""Hand-made and random nodes and edges."""

from __future__ import annotations

import random
from typing import Any

from kg.model import Edge, Node, to_properties
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

ONE = "infores:one"
TWO = "infores:two"


def drug(curie: str, **values: Any) -> Node:
    return Node(curie, Category.DRUG, values.pop("name", curie), values.pop("source", ONE), **values)


def disease(curie: str, **values: Any) -> Node:
    return Node(curie, Category.DISEASE, values.pop("name", curie), values.pop("source", ONE), **values)


def edge(subject: str, predicate: Predicate, object_: str, *, source: str = ONE, **values: Any) -> Edge:
    properties = to_properties(values.pop("properties", {}))
    level, agent = KnowledgeLevel.KNOWLEDGE_ASSERTION, AgentType.MANUAL_AGENT
    return Edge(subject, predicate, object_, source, level, agent, properties=properties, **values)


def prediction(subject: str, object_: str, *, run: str = "run-1", confidence: float = 0.5) -> Edge:
    level, agent = KnowledgeLevel.PREDICTION, AgentType.COMPUTATIONAL_MODEL
    return Edge(subject, Predicate.TREATS, object_, "infores:m", level, agent, run=run, confidence=confidence)


def random_graph(seed: int, *, num_nodes: int = 40, num_edges: int = 160) -> tuple[list[Node], list[Edge]]:
    """Drugs, diseases, genes and phenotypes with edges of four predicates, some negated, some predicted."""
    rng = random.Random(seed)
    kinds = [Category.DRUG, Category.DISEASE, Category.GENE, Category.PHENOTYPIC_FEATURE]
    nodes = [Node(f"X:{i}", kinds[i % 4], f"node {i}", ONE) for i in range(num_nodes)]
    of_kind = {kind: [n.curie for n in nodes if n.category == kind] for kind in kinds}
    shapes = [
        (Category.DRUG, Predicate.TREATS, Category.DISEASE),
        (Category.DRUG, Predicate.CAUSES, Category.DISEASE),
        (Category.GENE, Predicate.GENE_ASSOCIATED_WITH_CONDITION, Category.DISEASE),
        (Category.DISEASE, Predicate.HAS_PHENOTYPE, Category.PHENOTYPIC_FEATURE),
    ]
    edges = []
    for number in range(num_edges):
        subject_kind, predicate, object_kind = rng.choice(shapes)
        ends = rng.choice(of_kind[subject_kind]), rng.choice(of_kind[object_kind])
        edges.append(edge(ends[0], predicate, ends[1], negated=number % 11 == 0, source=rng.choice((ONE, TWO))))
    return nodes, edges
