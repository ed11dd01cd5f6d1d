"""Fast checks of every node and edge before it is written; the same rules as the SHACL shapes state."""

from __future__ import annotations

from collections.abc import Iterable

from kg.errors import InputError
from kg.model import Edge, Node, Properties, check_curie, find_control, is_property_name
from ontologies.biolink import AgentType, KnowledgeLevel


def check_node(node: Node) -> Node:
    """Return the node when it may be written; InputError says what is wrong with it."""
    check_curie(node.curie)
    if not node.name.strip():
        raise InputError(f"The node {node.curie} has no name; give it one, or its CURIE when nothing better is known.")
    _check_texts(f"The node {node.curie}", (node.name, *node.synonyms))
    _check_properties(f"The node {node.curie}", node.properties)
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
    if edge.properties:
        _check_properties(f"The edge {_shown(edge)}", edge.properties)
    return edge


def _check_properties(of_what: str, properties: Properties) -> None:
    for name, value in properties:
        if not is_property_name(name):
            raise InputError(
                f'{of_what} has a property "{name}"; names are of letters, digits, underscores: rename it.'
            )
        if isinstance(value, str):
            _check_texts(of_what, (value,))
        elif isinstance(value, tuple):
            _check_texts(of_what, value)


def _check_texts(of_what: str, texts: Iterable[str]) -> None:
    for text in texts:
        if control := find_control(text):
            raise InputError(f"{of_what} holds the control character {control!r} in {text[:60]!r}; take it out.")


def _shown(edge: Edge) -> str:
    return f"{edge.subject} {edge.predicate} {edge.object}"
