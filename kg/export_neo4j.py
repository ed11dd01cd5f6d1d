"""CSV files for `neo4j-admin database import`: one per label and relationship type, with typed headers.

A property that has several types makes several files, `edges_TREATS.csv`, `edges_TREATS.2.csv`: a column has one type.
Format: https://neo4j.com/docs/operations-manual/current/import/
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from shlex import quote
from typing import Any, Final

from kg.import_files import ARRAY_SEPARATOR, COLUMN_TYPES
from kg.model import Edge, Node
from kg.rows import Row, from_edge_row, from_node_row, to_edge_row, to_node_row

_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "string": str,
    "boolean": lambda cell: cell == "true",
    "long": int,
    "double": float,
    "string[]": lambda cell: cell.split(ARRAY_SEPARATOR),
}
IMPORT_OPTIONS: Final = ("--array-delimiter=U+001F", "--multiline-fields=true")

Columns = dict[str, str]


def write_neo4j_csv(
    nodes: Iterable[Node], edges: Callable[[], Iterable[Edge]], folder: Path
) -> tuple[tuple[Path, ...], str]:
    """Write the files in two passes (the first finds columns and types); returns them and the import command."""
    kept = list(nodes)
    node_files = _write(
        folder, "nodes", lambda: ((n.category.value, to_node_row(n)["properties"], {}) for n in kept), ("curie:ID",)
    )
    edge_files = _write(folder, "edges", lambda: (_edge_item(edge) for edge in edges()), (":START_ID", ":END_ID"))
    parts = [f"--nodes=Entity:{_label(path)}={quote(str(path))}" for path in node_files]
    parts += [f"--relationships={_label(path)}={quote(str(path))}" for path in edge_files]
    words = ("neo4j-admin database import full neo4j --overwrite-destination=true", *IMPORT_OPTIONS, *parts)
    return (*node_files, *edge_files), " ".join(words)


def read_neo4j_csv(folder: Path) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return what `write_neo4j_csv` wrote."""
    nodes = [
        from_node_row([_label(path)], values) for path in sorted(folder.glob("nodes_*.csv")) for values in _read(path)
    ]
    edges = [
        from_edge_row(values.pop(":START_ID"), _label(path), values.pop(":END_ID"), values)
        for path in sorted(folder.glob("edges_*.csv"))
        for values in _read(path)
    ]
    return tuple(nodes), tuple(edges)


Item = tuple[str, Row, Row]


def _edge_item(edge: Edge) -> Item:
    row = to_edge_row(edge)
    ends = {":START_ID": row["subject"], ":END_ID": row["object"]}
    return edge.predicate.relationship_type, row["properties"], ends


def _write(folder: Path, kind: str, items: Callable[[], Iterable[Item]], keys: tuple[str, ...]) -> tuple[Path, ...]:
    types = _find_types(items())
    mixed = {label: [name for name, found in names.items() if len(found) > 1] for label, names in types.items()}
    files: dict[tuple[str, ...], tuple[Path, Any, tuple[str, ...]]] = {}
    with ExitStack() as stack:
        for label, values, ends in items():
            form = (label, *(COLUMN_TYPES.get(type(values.get(name)), "") for name in mixed[label]))
            if form not in files:
                columns = _columns_of(types[label], dict(zip(mixed[label], form[1:], strict=True)))
                number = sum(other[0] == label for other in files) + 1
                path = folder / f"{kind}_{label}{f'.{number}' if number > 1 else ''}.csv"
                writer = csv.writer(stack.enter_context(path.open("w", encoding="utf-8", newline="")))
                writer.writerow([*keys, *(f"{name}:{type_}" for name, type_ in columns.items())])
                files[form] = (path, writer, tuple(columns))
            _, writer, names = files[form]
            first = [ends[key] for key in keys] if ends else [values["curie"]]
            writer.writerow([*first, *(_to_cell(values.get(name)) for name in names)])
    return tuple(sorted(path for path, _, _ in files.values()))


def _find_types(items: Iterable[Item]) -> dict[str, dict[str, set[str]]]:
    """The properties of every label, sorted, with the types that their values have."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for label, values, _ in items:
        for name, value in values.items():
            found[label][name].add(COLUMN_TYPES[type(value)])
    return {label: dict(sorted(names.items())) for label, names in found.items()}


def _columns_of(types: Mapping[str, set[str]], chosen: Mapping[str, str]) -> Columns:
    """The columns of one file; of a property with several types the chosen one, or none where it is not there."""
    columns = {name: chosen.get(name, next(iter(found))) for name, found in types.items() if name != "curie"}
    return {name: type_ for name, type_ in columns.items() if type_}


def _to_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ARRAY_SEPARATOR.join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(path: Path) -> Iterable[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.reader(handle)
        header = next(reader)
        for cells in reader:
            yield dict(_from_cell(name, cell) for name, cell in zip(header, cells, strict=True) if cell)


def _from_cell(column: str, cell: str) -> tuple[str, Any]:
    if column in {":START_ID", ":END_ID"}:
        return column, cell
    name, _, kind = column.rpartition(":")
    return name, cell if kind == "ID" else _READERS[kind](cell)


def _label(path: Path) -> str:
    return path.stem.partition("_")[2].partition(".")[0]
