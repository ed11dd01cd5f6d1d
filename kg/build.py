"""Building the graph: sources are read, identities resolved over all of them, nodes and then edges written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

from kg.errors import InputError
from kg.model import Edge, Node
from kg.resolve import Ambiguity, Resolution, resolve_nodes
from kg.sources import Skip, Source, open_source

Progress = Callable[[str, int, int | None], None]
_REPORT_EVERY: Final = 5000


class GraphWriter(Protocol):
    """What the build needs of a store."""

    def create_constraints(self) -> None:
        """Make identifiers unique."""

    def write_nodes(self, nodes: Iterable[Node]) -> Any:
        """Write nodes, idempotently."""

    def write_edges(self, edges: Iterable[Edge]) -> Any:
        """Write edges, idempotently."""


def ignore_progress(_label: str, _done: int, _total: int | None) -> None:
    """The progress callback that does nothing."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of one source. `nodes` and `edges` were read and mapped; `reasons` counts what was skipped."""

    name: str
    nodes: int
    edges: int
    skipped: int
    reasons: dict[str, int]
    unchanged: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON-ready values."""
        return {
            "name": self.name,
            "nodes": self.nodes,
            "edges": self.edges,
            "skipped": self.skipped,
            "reasons": self.reasons,
            "unchanged": self.unchanged,
        }


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What became of every source, how many nodes were joined, which identifiers were ambiguous."""

    sources: tuple[SourceReport, ...]
    merged: int = 0
    ambiguities: tuple[Ambiguity, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return `{"sources": [{"name", "nodes", "edges", "skipped", "reasons"}], "merged", "ambiguous"}`."""
        return {
            "sources": [source.to_json() for source in self.sources],
            "merged": self.merged,
            "ambiguous": dict(sorted(Counter(a.reason for a in self.ambiguities).items())),
        }


@dataclass(slots=True)
class _Run:
    """One source while it is being read."""

    source: Source
    path: Path | None
    progress: Progress
    num_nodes: int = 0
    num_edges: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def read_nodes(self) -> Iterator[Node]:
        for item in self.source.read_nodes(self.path):
            if isinstance(item, Skip):
                self.reasons[item.reason] += 1
                continue
            self.num_nodes += 1
            self._show("nodes", self.num_nodes)
            yield item

    def read_edges(self, resolution: Resolution) -> Iterator[Edge]:
        for item in self.source.read_edges(self.path):
            edge = item if isinstance(item, Skip) else resolve_edge(item, resolution)
            if isinstance(edge, Skip):
                self.reasons[edge.reason] += 1
                continue
            self.num_edges += 1
            self._show("edges", self.num_edges)
            yield edge

    def to_report(self) -> SourceReport:
        reasons = dict(sorted(self.reasons.items()))
        return SourceReport(
            self.source.info.name,
            self.num_nodes,
            self.num_edges,
            sum(reasons.values()),
            reasons,
        )

    def _show(self, what: str, count: int) -> None:
        if count % _REPORT_EVERY == 0:
            self.progress(f"{self.source.info.name}: {what}", count, None)


def build_graph(
    store: GraphWriter,
    names: Sequence[str],
    *,
    path: Path | None = None,
    progress: Progress = ignore_progress,
) -> BuildReport:
    """Read the named sources into the graph; running it again changes nothing.

    `path` is the file or folder of the sources that need one. Raises UnknownNameError for a source that does not
    exist, InputError for a missing file and FormatError for a damaged one, before anything is written where possible.
    """
    if not names:
        raise InputError("No source was named; name at least one, such as starter.")
    runs = [_Run(source, _choose_path(source, path), progress) for source in map(open_source, dict.fromkeys(names))]
    for run in runs:
        run.source.input_files(run.path)
    store.create_constraints()
    order = [run.source.info.infores for run in runs]
    resolution = resolve_nodes((node for run in runs for node in run.read_nodes()), source_order=sorted(order))
    store.write_nodes(resolution.nodes)
    for run in runs:
        store.write_edges(run.read_edges(resolution))
    return BuildReport(
        tuple(run.to_report() for run in runs),
        resolution.num_merged,
        resolution.ambiguities,
    )


def resolve_edge(edge: Edge, resolution: Resolution) -> Edge | Skip:
    """Return the edge between preferred CURIEs, or why it cannot be kept."""
    subject, object_ = resolution.resolve(edge.subject), resolution.resolve(edge.object)
    if subject in resolution.generic or object_ in resolution.generic:
        return Skip("touches a generic concept")
    if subject == object_:
        return Skip("both ends are the same concept")
    return edge if (subject, object_) == (edge.subject, edge.object) else replace(edge, subject=subject, object=object_)


def _choose_path(source: Source, path: Path | None) -> Path | None:
    """A source that carries its data reads the user's path only when it finds all of its files there."""
    if path is None or source.info.needs_path:
        return path
    try:
        source.input_files(path)
    except InputError:
        return None
    return path
