"""A long run beside a plain spaCy pipeline: documents a second and memory while ten thousand abstracts go by."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import spacy
import torch
from spacy.language import Language
from spacy.training import Example
from thinc.util import fix_random_seed

from extraction.document import Annotated, SourceDocument, content_hash
from extraction.evaluate import to_places, to_scores
from extraction.jobs import annotate
from extraction.ner import TaggerRecognizer, load_recognizer
from extraction.pipeline import ExtractionConfig
from extraction.scoring import Counts, Place, count_strict
from kg.model import Document

JUDGED = frozenset({"disease", "drug"})
_DROPPED = 0.02
_REPORTS = 5
_PEER_EPOCHS, _PEER_BATCH = 3, 16


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


def load_peer(documents: Sequence[SourceDocument], folder: Path) -> Language:
    """Return the peer that lies in a folder; where there is none it is trained and kept there."""
    if not (folder / "meta.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        train_peer(documents).to_disk(folder)
    return spacy.load(folder)


def train_peer(documents: Sequence[SourceDocument], seed: int = 1) -> Language:
    """Return a plain spaCy pipeline (blank English, CNN tok2vec and NER with spaCy's own settings), trained here."""
    fix_random_seed(seed)
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    examples = [to_example(nlp, d) for d in documents]
    nlp.initialize(lambda: examples)
    optimizer = nlp.resume_training()
    rng = random.Random(seed)
    for _ in range(_PEER_EPOCHS):
        rng.shuffle(examples)
        for start in range(0, len(examples), _PEER_BATCH):
            nlp.update(examples[start : start + _PEER_BATCH], sgd=optimizer, drop=0.1)
    return nlp


def to_example(nlp: Language, document: SourceDocument) -> Example:
    """Return a document as spaCy learns from it; mentions inside tokens or over others are left out."""
    doc = nlp.make_doc(document.document.text)
    spans = [doc.char_span(m.start, m.end, m.type) for m in document.mentions if m.type in JUDGED]
    kept = spacy.util.filter_spans([s for s in spans if s is not None])
    return Example.from_dict(doc, {"entities": [(s.start_char, s.end_char, s.label_) for s in kept]})


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
    copies = (d.document.text for d in noisy_copies(texts, num))
    theirs = time_run("plain spaCy", peer.pipe(copies, n_process=workers, batch_size=64), num)
    if workers == 1:
        recognizer = load_recognizer(model)
        if not isinstance(recognizer, TaggerRecognizer):
            raise SystemExit(f"{model} is no tagger; give fast, accurate or a folder.")
        found_alone = recognizer.recognize(d.document.text for d in noisy_copies(texts, num))
        alone = time_run(f"{model}, mentions only", found_alone, num)
        print(f"mentions only, by processor time: {alone[1] / theirs[1]:.2f}x")
    whole = time_run(f"{model}, linked and related", annotate(noisy_copies(texts, num), config, workers=workers), num)
    clock, work = (ours / peers for ours, peers in zip(whole, theirs, strict=True))
    print(f"documents a second beside plain spaCy, which only finds mentions: {clock:.2f}x by the clock")
    if workers == 1:
        print(f"by processor time: {work:.2f}x")
