"""Writing the whole graph into files that other tools read, and reading them back."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kg import queries_export
from kg.errors import ResourceError, UnknownNameError
from kg.export_kgx import write_kgx
from kg.export_neo4j import write_neo4j_csv
from kg.export_network import write_graphml
from kg.export_parquet import write_parquet
from kg.export_rdf import write_ntriples, write_turtle
from kg.model import Edge, Node
from kg.rows import from_edge_row
from kg.shapes import EdgeSample, Violation

if TYPE_CHECKING:
    from kg.store import GraphStore


@dataclass(frozen=True, slots=True)
class GraphContent:
    """Nodes and edges that can be gone through more than once; `edges` makes a fresh pass on every call."""

    nodes: tuple[Node, ...]
    edges: Callable[[], Iterable[Edge]]


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written. `next_step` is a command that uses it; `violations` is what the SHACL shapes object to."""

    files: tuple[Path, ...]
    num_nodes: int
    num_edges: int
    next_step: str = ""
    violations: tuple[Violation, ...] = ()


@dataclass(slots=True)
class _Counted:
    """Counts the edges of the last pass, and keeps a sample of them."""

    content: GraphContent
    num_edges: int = field(default=0)
    sample: EdgeSample = field(default_factory=EdgeSample)

    def edges(self) -> Iterator[Edge]:
        self.num_edges, self.sample = 0, EdgeSample()
        for edge in self.content.edges():
            self.num_edges += 1
            self.sample.add(edge)
            yield edge


Written = tuple[tuple[Path, ...], str]
_WRITERS: Final[dict[str, Callable[[Iterable[Node], Callable[[], Iterable[Edge]], Path], Written]]] = {
    "graphml": write_graphml,
    "kgx": write_kgx,
    "neo4j-csv": write_neo4j_csv,
    "ntriples": write_ntriples,
    "parquet": write_parquet,
    "turtle": write_turtle,
}
FORMATS: Final = tuple(sorted(_WRITERS))
_NODES_AT_ONCE: Final = 500


def read_content(store: GraphStore) -> GraphContent:
    """Return the whole graph of a store; edges are read from the server on every pass."""
    nodes = tuple(store.read_nodes())

    def edges() -> Iterator[Edge]:
        for row in read_edge_rows(store, nodes):
            yield from_edge_row(row["subject"], row["type"], row["object"], row["properties"])

    return GraphContent(nodes, edges)


def read_edge_rows(store: GraphStore, nodes: Sequence[Node]) -> Iterator[dict[str, Any]]:
    """Yield every edge as `subject`, `type`, `object`, `properties`, those of some nodes at a time.

    One query for all edges of a type would run into the server's time limit on a large graph.
    """
    for start in range(0, len(nodes), _NODES_AT_ONCE):
        curies = [node.curie for node in nodes[start : start + _NODES_AT_ONCE]]
        yield from store.run(queries_export.EDGES_OF, curies=curies)


def export_graph(content: GraphContent, format_name: str, folder: Path) -> ExportReport:
    """Write the graph into `folder` in a format of `FORMATS`; a sample of its edges is held against the SHACL shapes.

    Raises UnknownNameError for another format and ResourceError when the folder may not be written or is full.
    """
    if format_name not in _WRITERS:
        raise UnknownNameError("export format", format_name, FORMATS)
    counted = _Counted(content)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files, next_step = _WRITERS[format_name](content.nodes, counted.edges, folder)
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else str(error.strerror or error)
        raise ResourceError(f'"{folder}" cannot be written: {reason}; choose another folder.') from error
    return ExportReport(files, len(content.nodes), counted.num_edges, next_step, counted.sample.check(content.nodes))
