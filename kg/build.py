"""Building the graph: sources are read, identities resolved over all of them, nodes and then edges written.

A graph is a function of the set of its sources. What was built before takes part in the resolution again, so that
adding Disease Ontology after HPO gives the same graph as adding both at once; only sources whose files or whose
identities changed are written again.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from kg.build_reading import Reading
from kg.build_report import BuildReport, SourceReport
from kg.errors import InputError
from kg.fetch import default_folder
from kg.model import Edge, Node
from kg.names import check_names
from kg.progress import Progress, ignore_progress
from kg.resolve import Resolution, resolve_nodes
from kg.sources import SOURCE_NAMES, Source, open_source

# What the graph remembers of each build, by the build's name.
Kept = Mapping[str, Mapping[str, Any]]


class GraphWriter(Protocol):
    """What the build needs of a store; see `kg.store.GraphStore`.

    `all_or_nothing` says that a build that fails leaves nothing behind and has nothing to lose.
    """

    all_or_nothing: bool

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

    def retract_build(self, built: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> int:
        """Take back what a build brought, but for what the others say as well."""
        ...


def build_graph(
    store: GraphWriter, names: Sequence[str], *, path: Path | None = None, progress: Progress = ignore_progress
) -> BuildReport:
    """Read the named sources into the graph; running it again changes nothing.

    `path` is the file or folder of the sources that need one. Raises UnknownNameError for a source that does not
    exist, InputError for a missing file or one whose source another file speaks for, FormatError for a damaged one.
    Where something can be lost, sources that changed are read to their end and checked before anything is written.
    A damaged file of an earlier build stops nothing: the report names it among those `left_out`.
    """
    if not names:
        raise InputError(f"No source was named; name at least one of {', '.join(SOURCE_NAMES)}.")
    if path is not None and not path.exists():
        raise InputError(f'"{path}" does not exist; give --from the file or folder of the source.')
    alone = len(set(names)) == 1
    asked = [_start_reading(name, path, progress, strictly=alone) for name in dict.fromkeys(names)]
    store.create_constraints()
    kept = {row["name"]: row for row in store.read_sources() if row.get("source") in SOURCE_NAMES}
    if all(_is_kept(kept.get(reading.key), reading.content_hash) for reading in asked):
        return BuildReport(tuple(SourceReport.from_kept(kept[reading.key]) for reading in asked))
    opening = _Opening(store, kept, progress)
    for reading in asked:
        opening.prepare(reading)
    others = opening.reopen_others(asked)
    report = _build(store, asked, others, kept)
    return replace(report, left_out=opening.left_out)


class _Opening:
    """Reads and checks sources before anything is written.

    `left_out` are builds whose files were damaged since, with what is wrong: they take no part and stand as they are.
    """

    def __init__(self, store: GraphWriter, kept: Kept, progress: Progress) -> None:
        self.left_out: dict[str, str] = {}
        self._checks = not store.all_or_nothing
        self._kept = kept
        self._progress = progress
        self._files = {k: row["all_infores"] for k, row in kept.items() if open_source(row["source"]).info.repeatable}

    def prepare(self, reading: Reading) -> Reading:
        """Read the nodes of a source and look through its edges where they will be written anew."""
        if not _is_kept(self._kept.get(reading.key), reading.content_hash):
            self._claim_sources(reading)
            if self._checks:
                reading.check_edges()
        reading.read_nodes()
        return reading

    def reopen_others(self, asked: Sequence[Reading]) -> list[Reading]:
        """The sources of earlier builds whose files are still there, and of which nothing was taken back since."""
        others = []
        for key in sorted(set(self._kept) - {reading.key for reading in asked}):
            row = self._kept[key]
            path = Path(row["path"]) if row.get("path") else None
            if row["content_hash"] and (path is None or path.exists()):
                try:
                    others.append(self.prepare(_start_reading(row["source"], path, self._progress, strictly=True)))
                except InputError as error:
                    self.left_out[key] = str(error)
        return others

    def _claim_sources(self, reading: Reading) -> None:
        """InputError where a file speaks for a source that another file speaks for already.

        An edge knows its source and not its file: of two files, the later would overwrite statements of the earlier,
        and what one of them no longer says could not be told from what the other does.
        """
        if not reading.source.info.repeatable:
            return
        for key in sorted(set(self._files) - {reading.key}):
            for shared in sorted({*self._files[key]} & {*reading.infores}):
                raise InputError(
                    f'"{shared}" is the source of {key} already, so {reading.key} cannot be built: one file speaks for '
                    "one source. Name another in it (`source` of a mapping, `primary_knowledge_source` of KGX edges, "
                    "the file's name of an ontology), put the rows into one file, or take the other back first: "
                    f"theragraph retract --source {shlex.quote(key)}."
                )
        self._files[reading.key] = list(reading.infores)


def _build(store: GraphWriter, asked: list[Reading], others: list[Reading], kept: Kept) -> BuildReport:
    readings = [*asked, *others]
    order = sorted(readings, key=lambda reading: (reading.key != "starter", reading.key))
    infores = [source for reading in order for source in reading.infores]
    resolution = resolve_nodes((n for reading in order for n in reading.nodes), source_order=infores)
    store.write_nodes(resolution.nodes)
    reports = {reading.key: _write_source(store, reading, order, resolution, kept) for reading in order}
    shown = tuple(reports[r.key] for r in readings if r in asked or not reports[r.key].unchanged)
    unmapped = sum((reading.unmapped for reading in readings), Counter[str]())
    names = check_names(resolution.nodes)
    return BuildReport(shown, resolution.num_merged, resolution.ambiguities, names, dict(sorted(unmapped.items())))


def _write_source(
    store: GraphWriter,
    reading: Reading,
    readings: Sequence[Reading],
    resolution: Resolution,
    kept: Kept,
) -> SourceReport:
    """Write the edges of one source unless its files and identities are those of the last build."""
    identities = reading.hash_identities(resolution)
    before = kept.get(reading.key)
    if before is not None:
        if _is_kept(before, reading.content_hash) and before.get("identities") == identities:
            return SourceReport.from_kept(before)
        others = [row for key, row in kept.items() if key != reading.key]
        others += [_to_kept(other) for other in readings if other is not reading]
        store.retract_build(before, others)
        store.write_nodes(resolution.nodes)
    written = store.write_edges(reading.read_edges(resolution))
    reading.add_missing(getattr(written, "missing", 0))
    report = reading.to_report()
    store.keep_source(reading.key, report.to_kept() | _to_kept(reading) | {"identities": identities})
    return report


def _to_kept(reading: Reading) -> dict[str, Any]:
    info = reading.source.info
    return {
        "source": info.name,
        "infores": reading.infores[0],
        "all_infores": list(reading.infores),
        "node_sources": sorted(reading.node_sources),
        "runs": sorted(reading.runs),
        "release": reading.release,
        "licence": info.licence,
        "url": info.url,
        "path": str(reading.path.resolve()) if reading.path else "",
        "content_hash": reading.content_hash,
    }


def _start_reading(name: str, path: Path | None, progress: Progress, *, strictly: bool) -> Reading:
    source = open_source(name)
    return Reading(source, path if path and strictly else _choose_path(source, path), progress)


def _choose_path(source: Source, path: Path | None) -> Path | None:
    """The user's path for several sources, or the folder of downloads.

    A source with data of its own reads the path only if all of its files are there.
    """
    downloads = default_folder(source.info.name)
    chosen = path or (downloads if downloads.is_dir() else None)
    if chosen is None or source.info.needs_path:
        return chosen
    try:
        source.input_files(chosen)
    except InputError:
        return None
    return chosen


def _is_kept(kept: Mapping[str, Any] | None, content_hash: str) -> bool:
    return kept is not None and kept.get("content_hash") == content_hash
