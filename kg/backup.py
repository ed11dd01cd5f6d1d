"""The whole graph as files that any server restores: concepts, edges, text evidence and what was built.

Gzipped JSON Lines, a file a kind, written and read in streams. Restoring takes an empty graph and goes through the same
doors as a first build, then counts.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from kg import queries_backup, queries_text
from kg.errors import FormatError, InputError, ResourceError
from kg.export import read_edge_rows
from kg.queries import READ_NODES, Query
from kg.rows import from_edge_row, from_node_row
from kg.store import GraphStore
from kg.writes import run_in

BATCH: Final = 1000
Row = dict[str, Any]
Counts = dict[str, int]
_TEXT: Final[dict[str, tuple[Query, Query]]] = {
    "documents": (queries_backup.DOCUMENTS, queries_text.CREATE_DOCUMENTS),
    "mentions": (queries_backup.MENTIONS, queries_text.CREATE_MENTIONS),
    "doses": (queries_backup.DOSES, queries_text.CREATE_DOSES),
    "statements": (queries_backup.STATEMENTS, queries_text.CREATE_STATEMENTS),
}


def write_backup(store: GraphStore, folder: Path) -> Counts:
    """Write the graph into a folder; returns how many of each kind. Nobody else writes an embedded graph meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with store.only_writer():
        counts = {
            "nodes": _write(folder, "nodes", store.stream(READ_NODES)),
            "edges": _write(folder, "edges", _edge_rows(store)),
            "sources": _write(folder, "sources", _properties(store, queries_backup.SOURCES)),
        }
        for name, (reading, _) in _TEXT.items():
            counts[name] = _write(folder, name, _properties(store, reading))
    return counts


def restore_backup(store: GraphStore, folder: Path) -> Counts:
    """Fill an empty graph from a folder; InputError when it is not empty, ResourceError when counts differ after it."""
    if not store.is_empty():
        raise InputError(f"{store.where} is not empty; restore into an empty graph (another --graph).")
    store.create_constraints()
    with store.first_load() as writer:
        writer.create_constraints()
        writer.write_nodes(from_node_row(r["labels"], r["properties"]) for r in _read(folder, "nodes"))
        writer.write_edges(
            from_edge_row(r["subject"], r["type"], r["object"], r["properties"]) for r in _read(folder, "edges")
        )
        for row in _read(folder, "sources"):
            writer.keep_source(row["name"], row)
    for name, (_, writing) in _TEXT.items():
        for rows in _batches(_read(folder, name)):
            store.write(_writing(writing, rows))
    return _check(store, folder)


def count_graph(store: GraphStore) -> Counts:
    """How many of each kind stand in a graph."""
    counts = {"nodes": int(store.run(queries_backup.NUM_ENTITIES)[0]["num"])}
    counts["edges"] = sum(int(row["num"]) for row in store.run(queries_backup.EDGES_BY_TYPE))
    counts["sources"] = len(store.run(queries_backup.SOURCES))
    return counts | {name: sum(1 for _ in store.stream(reading)) for name, (reading, _) in _TEXT.items()}


def _check(store: GraphStore, folder: Path) -> Counts:
    found = count_graph(store)
    wanted = {name: sum(1 for _ in _read(folder, name)) for name in found}
    if found != wanted:
        raise ResourceError(f"The backup holds {wanted} and the graph now {found}; empty the graph and restore again.")
    return found


def _writing(query: Query, rows: list[Row]) -> Callable[[Any], Any]:
    return lambda tx: run_in(tx, query, rows=rows)


def _edge_rows(store: GraphStore) -> Iterator[Row]:
    return read_edge_rows(store, store.read_nodes())


def _properties(store: GraphStore, query: Query) -> Iterator[Row]:
    return (row.get("properties", row) for row in store.stream(query))


def _write(folder: Path, name: str, rows: Iterable[Row]) -> int:
    num = 0
    with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8", compresslevel=1) as file:
        for num, row in enumerate(rows, start=1):  # noqa: B007 - the last number is the count
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return num


def _read(folder: Path, name: str) -> Iterator[Row]:
    path = folder / f"{name}.jsonl.gz"
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)
    except (OSError, EOFError, ValueError) as error:
        raise FormatError(path, f"is damaged ({error})", "restore from another backup") from error


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch
