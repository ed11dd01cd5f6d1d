"""Many files: annotated as a stream, or written into the graph, with resume, progress and a pool of processes."""

from __future__ import annotations

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
from extraction.read import find_format, read_files
from extraction.read_common import Item
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
_NAMED = (Category.DISEASE, Category.DRUG)
_RULES_VERSION = "1"

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


def annotate_files(
    files: Iterable[Path],
    *,
    form: str = "",
    kind: str = "",
    model: str = "fast",
    ids: str | None = None,
    gold_mentions: bool = False,
    deidentify: Deidentify = "notes",
    workers: int = 1,
) -> Iterator[Read]:
    """Yield what each document of files and folders says, in order; the graph is not touched.

    `ids` None is MESH for PubTator files and the graph's preferred CURIEs for all others. `workers` above 1 spreads
    batches over processes.
    """
    for chosen, paths in groupby(files, key=lambda path: _ids_of(path, form) if ids is None else ids):
        config = ExtractionConfig(model=model, ids=chosen, deidentify=deidentify, gold_mentions=gold_mentions)
        yield from annotate(read_files(list(paths), form, kind), config, workers=workers)


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
    files: Iterable[Path],
    *,
    form: str = "",
    kind: str = "",
    model: str = "fast",
    resume: bool = True,
    deidentify: Deidentify = "notes",
    workers: int = 1,
    progress: Progress = ignore_progress,
) -> ReadReport:
    """Read files and folders into the graph; a document that stands in it with the same content is left alone.

    With `resume` such documents are passed over before they are read closely; without it they are read again, and
    their unchanged content still changes nothing. Each batch of documents is written whole, so that a killed run goes
    on where it stopped.
    """
    config = ExtractionConfig(model=model, deidentify=deidentify)
    tally = _Tally(store, f"{config.model}|{config.ids}|{config.deidentify}|{_RULES_VERSION}", resume, progress)
    nodes = [node for category in _NAMED for node in store.read_nodes(category)]
    read = annotate(tally.keep_new(read_files(files, form, kind)), config, nodes, workers=workers)
    while batch := list(islice(read, _BATCH)):
        tally.write(batch)
    return tally.report()


class _Tally:
    """What one run has passed over, written and skipped so far."""

    def __init__(self, store: GraphStore, reading: str, resume: bool, progress: Progress) -> None:
        self._store = store
        self._reading = reading
        self._resume = resume
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
        self._progress("documents", self._count.written + self._count.unchanged + self._passed, None)

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
    waiting: deque[tuple[list[Item], Future[list[Read]]]] = deque()
    pool = _start_pool(config, nodes, workers)
    restarts = 0
    try:
        while True:
            while len(waiting) < workers * _BATCHES_AHEAD and (batch := list(islice(stream, _BATCH))):
                waiting.append((batch, pool.submit(_annotate_here, batch)))
            if not waiting:
                return
            try:
                done = waiting[0][1].result()
            except BrokenProcessPool as error:
                restarts += 1
                if restarts > _MAX_RESTARTS:
                    raise ResourceError(
                        "The reading processes keep dying; use fewer workers or more memory."
                    ) from error
                pool = _start_pool(config, nodes, workers)
                waiting = deque((batch, pool.submit(_annotate_here, batch)) for batch, _ in waiting)
                continue
            waiting.popleft()
            yield from done
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _start_pool(config: ExtractionConfig, nodes: tuple[Node, ...], workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_prepare, initargs=(config, nodes))


@cache
def _extractors() -> list[Extractor]:
    """Return the list that holds this process's extractor once `_prepare` has run."""
    return []


def _prepare(config: ExtractionConfig, nodes: tuple[Node, ...]) -> None:
    _extractors()[:] = [config.create(nodes)]


def _annotate_here(batch: list[Item]) -> list[Read]:
    return list(_extractors()[0].annotate(batch))
