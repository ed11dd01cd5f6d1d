"""The exported CSV files go through Neo4j's own import tool and come back equal."""

from pathlib import Path

from kg.export import GraphContent, export_graph, read_content
from kg.neo4j_server import Neo4jServer
from kg.store import open_graph
from tests.kg.test_export import CONTENT, EDGES


def load(server: Neo4jServer, content: GraphContent, folder: Path) -> None:
    words = export_graph(content, "neo4j-csv", folder).next_step.split()
    nodes = [w.removeprefix("--nodes=") for w in words if w.startswith("--nodes=")]
    edges = [w.removeprefix("--relationships=") for w in words if w.startswith("--relationships=")]
    server.import_csv(nodes, edges)


def test_the_import_tool_reads_what_the_export_wrote_and_it_can_be_built_upon(
    server: Neo4jServer, tmp_path: Path
) -> None:
    load(server, GraphContent(CONTENT.nodes, lambda: EDGES[:2]), tmp_path / "csv")
    with server, open_graph(server.selector) as store:
        content = read_content(store)
        assert set(content.nodes) == set(CONTENT.nodes)
        assert set(content.edges()) == set(EDGES[:2])
        store.create_constraints()
        count = store.write_edges(EDGES)
        assert (count.created, count.unchanged, count.updated) == (1, 2, 0)
