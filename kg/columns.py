"""Edges for training: a relation at a time in columns, because a row an edge costs the driver more than the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, Final

from kg import queries
from kg.queries import Query
from ontologies.biolink import Predicate

# While one answer is taken apart here, the server works on the next.
_AT_ONCE: Final = 2

Run = Callable[[Query], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class EdgeColumns:
    """The edges of one predicate in columns of equal length: subject and object CURIEs, primary knowledge sources."""

    subjects: tuple[str, ...]
    objects: tuple[str, ...]
    sources: tuple[str, ...]


def read_columns(run: Run, predicates: Sequence[Predicate]) -> Iterator[tuple[Predicate, EdgeColumns]]:
    """Yield each predicate with its asserted edges, sorted by subject, source and object.

    Negated edges and predictions are left out.
    `run` runs a named query and may be called from several threads.
    """
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        yield from zip(predicates, pool.map(lambda predicate: _read(run, predicate), predicates), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def _read(run: Run, predicate: Predicate) -> EdgeColumns:
    (row,) = run(queries.edge_columns(predicate))
    groups = sorted((subject, source, sorted(objects)) for subject, source, objects in row["rows"])
    subjects = chain.from_iterable(repeat(subject, len(objects)) for subject, _, objects in groups)
    sources = chain.from_iterable(repeat(source, len(objects)) for _, source, objects in groups)
    return EdgeColumns(tuple(subjects), tuple(chain.from_iterable(objects for *_, objects in groups)), tuple(sources))
