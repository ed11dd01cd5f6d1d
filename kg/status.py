"""What stands in a graph, counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

from kg import queries
from kg.store import GraphStore


def read_status(store: GraphStore) -> dict[str, Any]:
    """Return where the graph is and its counts per label and relationship type, and what was built into it."""
    return {
        "graph": store.where,
        "nodes": count_nodes(store),
        "edges": count_edges(store),
        "sources": store.read_sources(),
    }


def count_nodes(store: GraphStore) -> dict[str, int]:
    """Return the number of nodes per label that is not `Entity`, sorted by label."""
    counts: dict[str, int] = {}
    for row in store.run(queries.COUNT_NODES):
        label = next((label for label in sorted(row["labels"]) if label != "Entity"), "Entity")
        counts[label] = counts.get(label, 0) + row["num"]
    return dict(sorted(counts.items()))


def count_edges(store: GraphStore) -> dict[str, int]:
    """Return the number of relationships per type, sorted by type."""
    counts: Counter[str] = Counter()
    for labels in {tuple(sorted(row["labels"])) for row in store.run(queries.COUNT_NODES)}:
        counts.update({row["type"]: row["num"] for row in store.run(queries.count_edges_from(labels))})
    return dict(sorted(counts.items()))
