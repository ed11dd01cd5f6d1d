"""Where each edge is stated: the graph's primary knowledge sources, or the names of the files it was read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Codes = NDArray[np.int32]
Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """`groups[codes[n]]` are the sources that state `edges[n]`; group 0 is empty.

    `edges` is (num_edges, 3), sorted and without repeats, `codes` (num_edges,). An edge that is not among them, such as
    one of a rewired graph, has no source.
    """

    groups: tuple[Group, ...] = ((),)
    edges: Ids = field(default_factory=lambda: np.zeros((0, 3), np.int64))
    codes: Codes = field(default_factory=lambda: np.zeros(0, np.int32))

    def of(self, head: int, relation: int, tail: int) -> Group:
        """Return the sorted names of what states an edge."""
        first, last = np.searchsorted(self.edges[:, 0], [head, head + 1])
        rows = self.edges[first:last]
        found = first + np.flatnonzero((rows[:, 1] == relation) & (rows[:, 2] == tail))
        return self.groups[self.codes[found[0]]] if len(found) else ()

    def codes_of(self, edges: Ids) -> Codes:
        """Return the (num_edges,) groups of the given edges, 0 for one that nothing is known to state."""
        codes = np.zeros(len(edges), np.int32)
        if not len(self.edges) or not len(edges):
            return codes
        spans = np.maximum(self.edges.max(axis=0), edges.max(axis=0)) + 1
        own, asked = (_to_keys(rows, spans) for rows in (self.edges, edges))
        places = np.minimum(np.searchsorted(own, asked), len(own) - 1)
        return np.where(own[places] == asked, self.codes[places], codes)


def build_sources(edges: Ids, rows: Ids, names: Sequence[str]) -> Sources:
    """Return the sources of sorted edges; `names[n]` states `rows[n]`, an edge may be stated many times."""
    column = polars.Series(names, dtype=polars.String)
    known = column.unique().sort().to_list()
    if len(known) == 1:
        return Sources(((), (known[0],)), edges, np.ones(len(edges), np.int32))
    name_of = column.cast(polars.Enum(known)).to_physical().to_numpy().astype(np.int64)
    spans = edges.max(axis=0) + 1
    edge_of = np.searchsorted(_to_keys(edges, spans), _to_keys(rows, spans))
    stated = np.unique(edge_of * len(known) + name_of)
    return _group(edges, stated // len(known), stated % len(known), known)


def _group(edges: Ids, edge_of: Ids, name_of: Ids, known: Sequence[str]) -> Sources:
    """Number the sets of names; `edge_of` is sorted and holds every edge, `name_of` is sorted within an edge."""
    counts = np.bincount(edge_of, minlength=len(edges))
    starts = np.cumsum(counts) - counts
    codes = (1 + name_of[starts]).astype(np.int32)
    numbers: dict[Group, int] = {(): 0} | {(name,): place for place, name in enumerate(known, start=1)}
    for edge in np.flatnonzero(counts > 1).tolist():
        group = tuple(known[name] for name in name_of[starts[edge] : starts[edge] + counts[edge]].tolist())
        codes[edge] = numbers.setdefault(group, len(numbers))
    return Sources(tuple(numbers), edges, codes)


def _to_keys(edges: Ids, spans: Ids) -> Ids:
    keys: Ids = (edges[:, 0] * spans[1] + edges[:, 1]) * spans[2] + edges[:, 2]
    return keys
