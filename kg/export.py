"""Writing the whole graph into files that other tools read, and reading them back."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg import queries_export
from kg.errors import ResourceError, UnknownNameError
from kg.export_kgx import write_kgx
from kg.export_neo4j import write_neo4j_csv
from kg.export_network import write_graphml
from kg.export_parquet import write_parquet
from kg.export_rdf import write_ntriples, write_turtle
from kg.model import Edge, Node
from kg.rows import from_edge_row
from kg.shapes import Violation, check_sample
from ontologies.biolink import Predicate

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
    """Counts the edges of the last pass."""

    content: GraphContent
    num_edges: int = field(default=0)

    def edges(self) -> Iterator[Edge]:
        self.num_edges = 0
        for edge in self.content.edges():
            self.num_edges += 1
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
_RDF: Final = frozenset({"ntriples", "turtle"})


def read_content(store: GraphStore) -> GraphContent:
    """Return the whole graph of a store; edges stream from the server on every pass."""

    def edges() -> Iterator[Edge]:
        for predicate in Predicate:
            for row in store.stream(queries_export.whole_edges(predicate)):
                yield from_edge_row(row["subject"], predicate.relationship_type, row["object"], row["properties"])

    return GraphContent(tuple(store.read_nodes()), edges)


def export_graph(content: GraphContent, format_name: str, folder: Path) -> ExportReport:
    """Write the graph into `folder` in a format of `FORMATS`; RDF is checked against the SHACL shapes.

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
    violations = check_sample(content.nodes, content.edges()) if format_name in _RDF else ()
    return ExportReport(files, len(content.nodes), counted.num_edges, next_step, violations)
