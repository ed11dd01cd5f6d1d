"""A long run beside plain spaCy pipelines: documents a second and memory while ten thousand abstracts go by."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch

from benchmarks._extraction_peers import JUDGED, build_whole_peer, load_peer
from extraction.document import Annotated, SourceDocument, content_hash
from extraction.evaluate import to_places, to_scores
from extraction.jobs import annotate
from extraction.ner import TaggerRecognizer, load_recognizer
from extraction.pipeline import ExtractionConfig
from extraction.scoring import Counts, Place, count_strict
from kg.model import Document

_DROPPED = 0.02
_REPORTS = 5


def noisy_copies(texts: Sequence[str], num: int, seed: int = 1) -> Iterator[SourceDocument]:
    """Yield `num` documents: the texts over and over, one word in fifty dropped and every digit another."""
    rng = random.Random(seed)
    for number in range(num):
        words = [w for w in texts[number % len(texts)].split(" ") if rng.random() > _DROPPED]
        text = "".join(str(rng.randrange(10)) if c.isdigit() else c for c in " ".join(words))
        document = Document(f"copy{number}", "", text, "abstract", "", content_hash("", text))
        yield SourceDocument(document, "", f"copy {number}")


def resident_mb() -> float:
    """Return the memory that this process and its children hold, in MB (Linux)."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()
    return sum(_resident_kb(pid) for pid in ("self", *children)) / 1024


def _resident_kb(pid: str) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return 0
    return int(status.split("VmRSS:")[1].split()[0]) if "VmRSS:" in status else 0


def reference_gflops(seconds: float = 0.5) -> float:
    """Return what one thread multiplies: 512 x 512 single precision, in 10^9 operations a second."""
    left, right = torch.rand(512, 512), torch.rand(512, 512)
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        torch.mm(left, right)
        done += 1
    return 2 * 512**3 * done / (time.perf_counter() - started) / 1e9


def score(gold: Sequence[SourceDocument], found: Iterable[set[Place]]) -> dict[str, object]:
    """Return strict scores of diseases and drugs."""
    counts: list[Counts] = []
    for document, places in zip(gold, found, strict=True):
        counts.append(count_strict(places, to_places(document.mentions, JUDGED)))
    return to_scores(counts)


def time_run(name: str, read: Iterable[object], num: int) -> tuple[float, float]:
    """Go through `num` documents, print pace and memory at each fifth, return documents a second by clock and by work.

    By work is a second of processor time of this process: on a machine with other work the better measure, and none
    where children read.
    """
    started, busy, stream = time.perf_counter(), time.process_time(), iter(read)
    for part in range(_REPORTS):
        sum(1 for _ in islice(stream, num // _REPORTS))
        done = (part + 1) * (num // _REPORTS)
        pace, worked = done / (time.perf_counter() - started), done / (time.process_time() - busy)
        print(
            f"  {name}: {done} documents, {pace:.1f} a second, {worked:.1f} a second of processor time, "
            f"{resident_mb():.0f} MB",
            flush=True,
        )
    return pace, worked


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Our model, how many copies go by, in how many processes, and where the trained peer is kept."""

    model: str
    num: int
    workers: int
    peer: Path


def bench_run(train: Sequence[SourceDocument], unseen: Sequence[SourceDocument], settings: RunSettings) -> None:
    """Print F1 on documents that neither has seen and the pace over noisy copies, ours and the peer's.

    Both read in as many processes, one thread each.
    """
    model, num, workers = settings.model, settings.num, settings.workers
    print(f"reference: {reference_gflops():.0f} GFLOP/s single precision, {torch.get_num_threads()} threads")
    peer = load_peer(train, settings.peer)
    texts = [d.document.text for d in train]
    docs = peer.pipe(d.document.text for d in unseen)
    found = [{(e.start_char, e.end_char, e.label_) for e in doc.ents} for doc in docs]
    print("plain spaCy, F1 on unseen documents", score(unseen, found))
    config = ExtractionConfig(model=model, ids="MESH", deidentify="never")
    ours = list(config.create().annotate(iter(unseen)))
    places = [to_places(o.mentions, JUDGED) if isinstance(o, Annotated) else set() for o in ours]
    print(f"{model}, F1 on unseen documents", score(unseen, places))
    whole_peer = build_whole_peer(peer, train)
    peers = {
        "spaCy, NER only": peer.pipe(copies_of(texts, num), n_process=workers, batch_size=64),
        "spaCy, scispaCy's components": whole_peer.pipe(copies_of(texts, num), n_process=workers, batch_size=64),
    }
    theirs = {name: time_run(name, docs, num) for name, docs in peers.items()}
    if workers == 1:
        recognizer = load_recognizer(model)
        if not isinstance(recognizer, TaggerRecognizer):
            raise SystemExit(f"{model} is no tagger; give fast, accurate or a folder.")
        name = f"{model}, mentions only"
        print_ratios(name, time_run(name, recognizer.recognize(copies_of(texts, num)), num), theirs)
    name = f"{model}, linked and related"
    read = annotate(noisy_copies(texts, num), config, workers=workers)
    print_ratios(name, time_run(name, read, num), theirs, is_one_process=workers == 1)


def copies_of(texts: Sequence[str], num: int) -> Iterator[str]:
    """Yield the texts of `num` noisy copies."""
    return (document.document.text for document in noisy_copies(texts, num))


def print_ratios(
    name: str, ours: tuple[float, float], theirs: Mapping[str, tuple[float, float]], *, is_one_process: bool = True
) -> None:
    """Print our pace beside each peer's: by the clock, and by processor time where one process reads."""
    for peer, paces in theirs.items():
        clock, work = (own / other for own, other in zip(ours, paces, strict=True))
        by_work = f", {work:.2f}x by processor time" if is_one_process else ""
        print(f"{name}, beside {peer}: {clock:.2f}x by the clock{by_work}")
