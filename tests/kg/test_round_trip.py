"""Whatever is written into a graph comes back equal: polarity, qualifiers, parallel edges, unknown and zero values."""

from __future__ import annotations

import dataclasses

from hypothesis import HealthCheck, given, settings

from kg.export import read_content
from kg.model import Edge, Node
from kg.store import GraphStore
from tests.kg.graph_strategies import graphs

FEW = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    database=None,
)
Graph = tuple[tuple[Node, ...], tuple[Edge, ...]]


def replace_graph(store: GraphStore, graph: Graph) -> Graph:
    """Write a graph into the emptied store and return what stands there."""
    store.cypher("MATCH (n) DETACH DELETE n", write=True)
    store.write_nodes(graph[0])
    store.write_edges(graph[1])
    content = read_content(store)
    return content.nodes, tuple(sorted(content.edges(), key=lambda edge: edge.edge_key))


@FEW
@given(graph=graphs())
def test_any_graph_comes_back_equal(store: GraphStore, graph: Graph) -> None:
    assert replace_graph(store, graph) == graph


@FEW
@given(graph=graphs())
def test_an_edge_and_its_negation_stand_side_by_side(store: GraphStore, graph: Graph) -> None:
    nodes, edges = graph
    both = {e.edge_key: e for edge in edges for e in (edge, dataclasses.replace(edge, negated=not edge.negated))}
    assert len(both) == 2 * len({dataclasses.replace(e, negated=False).edge_key for e in edges})
    _, found = replace_graph(store, (nodes, tuple(both.values())))
    assert {edge.edge_key: edge.negated for edge in found} == {key: edge.negated for key, edge in both.items()}
