"""Building the graph: sources are read, identities resolved over all of them, nodes and then edges written.

A graph is a function of the set of its sources. What was built before takes part in the resolution again, so that
adding Disease Ontology after HPO gives the same graph as adding both at once; only sources whose files or whose
identities changed are written again.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
    _check_one_file_each(asked, kept)
    others = _reopen_others(asked, kept, progress)
    if not store.all_or_nothing:
        _check([*asked, *others], kept)
    return _build(store, asked, others, kept)


def _check_one_file_each(asked: Sequence[Reading], kept: Mapping[str, Mapping[str, Any]]) -> None:
    """InputError where a file speaks for a source that another file speaks for already.

    An edge knows its source and not its file: of two files, the later would overwrite statements of the earlier, and
    what one of them no longer says could not be told from what the other does.
    """
    files = {key: row["all_infores"] for key, row in kept.items() if open_source(row["source"]).info.repeatable}
    for reading in asked:
        if not reading.source.info.repeatable:
            continue
        for key in sorted(set(files) - {reading.key}):
            for shared in sorted({*files[key]} & {*reading.infores}):
                raise InputError(
                    f'"{shared}" is the source of {key} already, so {reading.key} cannot be built: one file speaks for '
                    "one source. Name another in it (`source` of a mapping, `primary_knowledge_source` of KGX edges, "
                    "the file's name of an ontology), put the rows into one file, or take the other back first: "
                    f"theragraph retract --source {shlex.quote(key)}."
                )
        files[reading.key] = list(reading.infores)


def _check(readings: Iterable[Reading], kept: Mapping[str, Mapping[str, Any]]) -> None:
    """Look through the edges that will be written before those of the last build are taken back."""
    for reading in readings:
        if not _is_kept(kept.get(reading.key), reading.content_hash):
            reading.check_edges()


def _build(
    store: GraphWriter, asked: list[Reading], others: list[Reading], kept: Mapping[str, Mapping[str, Any]]
) -> BuildReport:
    readings = [*asked, *others]
    order = sorted(readings, key=lambda reading: (reading.key != "starter", reading.key))
    infores = [source for reading in order for source in reading.infores]
    resolution = resolve_nodes((n for reading in order for n in reading.read_nodes()), source_order=infores)
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
    kept: Mapping[str, Mapping[str, Any]],
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


def _reopen_others(
    asked: Sequence[Reading], kept: Mapping[str, Mapping[str, Any]], progress: Progress
) -> list[Reading]:
    """The sources of earlier builds whose files are still there, and of which nothing was taken back since."""
    others = []
    for key in sorted(set(kept) - {reading.key for reading in asked}):
        path = Path(kept[key]["path"]) if kept[key].get("path") else None
        if kept[key]["content_hash"] and (path is None or path.exists()):
            others.append(_start_reading(kept[key]["source"], path, progress, strictly=True))
    return others
