"""What stands in a graph, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from kg import queries
from kg.store import GraphStore


def read_status(store: GraphStore) -> dict[str, Any]:
    """Return where the graph is and its counts per label and relationship type, and what was built into it."""
    nodes = count_nodes(store)
    return {
        "graph": store.where,
        "nodes": nodes,
        "edges": count_edges(store, nodes),
        "sources": store.read_sources(),
    }


def count_nodes(store: GraphStore) -> dict[str, int]:
    """Return the number of nodes per label that is not `Entity`, sorted by label."""
    counts: dict[str, int] = {}
    for row in store.run(queries.COUNT_NODES):
        label = next((label for label in sorted(row["labels"]) if label != "Entity"), "Entity")
        counts[label] = counts.get(label, 0) + row["num"]
    return dict(sorted(counts.items()))


def count_edges(store: GraphStore, labels: Iterable[str]) -> dict[str, int]:
    """Return the number of relationships per type, sorted by type; `labels` are those of `count_nodes`."""
    counts: Counter[str] = Counter()
    for label in labels:
        counts.update({row["type"]: row["num"] for row in store.run(queries.count_edges_from(label))})
    return dict(sorted(counts.items()))
