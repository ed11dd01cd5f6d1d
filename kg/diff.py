"""What changed between two releases of the graph: edges added, removed, and changed in their evidence.

A release is an export of the graph in Parquet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import polars

from kg.errors import InputError
from kg.export_parquet import EDGES_FILE, NODES_FILE, from_parquet_row
from kg.model import Edge

_CONTENT: Final = "content of the row"
_SEPARATOR: Final = "\x1f"
_UNKNOWN: Final = "\x1e"


@dataclass(frozen=True, slots=True)
class ChangedEdge:
    """An edge that both releases hold; `fields` are the names of what differs."""

    old: Edge
    new: Edge
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeDiff:
    """The CURIEs of concepts that only one release holds, or that have another name, synonym, xref or property."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphDiff:
    """The edges by which two releases differ, each list sorted by key, and the nodes."""

    added: tuple[Edge, ...]
    removed: tuple[Edge, ...]
    changed: tuple[ChangedEdge, ...]
    nodes: NodeDiff = field(default_factory=NodeDiff)

    @property
    def is_empty(self) -> bool:
        """Whether both releases say the same."""
        return not (self.added or self.removed or self.changed) and self.nodes == NodeDiff()

    def to_json(self) -> dict[str, Any]:
        """Return counts per source and predicate, every edge, and the CURIEs of nodes."""
        return {
            "counts": {
                "added": _count(self.added),
                "removed": _count(self.removed),
                "changed": _count(change.new for change in self.changed),
            },
            "added": [_to_json(edge) for edge in self.added],
            "removed": [_to_json(edge) for edge in self.removed],
            "changed": [_to_json(change.new) | {"fields": list(change.fields)} for change in self.changed],
            "nodes": {name: list(getattr(self.nodes, name)) for name in ("added", "removed", "changed")},
        }


def diff_edges(old: Iterable[Edge], new: Iterable[Edge]) -> GraphDiff:
    """Compare two releases by edge key; `release` itself is no difference."""
    before, after = ({edge.edge_key: edge for edge in edges} for edges in (old, new))
    added = tuple(after[key] for key in sorted(after.keys() - before.keys()))
    removed = tuple(before[key] for key in sorted(before.keys() - after.keys()))
    both = ((before[key], after[key]) for key in sorted(before.keys() & after.keys()))
    changed = (ChangedEdge(a, b, fields) for a, b in both if (fields := _find_changes(a, b)))
    return GraphDiff(added, removed, tuple(changed))


def diff_releases(old: Path, new: Path) -> GraphDiff:
    """Compare two exports in Parquet; InputError when a folder holds none.

    What both hold alike is told apart in columns and never becomes an object, so that large graphs can be compared.
    """
    for folder in (old, new):
        check_release(folder)
    before, after = (_read_columns(folder / EDGES_FILE) for folder in (old, new))
    edges = diff_edges(_only_in(before, after), _only_in(after, before))
    nodes_before, nodes_after = (_read_columns(folder / NODES_FILE) for folder in (old, new))
    return replace(edges, nodes=_diff_nodes(nodes_before, nodes_after))


def check_release(folder: Path) -> None:
    """InputError unless the folder holds an export in Parquet."""
    if not all((folder / name).is_file() for name in (NODES_FILE, EDGES_FILE)):
        raise InputError(f'"{folder}" is no release; make one with `theragraph export parquet --out {folder}`.')


def _read_columns(path: Path) -> polars.DataFrame:
    """The rows with a text that is the same exactly when all but the release is."""
    frame = polars.read_parquet(path)
    lists = [name for name, kind in frame.schema.items() if kind == polars.List]
    scalars = [name for name in frame.columns if name not in (*lists, "release")]
    parts = [polars.col(name).list.join(_SEPARATOR) for name in lists]
    parts += [polars.col(name).cast(polars.String).fill_null(_UNKNOWN) for name in scalars]
    return frame.with_columns(polars.concat_str(parts, separator=_SEPARATOR).alias(_CONTENT))


def _only_in(one: polars.DataFrame, other: polars.DataFrame) -> Iterator[Edge]:
    rows = one.join(other.select(_CONTENT), on=_CONTENT, how="anti").drop(_CONTENT)
    return map(from_parquet_row, rows.iter_rows(named=True))


def _diff_nodes(before: polars.DataFrame, after: polars.DataFrame) -> NodeDiff:
    old, new = (set(frame["curie"]) for frame in (before, after))
    rewritten = set(after.join(before.select(_CONTENT), on=_CONTENT, how="anti")["curie"])
    return NodeDiff(tuple(sorted(new - old)), tuple(sorted(old - new)), tuple(sorted(rewritten & old)))


def _find_changes(old: Edge, new: Edge) -> tuple[str, ...]:
    fields = ("knowledge_level", "agent_type", "publications", "confidence")
    names = [name for name in fields if getattr(old, name) != getattr(new, name)]
    before, after = dict(old.properties), dict(new.properties)
    return (*names, *(name for name in sorted({*before, *after}) if before.get(name) != after.get(name)))


def _count(edges: Iterable[Edge]) -> dict[str, int]:
    return dict(sorted(Counter(f"{e.primary_knowledge_source} {e.predicate}" for e in edges).items()))


def _to_json(edge: Edge) -> dict[str, Any]:
    return {
        "subject": edge.subject,
        "predicate": edge.predicate.value,
        "object": edge.object,
        "negated": edge.negated,
        "primary_knowledge_source": edge.primary_knowledge_source,
        "qualifiers": dict(edge.qualifiers),
    }
