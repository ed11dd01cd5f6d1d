"""Building the graph: sources are read, identities resolved over all of them, nodes and then edges written.

A graph is a function of the set of its sources. What was built before takes part in the resolution again, so that
adding Disease Ontology after HPO gives the same graph as adding both at once; only sources whose files or whose
identities changed are written again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol

from kg.build_report import BuildReport, SourceReport
from kg.errors import InputError
from kg.fetch import default_folder
from kg.fingerprint import hash_files, hash_text
from kg.model import Edge, Node
from kg.progress import Progress, ignore_progress
from kg.resolve import Resolution, resolve_nodes
from kg.sources import SOURCE_NAMES, Skip, Source, open_source

_REPORT_EVERY: Final = 5000

# Part of every fingerprint: raised when a reader or the resolution changes what it makes of the same files.
_READER_VERSION: Final = "1"


class GraphWriter(Protocol):
    """What the build needs of a store; see `kg.store.GraphStore`."""

    def create_constraints(self) -> None:
        """Make identifiers unique."""
        ...

    def write_nodes(self, nodes: Iterable[Node]) -> Any:
        """Write nodes, idempotently."""
        ...

    def write_edges(self, edges: Iterable[Edge]) -> Any:
        """Write edges, idempotently; the answer's `missing` counts edges without both ends."""
        ...

    def read_sources(self) -> list[dict[str, Any]]:
        """Return what was kept of the sources that were built."""
        ...

    def keep_source(self, name: str, properties: dict[str, Any]) -> None:
        """Remember that a source was built."""
        ...

    def retract(self, *, source: str) -> int:
        """Take back what a source said."""
        ...


class _Reading:
    """One source while it is read: counts what comes and what is skipped, reports progress."""

    def __init__(self, source: Source, path: Path | None, progress: Progress) -> None:
        self.source = source
        self.path = path
        self.content_hash = hash_files(source.input_files(path), _READER_VERSION)
        self.release = source.read_version(path)
        self._progress = progress
        self._reasons: Counter[str] = Counter()
        self._nodes: list[Node] = []
        self._num_edges = 0
        self._num_lost = 0

    @property
    def name(self) -> str:
        return self.source.info.name

    def read_nodes(self) -> list[Node]:
        for item in self.source.read_nodes(self.path):
            if isinstance(item, Skip):
                self._count(item)
            else:
                self._nodes.append(item)
                self._show("nodes", len(self._nodes))
        return self._nodes

    def read_edges(self, resolution: Resolution) -> Iterator[Edge]:
        for item in self.source.read_edges(self.path):
            edge = item if isinstance(item, Skip) else resolve_edge(item, resolution, self.release)
            if isinstance(edge, Skip):
                self._count(edge)
                continue
            self._num_edges += 1
            self._show("edges", self._num_edges)
            yield edge

    def hash_identities(self, resolution: Resolution) -> str:
        """A hash of the identifiers of this source that lead elsewhere."""
        moved = ((n.curie, resolution.resolve(n.curie)) for n in self._nodes)
        return hash_text(f"{old} {new}" for old, new in sorted(set(moved)) if old != new)

    def add_missing(self, num_missing: int) -> None:
        if num_missing:
            self._num_edges -= num_missing
            self._reasons["an end that no source describes"] += num_missing
            self._num_lost += num_missing

    def to_report(self) -> SourceReport:
        reasons = dict(sorted(self._reasons.items()))
        skipped = sum(reasons.values())
        return SourceReport(self.name, len(self._nodes), self._num_edges, skipped, reasons, self._num_lost)

    def _count(self, skip: Skip) -> None:
        self._reasons[skip.reason] += 1
        self._num_lost += not skip.expected

    def _show(self, what: str, count: int) -> None:
        if count % _REPORT_EVERY == 0:
            self._progress(f"{self.name}: {what}", count, None)


def build_graph(
    store: GraphWriter, names: Sequence[str], *, path: Path | None = None, progress: Progress = ignore_progress
) -> BuildReport:
    """Read the named sources into the graph; running it again changes nothing.

    `path` is the file or folder of the sources that need one. Raises UnknownNameError for a source that does not
    exist, InputError for a missing file and FormatError for a damaged one; files are looked for before anything is
    written.
    """
    if not names:
        raise InputError(f"No source was named; name at least one of {', '.join(SOURCE_NAMES)}.")
    asked = [_start_reading(name, path, progress) for name in dict.fromkeys(names)]
    store.create_constraints()
    kept = {row["name"]: row for row in store.read_sources()}
    if all(_is_kept(kept.get(reading.name), reading.content_hash) for reading in asked):
        return BuildReport(tuple(SourceReport.from_kept(kept[reading.name]) for reading in asked))
    return _build(store, asked, _reopen_others(asked, kept, progress), kept)


def _build(
    store: GraphWriter, asked: list[_Reading], others: list[_Reading], kept: Mapping[str, Mapping[str, Any]]
) -> BuildReport:
    readings = [*asked, *others]
    order = sorted(readings, key=lambda reading: (reading.name != "starter", reading.name))
    infores = [source for reading in order for source in reading.source.info.all_infores]
    resolution = resolve_nodes((n for reading in order for n in reading.read_nodes()), source_order=infores)
    store.write_nodes(resolution.nodes)
    reports = {reading.name: _write_source(store, reading, resolution, kept.get(reading.name)) for reading in order}
    shown = tuple(reports[r.name] for r in readings if r in asked or not reports[r.name].unchanged)
    return BuildReport(shown, resolution.num_merged, resolution.ambiguities)


def _write_source(
    store: GraphWriter, reading: _Reading, resolution: Resolution, kept: Mapping[str, Any] | None
) -> SourceReport:
    """Write the edges of one source unless its files and identities are those of the last build."""
    identities = reading.hash_identities(resolution)
    if kept is not None:
        if _is_kept(kept, reading.content_hash) and kept.get("identities") == identities:
            return SourceReport.from_kept(kept)
        for infores in reading.source.info.all_infores:
            store.retract(source=infores)
        store.write_nodes(resolution.nodes)
    written = store.write_edges(reading.read_edges(resolution))
    reading.add_missing(getattr(written, "missing", 0))
    report = reading.to_report()
    store.keep_source(reading.name, report.to_kept() | _to_kept(reading, identities))
    return report


def _to_kept(reading: _Reading, identities: str) -> dict[str, Any]:
    info = reading.source.info
    return {
        "infores": info.infores,
        "release": reading.release,
        "licence": info.licence,
        "url": info.url,
        "path": str(reading.path.resolve()) if reading.path else "",
        "content_hash": reading.content_hash,
        "identities": identities,
    }


def resolve_edge(edge: Edge, resolution: Resolution, release: str = "") -> Edge | Skip:
    """Return the edge between preferred CURIEs and with its release, or why it cannot be kept."""
    subject, object_ = resolution.resolve(edge.subject), resolution.resolve(edge.object)
    if subject in resolution.generic or object_ in resolution.generic:
        return Skip("touches a generic concept", expected=True)
    if subject == object_ and edge.subject != edge.object:
        return Skip("both ends are the same concept", expected=True)
    return replace(edge, subject=subject, object=object_, release=edge.release or release)


def _start_reading(name: str, path: Path | None, progress: Progress) -> _Reading:
    source = open_source(name)
    return _Reading(source, _choose_path(source, path), progress)


def _choose_path(source: Source, path: Path | None) -> Path | None:
    """The user's path, or the folder of downloads; a source with data of its own reads a path only if all is there."""
    if path is None:
        downloads = default_folder(source.info.name)
        return downloads if downloads.is_dir() else None
    if source.info.needs_path:
        return path
    try:
        source.input_files(path)
    except InputError:
        return None
    return path


def _is_kept(kept: Mapping[str, Any] | None, content_hash: str) -> bool:
    return kept is not None and kept.get("content_hash") == content_hash


def _reopen_others(
    asked: Sequence[_Reading], kept: Mapping[str, Mapping[str, Any]], progress: Progress
) -> list[_Reading]:
    """The sources of earlier builds whose files are still there."""
    others = []
    for name in sorted(set(kept) & set(SOURCE_NAMES) - {reading.name for reading in asked}):
        path = Path(kept[name]["path"]) if kept[name].get("path") else None
        if path is None or path.exists():
            others.append(_start_reading(name, path, progress))
    return others
