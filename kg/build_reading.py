"""One source while a build reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from kg.build_report import SourceReport
from kg.fingerprint import hash_files, hash_text
from kg.key_set import find_repeated
from kg.merge import join_edges
from kg.model import MODEL_SOURCE, Edge, Node, is_curie
from kg.progress import Progress
from kg.resolve import Resolution
from kg.rules import check_edge, check_node
from kg.sources import Skip, Source

_REPORT_EVERY: Final = 5000
_JOINED: Final = "same statement from another row, joined"
NodeOrEdge = TypeVar("NodeOrEdge", Node, Edge)

# Part of every fingerprint: raised when a reader or the resolution changes what it makes of the same files.
_READER_VERSION: Final = "5"


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
        self.runs: set[str] = set()

    @property
    def name(self) -> str:
        """The source's name."""
        return self.source.info.name

    @property
    def key(self) -> str:
        """What tells it apart in a graph: the name, and for sources that are read from any file also the path."""
        return f"{self.name}:{self.path.resolve()}" if self.source.info.repeatable and self.path else self.name

    @property
    def node_sources(self) -> set[str]:
        """Whom its nodes name as their source."""
        return {node.source for node in self._nodes}

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes that `read_nodes` read."""
        return self._nodes

    def read_nodes(self) -> None:
        """Read all nodes of the source; InputError when one may not be written."""
        for item in self.source.read_nodes(self.path):
            node = item if isinstance(item, Skip) else keep_identified(item, item.curie)
            if isinstance(node, Skip):
                self._count(node)
                continue
            self._nodes.append(check_node(node))
            self._show("nodes", len(self._nodes))

    def check_edges(self) -> None:
        """Read every edge once; InputError or FormatError when one cannot be read or may not be written."""
        for item in self.source.read_edges(self.path):
            edge = item if isinstance(item, Skip) else keep_identified(item, item.subject, item.object)
            if isinstance(edge, Edge):
                check_edge(edge)

    def read_edges(self, resolution: Resolution) -> Iterator[Edge]:
        """Yield the edges between preferred CURIEs, each statement once with the evidence of all rows that make it.

        Those that another row may make again wait until all are read. `unmapped` counts ends that the resolution does
        not know.
        """
        known = {node.curie for node in resolution.nodes}
        may_repeat = self._find_repeatable(resolution)
        waiting: dict[str, Edge] = {}
        for edge in self._read_resolved(resolution):
            if isinstance(edge, Skip):
                self._count(edge)
            elif may_repeat(edge):
                key = edge.edge_key
                if key in waiting:
                    self._count(Skip(_JOINED, f"{edge.subject} {edge.predicate} {edge.object}", expected=True))
                    edge = join_edges(waiting[key], edge)
                waiting[key] = edge
            else:
                yield self._keep(edge, known)
        for edge in waiting.values():
            yield self._keep(edge, known)

    def _read_resolved(self, resolution: Resolution) -> Iterator[Edge | Skip]:
        for item in self.source.read_edges(self.path):
            edge = item if isinstance(item, Skip) else keep_identified(item, item.subject, item.object)
            yield edge if isinstance(edge, Skip) else resolve_edge(edge, resolution, self.release)

    def _find_repeatable(self, resolution: Resolution) -> Callable[[Edge], bool]:
        """Which edges several rows may come to.

        Where a source says every statement once, these are the edges of concepts that stand for several of its
        identifiers; else the rows are read once beforehand.
        """
        if self.source.info.repeats:
            rows = self._read_resolved(resolution)
            repeated = find_repeated(edge.edge_key for edge in rows if isinstance(edge, Edge))
            return lambda edge: edge.edge_key in repeated
        meant = Counter(resolution.resolve(curie) for curie in {node.curie for node in self._nodes})
        joined = {curie for curie, num in meant.items() if num > 1}
        return lambda edge: edge.subject in joined or edge.object in joined

    def _keep(self, edge: Edge, known: set[str]) -> Edge:
        self.unmapped.update(end for end in (edge.subject, edge.object) if end not in known)
        self._num_edges += 1
        if edge.run and edge.primary_knowledge_source == MODEL_SOURCE:
            self.runs.add(edge.run)
        self._show("edges", self._num_edges)
        return edge

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
