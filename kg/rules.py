"""Fast checks of every node and edge before it is written; the same rules as the SHACL shapes state."""

from __future__ import annotations

from kg.errors import InputError
from kg.model import Edge, Node, check_curie
from ontologies.biolink import AgentType, KnowledgeLevel


def check_node(node: Node) -> Node:
    """Return the node when it may be written; InputError says what is wrong with it."""
    check_curie(node.curie)
    if not node.name.strip():
        raise InputError(f"The node {node.curie} has no name; give it one, or its CURIE when nothing better is known.")
    return node


def check_edge(edge: Edge) -> Edge:
    """Return the edge when it may be written; InputError says what is wrong with it."""
    check_curie(edge.subject)
    check_curie(edge.object)
    if edge.confidence is not None and not 0.0 <= edge.confidence <= 1.0:
        raise InputError(f"The edge {_shown(edge)} has the confidence {edge.confidence}; allowed is 0 to 1.")
    predicted = edge.knowledge_level is KnowledgeLevel.PREDICTION
    if predicted != (edge.agent_type is AgentType.COMPUTATIONAL_MODEL) or (predicted and not edge.run):
        raise InputError(
            f"The edge {_shown(edge)} must be a prediction by a computational model with its run, or neither; "
            "set knowledge_level, agent_type and run together."
        )
    return edge


def _shown(edge: Edge) -> str:
    return f"{edge.subject} {edge.predicate} {edge.object}"
