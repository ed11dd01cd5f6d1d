"""What changed between two releases of the graph: edges added, removed, and changed in their evidence.

A release is an export of the graph (Parquet); two exports, or an export and the graph of today, are compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import InputError
from kg.export_parquet import read_parquet
from kg.model import Edge


@dataclass(frozen=True, slots=True)
class ChangedEdge:
    """An edge that both releases hold; `fields` are the names of what differs."""

    old: Edge
    new: Edge
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GraphDiff:
    """The edges by which two releases differ, each list sorted by key."""

    added: tuple[Edge, ...]
    removed: tuple[Edge, ...]
    changed: tuple[ChangedEdge, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both releases say the same."""
        return not (self.added or self.removed or self.changed)

    def to_json(self) -> dict[str, Any]:
        """Return counts per source and predicate, and every edge."""
        return {
            "counts": {
                "added": _count(self.added),
                "removed": _count(self.removed),
                "changed": _count(change.new for change in self.changed),
            },
            "added": [_to_json(edge) for edge in self.added],
            "removed": [_to_json(edge) for edge in self.removed],
            "changed": [_to_json(change.new) | {"fields": list(change.fields)} for change in self.changed],
        }


def diff_edges(old: Iterable[Edge], new: Iterable[Edge]) -> GraphDiff:
    """Compare two releases by edge key; `release` itself is no difference."""
    before, after = ({edge.edge_key: edge for edge in edges} for edges in (old, new))
    added = tuple(after[key] for key in sorted(after.keys() - before.keys()))
    removed = tuple(before[key] for key in sorted(before.keys() - after.keys()))
    both = ((before[key], after[key]) for key in sorted(before.keys() & after.keys()))
    changed = (ChangedEdge(a, b, fields) for a, b in both if (fields := _find_changes(a, b)))
    return GraphDiff(added, removed, tuple(changed))


def read_release(folder: Path) -> tuple[Edge, ...]:
    """Return the edges of an export in Parquet; InputError when the folder holds none."""
    if not (folder / "edges.parquet").is_file():
        raise InputError(f'"{folder}" is no release; make one with `theragraph export parquet --out {folder}`.')
    return read_parquet(folder)[1]


def compare_plans(old: Mapping[str, tuple[str, ...]], new: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return, for each patient whose ranked drugs differ, what they were and are.

    >>> compare_plans({"p1": ("a", "b")}, {"p1": ("b", "a")})
    {'p1': {'old': ['a', 'b'], 'new': ['b', 'a']}}
    """
    patients = sorted({*old, *new})
    return {
        patient: {"old": list(old.get(patient, ())), "new": list(new.get(patient, ()))}
        for patient in patients
        if old.get(patient, ()) != new.get(patient, ())
    }


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
