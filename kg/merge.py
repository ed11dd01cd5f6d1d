"""Joining what is said twice: two edges with one key, two nodes with one CURIE."""

from __future__ import annotations

from dataclasses import replace

from kg.model import Edge, Properties, Value


def join_edges(first: Edge, second: Edge) -> Edge:
    """Return one edge that carries the publications and list properties of both.

    The edges have the same `edge_key`. Scalars of the first win where both have one; of two confidences the higher
    is kept (each is a lower bound for the joint evidence).
    """
    known = [c for c in (first.confidence, second.confidence) if c is not None]
    return replace(
        first,
        publications=tuple(sorted({*first.publications, *second.publications})),
        confidence=max(known) if known else None,
        properties=join_properties(first.properties, second.properties),
    )


def join_properties(first: Properties, second: Properties) -> Properties:
    """Return the properties of both, lists joined and sorted, scalars of the first kept."""
    joined: dict[str, Value] = dict(second)
    for name, value in first:
        other = joined.get(name)
        joined[name] = (
            tuple(sorted({*value, *other})) if isinstance(value, tuple) and isinstance(other, tuple) else value
        )
    return tuple(sorted(joined.items()))
