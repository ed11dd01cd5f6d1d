"""networkx and GraphML: a MultiDiGraph whose edges are keyed by `edge_key`, so that no statement hides another."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import networkx as nx

from kg.model import Edge, Node
from kg.rows import from_edge_row, from_node_row, to_edge_values, to_plain

_LIST: Final = "[]"


def to_networkx(nodes: Iterable[Node], edges: Iterable[Edge]) -> nx.MultiDiGraph[str]:
    """Return the graph in memory; attributes are the fields and properties of `kg.model`."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for node in nodes:
        graph.add_node(node.curie, **_node_attributes(node))
    for edge in edges:
        values = to_edge_values(edge) | {"predicate": edge.predicate.value}
        graph.add_edge(edge.subject, edge.object, key=edge.edge_key, **values)
    return graph


def from_networkx(graph: nx.MultiDiGraph[str]) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return the nodes and edges of a graph that `to_networkx` made."""
    nodes = tuple(_to_node(curie, dict(values)) for curie, values in graph.nodes(data=True))
    edges = tuple(_to_edge(subject, object_, dict(values)) for subject, object_, values in graph.edges(data=True))
    return nodes, edges


def write_graphml(
    nodes: Iterable[Node], edges: Callable[[], Iterable[Edge]], folder: Path
) -> tuple[tuple[Path, ...], str]:
    """Write `graph.graphml`; lists are JSON in attributes whose name ends with `[]`, as GraphML has none.

    The graph is in memory while it is written.
    """
    path = folder / "graph.graphml"
    flat = to_networkx(nodes, edges())
    for _, values in flat.nodes(data=True):
        _flatten(values)
    for _, _, values in flat.edges(data=True):
        _flatten(values)
    nx.write_graphml(flat, path)
    return (path,), f'python -c "import networkx; print(networkx.read_graphml({str(path)!r}))"'


def read_graphml(path: Path) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return what `write_graphml` wrote."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(nx.read_graphml(path, force_multigraph=True))
    for _, values in graph.nodes(data=True):
        _unflatten(values)
    for _, _, values in graph.edges(data=True):
        _unflatten(values)
    return from_networkx(graph)


def _node_attributes(node: Node) -> dict[str, Any]:
    lists = {"synonyms": list(node.synonyms), "xrefs": list(node.xrefs)}
    return (
        {"category": node.category.value, "name": node.name, "source": node.source} | lists | to_plain(node.properties)
    )


def _to_node(curie: str, values: dict[str, Any]) -> Node:
    return from_node_row([values.pop("category")], values | {"curie": curie})


def _to_edge(subject: str, object_: str, values: dict[str, Any]) -> Edge:
    return from_edge_row(subject, values.pop("predicate"), object_, values)


def _flatten(values: dict[str, Any]) -> None:
    """Lists become JSON; what is empty is left out (GraphML readers take an empty text for a missing one)."""
    for name, value in list(values.items()):
        if isinstance(value, list):
            values[f"{name}{_LIST}"] = json.dumps(values.pop(name), ensure_ascii=False)
        elif value == "":
            del values[name]


def _unflatten(values: dict[str, Any]) -> None:
    for name in [name for name in values if name.endswith(_LIST)]:
        values[name.removesuffix(_LIST)] = json.loads(values.pop(name))
