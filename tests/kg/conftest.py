"""An empty graph on each server, and small values to put in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.store import GraphStore, open_graph


@pytest.fixture
def store(graph_selector: str) -> Iterator[GraphStore]:
    """An open, empty graph with its constraints."""
    with open_graph(graph_selector) as opened:
        opened.create_constraints()
        opened.cypher("MATCH (n) DETACH DELETE n", write=True)
        yield opened
