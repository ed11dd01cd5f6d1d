"""Every export format gives back what was written."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from rdflib import Graph

from kg.diff import check_release
from kg.errors import GraphUnavailableError, InputError, ResourceError, UnknownNameError
from kg.export import FORMATS, GraphContent, export_graph
from kg.export_neo4j import read_neo4j_csv
from kg.export_network import from_networkx, read_graphml, to_networkx
from kg.export_parquet import read_parquet
from kg.export_rdf import BIOLINK, from_rdf, to_rdf
from kg.model import Edge, Node
from kg.sources import open_source
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from tests.kg.graph_strategies import graphs

LEVEL, AGENT = KnowledgeLevel.KNOWLEDGE_ASSERTION, AgentType.MANUAL_AGENT
DRUG = Node("DRUGBANK:DB00331", Category.DRUG, 'met"formin,\nHCl', "infores:x", ("Glucophage; x|y",), ("CHEBI:6801",))
DISEASE = Node("DOID:9352", Category.DISEASE, "type 2 diabetes", "infores:x")
EDGES = (
    Edge(DRUG.curie, Predicate.TREATS, DISEASE.curie, "infores:x", LEVEL, AGENT, confidence=0.0),
    Edge(DRUG.curie, Predicate.TREATS, DISEASE.curie, "infores:x", LEVEL, AGENT,
         negated=True, publications=("PMID:1",)),
    Edge(DRUG.curie, Predicate.CONTRAINDICATED_IN, DISEASE.curie, "infores:x", LEVEL, AGENT,
         properties=(("line_of_therapy", 0), ("partners", ("a",)), ("severity_qualifier", "absolute"))),
)  # fmt: skip
CONTENT = GraphContent((DISEASE, DRUG), lambda: EDGES)


def read_kgx(folder: Path) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    source = open_source("kgx")
    return tuple(source.read_nodes(folder)), tuple(source.read_edges(folder))


def read_rdf(name: str) -> Callable[[Path], tuple[tuple[Any, ...], tuple[Any, ...]]]:
    return lambda folder: from_rdf(Graph().parse(folder / name))


READERS = {
    "kgx": read_kgx,
    "parquet": read_parquet,
    "graphml": lambda folder: read_graphml(folder / "graph.graphml"),
    "ntriples": read_rdf("graph.nt"),
    "turtle": read_rdf("graph.ttl"),
    "neo4j-csv": read_neo4j_csv,
}


def as_sets(graph: tuple[tuple[Any, ...], tuple[Any, ...]]) -> tuple[set[Any], set[Any]]:
    nodes, edges = graph
    assert len(set(nodes)) == len(nodes)
    return set(nodes), set(edges)


def test_every_format_has_a_reader_here() -> None:
    assert set(READERS) == set(FORMATS)


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_known_graph_comes_back_equal(tmp_path: Path, format_name: str) -> None:
    report = export_graph(CONTENT, format_name, tmp_path)
    assert (report.num_nodes, report.num_edges) == (2, 3)
    assert all(path.is_file() for path in report.files)
    assert as_sets(READERS[format_name](tmp_path)) == ({DRUG, DISEASE}, set(EDGES))


@pytest.mark.parametrize("format_name", FORMATS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graph=graphs())
def test_any_graph_comes_back_equal(format_name: str, graph: tuple[tuple[Node, ...], tuple[Edge, ...]]) -> None:
    nodes, edges = graph
    with tempfile.TemporaryDirectory() as folder:
        export_graph(GraphContent(nodes, lambda: edges), format_name, Path(folder))
        assert as_sets(READERS[format_name](Path(folder))) == (set(nodes), set(edges))


@settings(max_examples=25, deadline=None)
@given(graph=graphs())
def test_networkx_keeps_every_parallel_edge(graph: tuple[tuple[Node, ...], tuple[Edge, ...]]) -> None:
    nodes, edges = graph
    network = to_networkx(nodes, edges)
    assert network.number_of_edges() == len(edges)
    assert as_sets(from_networkx(network)) == (set(nodes), set(edges))


def test_negated_edges_never_become_plain_triples() -> None:
    graph = to_rdf((DRUG, DISEASE), (EDGES[1],))
    assert list(graph.subject_objects(BIOLINK.treats)) == []
    assert len(list(to_rdf((DRUG, DISEASE), (EDGES[0],)).subject_objects(BIOLINK.treats))) == 1


def test_the_neo4j_import_command_names_every_file(tmp_path: Path) -> None:
    report = export_graph(CONTENT, "neo4j-csv", tmp_path)
    assert report.next_step.startswith("neo4j-admin database import full neo4j ")
    assert f"--nodes=Entity:Drug={tmp_path}/nodes_Drug.csv" in report.next_step
    assert f"--relationships=TREATS={tmp_path}/edges_TREATS.csv" in report.next_step
    header = (tmp_path / "edges_CONTRAINDICATED_IN.csv").read_text().splitlines()[0]
    assert header.startswith(":START_ID,:END_ID,")
    assert "line_of_therapy:long" in header
    assert "partners:string[]" in header


def test_a_wrong_format_and_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match='no export format "csv"; allowed: graphml, kgx'):
        export_graph(CONTENT, "csv", tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ResourceError, match="cannot be written"):
        export_graph(CONTENT, "kgx", tmp_path / "file")


def test_rdf_is_checked_against_the_shapes(tmp_path: Path) -> None:
    wrong = GraphContent((DRUG,), lambda: EDGES)
    report = export_graph(wrong, "turtle", tmp_path)
    assert {v.message for v in report.violations} == {"An edge's object is one node of the graph."}
    assert export_graph(wrong, "kgx", tmp_path).violations == report.violations
    assert export_graph(CONTENT, "ntriples", tmp_path).violations == ()


def test_a_release_that_breaks_off_is_none(tmp_path: Path) -> None:
    def edges() -> Iterator[Edge]:
        yield EDGES[0]
        raise GraphUnavailableError("gone")

    export_graph(CONTENT, "parquet", tmp_path)
    with pytest.raises(GraphUnavailableError):
        export_graph(GraphContent((DISEASE, DRUG), edges), "parquet", tmp_path)
    with pytest.raises(InputError, match="is no release"):
        check_release(tmp_path)
