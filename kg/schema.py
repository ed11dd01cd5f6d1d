"""The shape of a graph as it stands: labels, types, properties, counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from kg import queries
from kg.status import count_edges, count_nodes
from kg.store import GraphStore

_SAMPLE = 2_000


def read_schema(store: GraphStore) -> dict[str, Any]:
    """Return `nodes` (label, num, properties) and `edges` (subject, type, object, num, properties).

    Properties are those of up to 2,000 nodes of a label or edges of a type; counts are of all, the
    links from mentions and statements to their documents too.
    """
    return {"nodes": _read_nodes(store), "edges": _read_edges(store)}


def _read_nodes(store: GraphStore) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "num": num,
            "properties": _properties(store.run(queries.node_properties(label), limit=_SAMPLE)),
        }
        for label, num in count_nodes(store).items()
    ]


def _read_edges(store: GraphStore) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str, str]] = Counter()
    properties: dict[str, list[str]] = defaultdict(list)
    for kind in count_edges(store):
        for row in store.run(queries.count_ends(kind)):
            counts[_category(row["subject"]), kind, _category(row["object"])] += row["num"]
        properties[kind] = _properties(store.run(queries.edge_properties(kind), limit=_SAMPLE))
    return [
        {"subject": subject, "type": kind, "object": object_, "num": num, "properties": properties[kind]}
        for (subject, kind, object_), num in sorted(counts.items())
    ]


def _category(labels: list[str]) -> str:
    return next((label for label in sorted(labels) if label != "Entity"), "Entity")


def _properties(rows: list[dict[str, Any]]) -> list[str]:
    return sorted({name for row in rows for name in row["names"]})
