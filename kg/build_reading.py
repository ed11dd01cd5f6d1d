"""One source while a build reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from kg.build_report import SourceReport
from kg.fingerprint import hash_files, hash_text
from kg.model import Edge, Node, is_curie
from kg.progress import Progress
from kg.resolve import Resolution
from kg.sources import Skip, Source

_REPORT_EVERY: Final = 5000
NodeOrEdge = TypeVar("NodeOrEdge", Node, Edge)

# Part of every fingerprint: raised when a reader or the resolution changes what it makes of the same files.
_READER_VERSION: Final = "3"


class Reading:
    """Counts what comes and what is skipped, and reports progress."""

    def __init__(self, source: Source, path: Path | None, progress: Progress) -> None:
        """Look for the files and hash them; InputError when one is missing."""
        self.source = source
        self.path = path
        self.content_hash = hash_files(source.input_files(path), _READER_VERSION)
        self.release = source.read_version(path)
        self.infores = source.read_infores(path)
        self._progress = progress
        self._reasons: Counter[str] = Counter()
        self._examples: dict[str, str] = {}
        self._nodes: list[Node] = []
        self._num_edges = 0
        self._num_lost = 0
        self.unmapped: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """The source's name."""
        return self.source.info.name

    @property
    def key(self) -> str:
        """What tells it apart in a graph: the name, and for sources that are read from any file also the path."""
        return f"{self.name}:{self.path.resolve()}" if self.source.info.repeatable and self.path else self.name

    def read_nodes(self) -> list[Node]:
        """Return all nodes of the source."""
        for item in self.source.read_nodes(self.path):
            node = item if isinstance(item, Skip) else keep_identified(item, item.curie)
            if isinstance(node, Skip):
                self._count(node)
                continue
            self._nodes.append(node)
            self._show("nodes", len(self._nodes))
        return self._nodes

    def read_edges(self, resolution: Resolution) -> Iterator[Edge]:
        """Yield the edges between preferred CURIEs; `unmapped` counts ends that the resolution does not know."""
        known = {node.curie for node in resolution.nodes}
        for item in self.source.read_edges(self.path):
            edge = item if isinstance(item, Skip) else keep_identified(item, item.subject, item.object)
            if isinstance(edge, Edge):
                edge = resolve_edge(edge, resolution, self.release)
            if isinstance(edge, Skip):
                self._count(edge)
                continue
            self.unmapped.update(end for end in (edge.subject, edge.object) if end not in known)
            self._num_edges += 1
            self._show("edges", self._num_edges)
            yield edge

    def hash_identities(self, resolution: Resolution) -> str:
        """A hash of the identifiers of this source that lead elsewhere."""
        moved = ((n.curie, resolution.resolve(n.curie)) for n in self._nodes)
        return hash_text(f"{old} {new}" for old, new in sorted(set(moved)) if old != new)

    def add_missing(self, num_missing: int) -> None:
        """Count the edges that the store did not write because an end is not there."""
        if num_missing:
            self._num_edges -= num_missing
            self._reasons["an end that no source describes"] += num_missing
            self._num_lost += num_missing

    def to_report(self) -> SourceReport:
        """Return what became of the source."""
        reasons = dict(sorted(self._reasons.items()))
        skipped = sum(reasons.values())
        counts = (len(self._nodes), self._num_edges, skipped, reasons, self._num_lost)
        return SourceReport(self.name, *counts, examples=dict(sorted(self._examples.items())))

    def _count(self, skip: Skip) -> None:
        self._reasons[skip.reason] += 1
        if skip.where:
            self._examples.setdefault(skip.reason, skip.where)
        self._num_lost += not skip.expected

    def _show(self, what: str, count: int) -> None:
        if count % _REPORT_EVERY == 0:
            self._progress(f"{self.name}: {what}", count, None)


def keep_identified(item: NodeOrEdge, *curies: str) -> NodeOrEdge | Skip:
    """Return the node or edge, or why it is left out: an identifier that is no CURIE."""
    malformed = next((curie for curie in curies if not is_curie(curie)), None)
    return item if malformed is None else Skip("identifier that is no CURIE", f'"{malformed}"')


def resolve_edge(edge: Edge, resolution: Resolution, release: str = "") -> Edge | Skip:
    """Return the edge between preferred CURIEs and with its release, or why it cannot be kept."""
    subject, object_ = resolution.resolve(edge.subject), resolution.resolve(edge.object)
    if subject in resolution.generic or object_ in resolution.generic:
        return Skip("touches a generic concept", f"{edge.subject} {edge.predicate} {edge.object}", expected=True)
    if subject == object_ and edge.subject != edge.object:
        return Skip("both ends are the same concept", f"{edge.subject} {edge.predicate} {edge.object}", expected=True)
    return replace(edge, subject=subject, object=object_, release=edge.release or release)
