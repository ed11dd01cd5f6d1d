"""An empty graph on each server, and small values to put in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import ResourceError
from kg.neo4j_server import Neo4jServer, choose_version, is_installed
from kg.store import GraphStore, open_graph

NUMBER, ROOT = "5.26.30", Path(__file__).parents[2] / ".neo4j"


@pytest.fixture
def store(graph_selector: str) -> Iterator[GraphStore]:
    """An open, empty graph with its constraints."""
    with open_graph(graph_selector) as opened:
        opened.create_constraints()
        opened.cypher("MATCH (n) DETACH DELETE n", write=True)
        yield opened


@pytest.fixture
def server(tmp_path: Path) -> Neo4jServer:
    """A stopped Neo4j of its own, for what the import tool does."""
    version = choose_version(NUMBER)
    if not is_installed(version, ROOT):
        pytest.skip(f"Neo4j {NUMBER} is not installed here; `make neo4j` brings it")
    try:
        neo4j = Neo4jServer(version, ROOT / NUMBER / "lib", tmp_path / "neo4j")
    except ResourceError as error:
        pytest.skip(str(error))
    return neo4j
