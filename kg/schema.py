"""The shape of a graph as it stands: labels, types, properties, counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
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
    nodes = count_nodes(store)
    return {"nodes": _read_nodes(store, nodes), "edges": _read_edges(store, nodes)}


def _read_nodes(store: GraphStore, nodes: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "num": num,
            "properties": _properties(store.run(queries.node_properties(label), limit=_SAMPLE)),
        }
        for label, num in nodes.items()
    ]


def _read_edges(store: GraphStore, labels: Iterable[str]) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str, str]] = Counter()
    properties: dict[str, list[str]] = defaultdict(list)
    for kind in count_edges(store, labels):
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
