"""The driver's values as plain JSON types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neo4j.graph import Node, Path, Relationship


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query returned: its columns, which are known without a row, too, and its rows by column."""

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]


def to_plain_value(value: Any) -> Any:
    """Return a value as JSON types: nodes and relationships as objects with labels or type, dates as ISO text.

    A relationship's `subject` and `object` are the CURIEs of its ends, null for an end that the query does not return.

    >>> to_plain_value([1, {"a": None}])
    [1, {'a': None}]
    """
    if isinstance(value, Node):
        return {"labels": sorted(value.labels), "properties": _plain_dict(dict(value))}
    if isinstance(value, Relationship):
        subject, object_ = (end.get("curie") if end else None for end in (value.start_node, value.end_node))
        return {"type": value.type, "subject": subject, "object": object_, "properties": _plain_dict(dict(value))}
    if isinstance(value, Path):
        return {
            "nodes": [to_plain_value(n) for n in value.nodes],
            "edges": [to_plain_value(r) for r in value.relationships],
        }
    if isinstance(value, dict):
        return _plain_dict(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain_value(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.iso_format() if hasattr(value, "iso_format") else str(value)


def _plain_dict(values: dict[str, Any]) -> dict[str, Any]:
    return {key: to_plain_value(item) for key, item in values.items()}
