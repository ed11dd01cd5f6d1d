"""Many files: annotated as a stream, or written into the graph, with resume, progress and a pool of processes."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import groupby, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from extraction.document import Annotated, Skipped, SourceDocument
from extraction.pipeline import CORPUS_IDS, Deidentify, ExtractionConfig, Extractor
from extraction.read import count_bytes, find_format, read_files
from extraction.read_common import Item
from extraction.reading import Reading, holds
from extraction.to_graph import reading_hash, to_document_id, to_read_document
from kg.documents import DocumentCount, known_document_hashes
from kg.errors import ResourceError
from kg.model import Node
from kg.progress import Progress, ignore_progress
from kg.store import GraphStore
from ontologies.biolink import Category

_BATCH = 64
_BATCHES_AHEAD = 2
_MAX_RESTARTS = 3
_POOL_PAYS = 400
_LABEL = "documents"
_NAMED = (Category.DISEASE, Category.DRUG)
_RULES_VERSION = "2"

Read = Annotated | Skipped


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What a run read: documents written, passed over because the graph holds them, and skipped with their reasons.

    `unwritten` counts edges for which a concept is not in the graph.
    """

    documents: int = 0
    unchanged: int = 0
    mentions: int = 0
    statements: int = 0
    unwritten: int = 0
    skipped: tuple[Skipped, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON types."""
        return asdict(self) | {"skipped": [asdict(s) for s in self.skipped], "num_skipped": len(self.skipped)}


def choose_workers(items: Iterator[Item], workers: int) -> tuple[int, Iterator[Item]]:
    """Return the number of processes that pays, and the items again; `workers` other than 0 is taken as it is.

    One process a core, a single one where there are so few documents that starting others would take longer.
    """
    if workers:
        return workers, items
    are_many, items = holds(items, _POOL_PAYS)
    return (len(os.sched_getaffinity(0)) if are_many else 1), items


def annotate_files(
    files: Sequence[Path],
    *,
    form: str = "",
    kind: str = "",
    model: str = "fast",
    ids: str | None = None,
    gold_mentions: bool = False,
    deidentify: Deidentify = "notes",
    workers: int = 0,
    progress: Progress = ignore_progress,
) -> Iterator[Read]:
    """Yield what each document of files and folders says, in order; the graph is not touched.

    `ids` None is MESH for PubTator files and the graph's preferred CURIEs for all others. `workers` processes share
    the work, 0 is one a core when there are enough documents for it to pay.
    """
    reading = Reading(count_bytes(files))
    done = 0
    for chosen, paths in groupby(files, key=lambda path: _ids_of(path, form) if ids is None else ids):
        config = ExtractionConfig(model=model, ids=chosen, deidentify=deidentify, gold_mentions=gold_mentions)
        num, items = choose_workers(reading.watch(read_files(list(paths), form, kind)), workers)
        for item in annotate(items, config, workers=num):
            done += 1
            progress(_LABEL, done, reading.expected())
            yield item
    progress(_LABEL, done, done)


def annotate(
    items: Iterable[Item], config: ExtractionConfig, nodes: Sequence[Node] = (), *, workers: int = 1
) -> Iterator[Read]:
    """Yield what each document says, in order, from this process or from a pool of `workers`.

    At most two batches a worker are in memory. A worker that dies is replaced and its batches are done again, none
    twice; ResourceError when that happens more than three times.
    """
    if workers <= 1:
        yield from config.create(nodes).annotate(items)
    else:
        yield from _annotate_in_pool(items, config, tuple(nodes), workers)


def read_into_graph(
    store: GraphStore,
    files: Sequence[Path],
    *,
    form: str = "",
    kind: str = "",
    model: str = "fast",
    resume: bool = True,
    deidentify: Deidentify = "notes",
    workers: int = 0,
    progress: Progress = ignore_progress,
) -> ReadReport:
    """Read files and folders into the graph; a document that stands in it with the same content is left alone.

    With `resume` such documents are passed over before they are read closely; without it they are read again, and
    their unchanged content still changes nothing. Each batch of documents is written whole, so that a killed run goes
    on where it stopped. `workers` is as for `annotate_files`.
    """
    config = ExtractionConfig(model=model, deidentify=deidentify)
    reading = f"{config.model}|{config.ids}|{config.deidentify}|{_RULES_VERSION}"
    pace = Reading(count_bytes(files))
    tally = _Tally(store, reading, resume, pace, progress)
    nodes = [node for category in _NAMED for node in store.read_nodes(category)]
    num, items = choose_workers(tally.keep_new(pace.watch(read_files(files, form, kind))), workers)
    read = annotate(items, config, nodes, workers=num)
    while batch := list(islice(read, _BATCH)):
        tally.write(batch)
    tally.end()
    return tally.report()


class _Tally:
    """What one run has passed over, written and skipped so far."""

    def __init__(self, store: GraphStore, reading: str, resume: bool, pace: Reading, progress: Progress) -> None:
        self._store = store
        self._reading = reading
        self._resume = resume
        self._pace = pace
        self._progress = progress
        self._count = DocumentCount()
        self._passed = 0
        self._skipped: list[Skipped] = []

    def keep_new(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the documents that the graph does not hold as they are."""
        stream = iter(items)
        while batch := list(islice(stream, _BATCH)):
            known = self._known(batch) if self._resume else {}
            for item in batch:
                if isinstance(item, SourceDocument) and self._is_known(item, known):
                    self._passed += 1
                else:
                    yield item

    def write(self, batch: Sequence[Read]) -> None:
        """Write one batch and say how far the run is."""
        self._skipped += [item for item in batch if isinstance(item, Skipped)]
        documents = [to_read_document(item, self._reading) for item in batch if isinstance(item, Annotated)]
        self._count += self._store.write_documents(documents)
        self._progress(_LABEL, self._done(), self._pace.expected())

    def end(self) -> None:
        """Say that the run is over."""
        self._progress(_LABEL, self._done(), self._done())

    def report(self) -> ReadReport:
        """Return what the run did."""
        return ReadReport(
            self._count.written,
            self._count.unchanged + self._passed,
            self._count.mentions,
            self._count.statements,
            self._count.unwritten,
            tuple(self._skipped),
        )

    def _done(self) -> int:
        return self._count.written + self._count.unchanged + self._passed + len(self._skipped)

    def _known(self, batch: Sequence[Item]) -> dict[str, str]:
        ids = [to_document_id(item.document) for item in batch if isinstance(item, SourceDocument)]
        return known_document_hashes(self._store, ids)

    def _is_known(self, item: SourceDocument, known: dict[str, str]) -> bool:
        return known.get(to_document_id(item.document)) == reading_hash(item.document, self._reading)


def _ids_of(path: Path, form: str) -> str:
    is_corpus = form == "pubtator" or (not form and path.is_file() and find_format(path) == "pubtator")
    return CORPUS_IDS if is_corpus else ""


def _annotate_in_pool(
    items: Iterable[Item], config: ExtractionConfig, nodes: tuple[Node, ...], workers: int
) -> Iterator[Read]:
    stream = iter(items)
    ahead = _Ahead(config, nodes, workers)
    try:
        while True:
            while ahead.has_room() and (batch := list(islice(stream, _BATCH))):
                ahead.add(batch)
            if ahead.is_empty():
                return
            yield from ahead.take()
    finally:
        ahead.close()


class _Ahead:
    """The batches that the pool has in hand, in order; a pool that breaks is replaced and given them again."""

    def __init__(self, config: ExtractionConfig, nodes: tuple[Node, ...], workers: int) -> None:
        self._config = config
        self._nodes = nodes
        self._workers = workers
        self._restarts = 0
        self._batches: deque[list[Item]] = deque()
        self._futures: deque[Future[list[Read]]] = deque()
        self._pool = self._start_pool()

    def has_room(self) -> bool:
        """Tell whether another batch may be read into memory."""
        return len(self._batches) < self._workers * _BATCHES_AHEAD

    def is_empty(self) -> bool:
        """Tell whether every batch was taken."""
        return not self._batches

    def add(self, batch: list[Item]) -> None:
        """Hand a batch to the pool."""
        self._batches.append(batch)
        try:
            self._futures.append(self._pool.submit(_annotate_here, batch))
        except BrokenProcessPool as error:
            self._restart(error)

    def take(self) -> list[Read]:
        """Return what the oldest batch says, once it is done."""
        while True:
            try:
                done = self._futures[0].result()
            except BrokenProcessPool as error:
                self._restart(error)
                continue
            self._futures.popleft()
            self._batches.popleft()
            return done

    def close(self) -> None:
        """Let the processes go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _restart(self, error: BrokenProcessPool) -> None:
        while True:
            self._restarts += 1
            if self._restarts > _MAX_RESTARTS:
                raise ResourceError("The reading processes keep dying; use fewer workers or more memory.") from error
            self.close()
            self._pool = self._start_pool()
            try:
                self._futures = deque(self._pool.submit(_annotate_here, batch) for batch in self._batches)
            except BrokenProcessPool:
                continue
            return

    def _start_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._workers, mp_context=get_context("spawn"), initializer=_prepare, initargs=(self._config, self._nodes)
        )


@cache
def _extractors() -> list[Extractor]:
    """Return the list that holds this process's extractor once `_prepare` has run."""
    return []


def _prepare(config: ExtractionConfig, nodes: tuple[Node, ...]) -> None:
    _extractors()[:] = [config.create(nodes)]
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


def _annotate_here(batch: list[Item]) -> list[Read]:
    return list(_extractors()[0].annotate(batch))
