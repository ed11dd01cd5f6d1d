"""Parquet: `nodes.parquet` and `edges.parquet`, fixed columns plus the further properties as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from kg.model import Edge, Node, Properties
from kg.rows import from_edge_row, to_edge_values, to_plain
from ontologies.biolink import Category

NODES_FILE: Final = "nodes.parquet"
EDGES_FILE: Final = "edges.parquet"
_BATCH: Final = 50_000
_TEXTS: Final = pa.list_(pa.string())
_NODES: Final = pa.schema(
    [
        ("curie", pa.string()),
        ("category", pa.string()),
        ("name", pa.string()),
        ("source", pa.string()),
        ("synonyms", _TEXTS),
        ("xrefs", _TEXTS),
        ("properties", pa.string()),
    ]
)
_EDGES: Final = pa.schema(
    [
        ("edge_key", pa.string()),
        ("subject", pa.string()),
        ("predicate", pa.string()),
        ("object", pa.string()),
        ("primary_knowledge_source", pa.string()),
        ("knowledge_level", pa.string()),
        ("agent_type", pa.string()),
        ("negated", pa.bool_()),
        ("publications", _TEXTS),
        ("confidence", pa.float64()),
        ("release", pa.string()),
        ("run", pa.string()),
        ("properties", pa.string()),
    ]
)


def write_parquet(
    nodes: Iterable[Node], edges: Callable[[], Iterable[Edge]], folder: Path
) -> tuple[tuple[Path, ...], str]:
    """Write both files in row groups; returns them and a line that opens them."""
    files = (folder / NODES_FILE, folder / EDGES_FILE)
    _write(files[0], _NODES, map(_to_node_row, nodes))
    _write(files[1], _EDGES, map(_to_edge_row, edges()))
    return files, f'python -c "import polars; print(polars.read_parquet({str(files[1])!r}))"'


def read_parquet(folder: Path) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return what `write_parquet` wrote."""
    return tuple(stream_nodes(folder)), tuple(stream_edges(folder))


def stream_nodes(folder: Path) -> Iterator[Node]:
    """Yield the nodes of an export, a row group in memory at a time."""
    return map(_from_node_row, _read(folder / NODES_FILE))


def stream_edges(folder: Path) -> Iterator[Edge]:
    """Yield the edges of an export, a row group in memory at a time."""
    return map(from_parquet_row, _read(folder / EDGES_FILE))


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH):
            yield from batch.to_pylist()


def _write(path: Path, schema: pa.Schema, rows: Iterator[dict[str, Any]]) -> None:
    """The file gets its name when it is whole: half a release would compare as one that lost edges."""
    draft = path.with_name(f"{path.name}.part")
    path.unlink(missing_ok=True)
    with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        while batch := list(islice(rows, _BATCH)):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
    draft.replace(path)


def _to_node_row(node: Node) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(node, name) for name in ("curie", "name", "source", "synonyms", "xrefs")}
    return row | {"category": node.category.value, "properties": _to_json(node.properties)}


def _to_edge_row(edge: Edge) -> dict[str, Any]:
    """The fixed columns; what else the edge says stands in `properties`."""
    names = {name for name, _ in edge.properties}
    fields = {name: value for name, value in to_edge_values(edge).items() if name not in names}
    ends = {"subject": edge.subject, "predicate": edge.predicate.value, "object": edge.object}
    return fields | ends | {"edge_key": edge.edge_key, "properties": _to_json(edge.properties)}


def _from_node_row(row: dict[str, Any]) -> Node:
    return Node(
        row["curie"],
        Category(row["category"]),
        row["name"],
        row["source"],
        tuple(row["synonyms"]),
        tuple(row["xrefs"]),
        _from_json(row["properties"]),
    )


def from_parquet_row(row: dict[str, Any]) -> Edge:
    """Return the edge of a row of `edges.parquet`."""
    subject, predicate, object_, properties = (row.pop(n) for n in ("subject", "predicate", "object", "properties"))
    return from_edge_row(subject, predicate, object_, row | json.loads(properties))


def _to_json(properties: Properties) -> str:
    return json.dumps(to_plain(properties), ensure_ascii=False)


def _from_json(text: str) -> Properties:
    values = json.loads(text)
    return tuple(sorted((name, tuple(v) if isinstance(v, list) else v) for name, v in values.items()))
