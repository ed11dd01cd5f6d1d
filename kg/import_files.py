"""A first load of Neo4j: what a build writes becomes the files that Neo4j's import tool reads, in one streaming pass.

One file per label or relationship type and set of properties, each with its header beside it, because the tool reads
one set of typed columns a file. Nodes are numbered and edges name their ends by number, which the tool resolves
fastest. Format: https://neo4j.com/docs/operations-manual/current/import/
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TextIO

from kg.edge_batches import EdgeBatches, EdgeLine
from kg.errors import InputError
from kg.model import Edge, Node
from kg.rows import Row, to_node_row
from kg.rules import check_node
from kg.writes import WriteCount
from ontologies.biolink import Predicate

ARRAY_SEPARATOR: Final = "\x1f"
COLUMN_TYPES: Final[dict[type, str]] = {str: "string", bool: "boolean", int: "long", float: "double", list: "string[]"}
_BUFFER_BYTES: Final = 1 << 20

CsvForm = tuple[TextIO, str]


class ImportFiles:
    """Offers what `kg.build` needs of a store and writes import files into an empty folder.

    Use it as a context manager. When it is closed, `nodes`, `relationships` and `options` are what
    `Neo4jServer.import_csv` takes, and `command` is for a Neo4j elsewhere.
    """

    all_or_nothing = True

    def __init__(self, folder: Path) -> None:
        folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InputError(f'"{folder}" is not empty; name a new folder for the import files.')
        self.nodes: list[str] = []
        self.relationships: list[str] = []
        self._folder = folder
        self._stack = ExitStack()
        self._files: dict[tuple[str, ...], TextIO] = {}
        self._ends: dict[str, str] = {}
        self._edges = EdgeBatches(self._ends, self._to_form)
        self._has_line_breaks = False
        self._num_nodes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    @property
    def options(self) -> tuple[str, ...]:
        """How the tool must read the files; cells that hold line breaks cost it its parallel reading."""
        multiline = str(self._has_line_breaks).lower()
        return ("--id-type=integer", "--array-delimiter=U+001F", f"--multiline-fields={multiline}")

    @property
    def command(self) -> str:
        """The shell command that imports the files into a stopped Neo4j."""
        words = ["neo4j-admin", "database", "import", "full", "neo4j", "--overwrite-destination=true", *self.options]
        words += [f"--nodes={files}" for files in self.nodes]
        return shlex.join([*words, *(f"--relationships={files}" for files in self.relationships)])

    def create_constraints(self) -> None:
        """Leave constraints to the running server: they are made after the import."""

    def write_nodes(self, nodes: Iterable[Node]) -> WriteCount:
        """Write nodes; their CURIEs must be distinct."""
        before = len(self._ends)
        for node in nodes:
            if node.curie in self._ends:
                raise InputError(f"The node {node.curie} comes twice; an import needs every node once.")
            label = f"Entity:{check_node(node).category}"
            self._ends[node.curie] = self._write_node(label, to_node_row(node)["properties"])
        return WriteCount(created=len(self._ends) - before)

    def write_edges(self, edges: Iterable[Edge]) -> WriteCount:
        """Write edges whose ends were written; the first of several with one key stays."""
        done = self._edges
        created, unchanged, missing = done.num, done.num_repeated, done.num_missing
        for batch in done.read(edges):
            for line in batch:
                line.form[0].write(_edge_line(line))
        return WriteCount(done.num - created, 0, done.num_repeated - unchanged, done.num_missing - missing)

    def read_sources(self) -> list[dict[str, Any]]:
        """Say that nothing was built before."""
        return []

    def keep_source(self, name: str, properties: dict[str, Any]) -> None:
        """Remember that a source was built."""
        self._write_node("Source", properties | {"name": name})

    def retract_build(self, built: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> int:
        """Say that a first load holds nothing of an earlier build."""
        return 0

    def _write_node(self, label: str, properties: Row) -> str:
        """Write a node; returns its number."""
        number, self._num_nodes = str(self._num_nodes), self._num_nodes + 1
        known = {name: value for name, value in properties.items() if value is not None}
        file = self._open(self.nodes, label, (":ID",), known)
        file.write(f"{number},{self._to_cells(known)}\n")
        return number

    def _to_form(self, predicate: Predicate, properties: Row) -> CsvForm:
        columns = (":START_ID", ":END_ID", "edge_key:string", "content_hash:string")
        file = self._open(self.relationships, predicate.relationship_type, columns, properties)
        return file, f",{self._to_cells(properties)}\n"

    def _open(self, arguments: list[str], label: str, columns: tuple[str, ...], properties: Row) -> TextIO:
        typed = tuple(f"{name}:{COLUMN_TYPES[type(value)]}" for name, value in properties.items())
        header = (label, *columns, *typed)
        if header not in self._files:
            path = self._folder / f"{label.replace(':', '_')}_{len(self._files)}.csv"
            path.with_suffix(".header").write_text(",".join(header[1:]) + "\n", encoding="utf-8")
            opened = path.open("w", encoding="utf-8", newline="", buffering=_BUFFER_BYTES)
            self._files[header] = self._stack.enter_context(opened)
            arguments.append(f"{label}={path.with_suffix('.header')},{path}")
        return self._files[header]

    def _to_cells(self, properties: Row) -> str:
        cells = ",".join(map(_to_cell, properties.values()))
        self._has_line_breaks |= "\n" in cells or "\r" in cells
        return cells


def _edge_line(edge: EdgeLine[CsvForm]) -> str:
    return f"{edge.subject},{edge.object},{edge.edge_key},{edge.content_hash}{edge.form[1]}"


def _to_cell(value: Any) -> str:
    """A cell; an empty text in quotes is a value, an empty cell is none."""
    if isinstance(value, list):
        return _quote(ARRAY_SEPARATOR.join(value)) if value else ""
    if isinstance(value, str):
        return _quote(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
