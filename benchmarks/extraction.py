"""How well and how fast texts are read, on annotated corpora; every table says what was trained on what.

    python -m benchmarks.extraction spans     --data ../shared/data --model accurate
    python -m benchmarks.extraction links     --data ../shared/data
    python -m benchmarks.extraction relations --data ../shared/data
    python -m benchmarks.extraction rules     --data ../shared/data
    python -m benchmarks.extraction traps     --data ../shared/data
    python -m benchmarks.extraction speed     --data ../shared/data --model fast --threads 2
    python -m benchmarks.extraction run       --data ../shared/data --model fast --documents 10000

`links` and `relations` train on the training part and are judged on the development part. The shipped taggers have seen
both; for an honest `spans`, or `relations` end to end, train on the training part first and give the folder:

    theragraph extract train accurate --corpus TRAIN --out models/accurate   (--corpus once a file; then `fast`)
    python -m benchmarks.extraction spans --data ../shared/data --model models
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from benchmarks._extraction_peers import JUDGED
from benchmarks._extraction_rules import bench_rules
from benchmarks._extraction_run import RunSettings, bench_run, reference_gflops
from benchmarks._extraction_traps import bench_traps
from extraction.cid import read_pairs
from extraction.cid_model import keep_stated, load_cid_model
from extraction.concepts import CONCEPT_TYPE, read_concepts
from extraction.dictionary import build_dictionary
from extraction.document import Annotated, EntityType, Link, SourceDocument
from extraction.evaluate import to_places, to_scores
from extraction.link import load_linker
from extraction.link_train import to_request
from extraction.ner import TaggerRecognizer, load_recognizer
from extraction.pipeline import ExtractionConfig, Extractor
from extraction.read import read_files
from extraction.scoring import Counts, Place, count_strict, is_linked
from extraction.sentences import split_sentences
from extraction.train_models import INDUCED, TrainingRequest, to_gold, train_model
from extraction.words import to_phrase_key
from gnn.blend import expected_calibration_error
from kg.model import Mention

CDR_TRAIN = "bc5cdr/CDR_TrainingSet.PubTator.txt"
CDR_DEV = "bc5cdr/CDR_DevelopmentSet.PubTator.txt"
NCBI_TRAIN = "ncbi_disease/NCBItrainset_corpus.txt"
NCBI_DEV = "ncbi_disease/NCBIdevelopset_corpus.txt"
BIORED_DEV = "biored/Dev.PubTator"


def read_documents(path: Path, exclude: Iterable[str] = ()) -> list[SourceDocument]:
    """Return the annotated documents of a file without the excluded ones."""
    gone = frozenset(exclude)
    documents = [d for d in read_files([path], kind="abstract") if isinstance(d, SourceDocument)]
    return [d for d in documents if d.document.document_id not in gone]


def held_out(data: Path) -> frozenset[str]:
    """Return the identifiers of documents that may not be trained on."""
    return frozenset((data / "exclude_pmids.txt").read_text("utf-8").split())


def load_tagger(model: str) -> TaggerRecognizer:
    """Return one of our taggers; SystemExit for a model of another kind."""
    recognizer = load_recognizer(model)
    if not isinstance(recognizer, TaggerRecognizer):
        raise SystemExit(f"{model} is no tagger; give fast, accurate or a folder.")
    return recognizer


def bench_spans(data: Path, model: str) -> None:
    """Strict F1 of a tagger on the development parts; BioRED without what the other corpora share with it."""
    recognizer = load_tagger(model)
    extractor = ExtractionConfig(model=model, ids="MESH", deidentify="never").create()
    for name in (CDR_DEV, NCBI_DEV, BIORED_DEV):
        gold = read_documents(data / name, annotated_elsewhere(data) if name == BIORED_DEV else ())
        types = frozenset(m.type for d in gold for m in d.mentions) & JUDGED
        found = recognizer.recognize(d.document.text for d in gold)
        alone: list[set[Place]] = [
            {(s.start, s.end, s.type.value) for s in spans if s.type.value in types} for spans in found
        ]
        whole = [to_places(mentions, types) for mentions in read_mentions(extractor, gold)]
        for label, places in (("tagger", alone), ("pipeline", whole)):
            counts = [count_strict(p, to_places(d.mentions, types)) for d, p in zip(gold, places, strict=True)]
            print(name, model, label, len(gold), "documents", to_scores(counts))


def annotated_elsewhere(data: Path) -> frozenset[str]:
    """Return the identifiers of the documents that the shipped taggers have seen."""
    names = (CDR_TRAIN, CDR_DEV, NCBI_TRAIN, NCBI_DEV)
    return frozenset(d.document.document_id for name in names for d in read_documents(data / name))


def read_mentions(extractor: Extractor, gold: Sequence[SourceDocument]) -> list[tuple[Mention, ...]]:
    """Return what the whole pipeline finds in each document; nothing where it does not read it."""
    return [item.mentions if isinstance(item, Annotated) else () for item in extractor.annotate(iter(gold))]


def bench_links(data: Path, model: str) -> None:
    """Linking accuracy of gold mentions, trained on the training part of BC5CDR, beside exact look-up of the name.

    With the second model, which reads sentence vectors, and without it; times are a processor's.
    """
    with TemporaryDirectory() as folder:
        train_model("linker", TrainingRequest((data / CDR_TRAIN,), Path(folder), held_out(data)))
        linker = load_linker("MESH", Path(folder))
    linkers = {"names only": replace(linker, meaning=None), "with meaning": linker}
    for name in (CDR_DEV, NCBI_DEV):
        gold = list(to_gold(read_documents(data / name)))
        print(name, "exact name", to_scores([_count_exact(mentions) for _, mentions, _ in gold]))
        requests = [to_request(*document) for document in gold]
        for label, linker in linkers.items():
            list(linker.link(requests[:32]))  # indexes and encoder are read at the first need
            start = time.process_time()
            links = list(linker.link(requests))
            spent = (time.process_time() - start) / len(gold)
            judged = [_judge(mentions, found) for (_, mentions, _), found in zip(gold, links, strict=True)]
            counts = [Counts(sum(right for _, right in one), len(one), len(one)) for one in judged]
            score, right = np.array([pair for one in judged for pair in one if pair[0]]).T
            beside = f"ECE of links {expected_calibration_error(score, right.astype(bool)):.3f}"
            print(name, label, to_scores(counts), f"{beside}, {1000 * spent:.1f} ms a document", flush=True)


def _judge(mentions: Sequence[Mention], links: Sequence[Link]) -> list[tuple[float, bool]]:
    """Return the score of each gold mention's link and whether it is right, of mentions with an identifier."""
    pairs = zip(mentions, links, strict=True)
    return [(link.score, is_linked(link.curie, m.curie)) for m, link in pairs if m.curie]


def _count_exact(mentions: Sequence[Mention]) -> Counts:
    """Count the gold mentions whose name as written is the right concept's, or a synonym of it."""
    table, right, num = read_concepts(), 0, 0
    for mention in (m for m in mentions if m.curie):
        kind, key = CONCEPT_TYPE[EntityType(mention.type)], to_phrase_key(mention.text)
        places = table.find_name(kind, key) or table.find_synonym(kind, key)
        right += bool(places) and is_linked(table.curies[places[0]], mention.curie)
        num += 1
    return Counts(right, num, num)


def bench_relations(data: Path, model: str) -> None:
    """Chemical-induced disease between gold entities and end to end, trained on the training part; co-occurrence.

    End to end means mentions of the tagger `model`, links of a linker trained on the training part.
    """
    gold = read_documents(data / CDR_DEV)
    with TemporaryDirectory() as folder:
        train_model("relations", TrainingRequest((data / CDR_TRAIN,), Path(folder), held_out(data)))
        trained = load_cid_model(Path(folder))
        train_model("linker", TrainingRequest((data / CDR_TRAIN,), Path(folder), held_out(data)))
        config = ExtractionConfig(model=model, ids="MESH", deidentify="never")
        linker = config.choose_linker(load_linker("MESH", Path(folder)))
        extractor = Extractor(config, build_dictionary(()), load_tagger(model), linker)
        own = [tuple(m for m in ms if not (m.negated or m.family)) for ms in read_mentions(extractor, gold)]
        scored = [trained.score(d.document.text, d.mentions, split_sentences(d.document.text)) for d in gold]
        ours = [
            trained.score(d.document.text, m, split_sentences(d.document.text)) for d, m in zip(gold, own, strict=True)
        ]
    together = [{(p.drug, p.disease) for p in read_pairs(d.mentions)} for d in gold]
    stated = [{(p.drug, p.disease) for p, _ in keep_stated(s, trained.lowest)} for s in scored]
    whole = [{(p.drug, p.disease) for p, _ in keep_stated(s, trained.lowest)} for s in ours]
    print(CDR_DEV, "co-occurrence", count_relations(gold, together), "model", count_relations(gold, stated))
    print(CDR_DEV, f"end to end with {model}", count_relations(gold, whole))
    print_calibration(
        [(score, (p.drug, p.disease) in to_wanted(d)) for d, s in zip(gold, scored, strict=True) for p, score in s]
    )


def to_wanted(document: SourceDocument) -> set[tuple[str, str]]:
    """Return a document's gold pairs of drug and disease."""
    return {(r.subject, r.object) for r in document.relations if r.type == INDUCED}


def print_calibration(scored: Sequence[tuple[float, bool]]) -> None:
    """Print, per fifth of the probability scale, what was promised and what held, and the expected error."""
    error = 0.0
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        part = [(p, right) for p, right in scored if low <= p < low + 0.2 or (low == 0.8 and p == 1.0)]
        if part:
            promised, held = sum(p for p, _ in part) / len(part), sum(right for _, right in part) / len(part)
            error += abs(promised - held) * len(part) / len(scored)
            print(f"  promised {promised:.3f}, held {held:.3f}, {len(part)} pairs")
    print(f"  expected calibration error {error:.3f}")


def count_relations(gold: Sequence[SourceDocument], found: Sequence[set[tuple[str, str]]]) -> Mapping[str, object]:
    """Return the scores of pairs against the gold relations."""
    wanted = [to_wanted(d) for d in gold]
    return to_scores([Counts(len(w & f), len(f), len(w)) for w, f in zip(wanted, found, strict=True)])


def bench_speed(data: Path, model: str) -> None:
    """Words (at blanks) a second of a tagger over both parts of a corpus, after one warm-up text.

    By the clock, and by processor time: on a machine with other work the second is what one core would do alone.
    """
    recognizer = load_tagger(model)
    texts = [d.document.text for n in (CDR_TRAIN, CDR_DEV) for d in read_documents(data / n)]
    list(recognizer.recognize(texts[:1]))
    started, began = time.perf_counter(), time.process_time()
    list(recognizer.recognize(texts))
    seconds, busy = time.perf_counter() - started, time.process_time() - began
    words = sum(len(text.split()) for text in texts)
    print(f"{model}: {words / seconds:.0f} words a second, {torch.get_num_threads()} threads, {words} words")
    print(f"{model}: {words / busy:.0f} words a second of processor time")
    print(f"reference: {reference_gflops():.0f} GFLOP/s single precision with as many threads, in the same minute")


def bench_rule_confidences(data: Path, _model: str) -> None:
    """Confidences of the rules for *causes*, on documents that the counts have not seen."""
    unseen = read_documents(data / BIORED_DEV, annotated_elsewhere(data))
    judged = {CDR_DEV: (read_documents(data / CDR_DEV), INDUCED), BIORED_DEV: (unseen, "Positive_Correlation")}
    bench_rules(read_documents(data / CDR_TRAIN, held_out(data)), judged)


def bench_documents(data: Path, settings: RunSettings) -> None:
    """A long run beside spaCy pipelines trained on the same part; F1 on documents of BioRED that neither saw."""
    train = read_documents(data / CDR_TRAIN, held_out(data))
    bench_run(train, read_documents(data / BIORED_DEV, annotated_elsewhere(data)), settings)


BENCHES: Mapping[str, Callable[[Path, str], None]] = {
    "spans": bench_spans,
    "links": bench_links,
    "relations": bench_relations,
    "speed": bench_speed,
    "rules": bench_rule_confidences,
    "traps": lambda _data, _model: bench_traps(),
}
RUN = "run"


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", choices=[*sorted(BENCHES), RUN])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="accurate")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2, help="processes of a run, ours and the peer's")
    parser.add_argument("--peer", type=Path, default=Path("runs/plain-spacy"), help="where the trained peer is kept")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.bench == RUN:
        settings = RunSettings(arguments.model, arguments.documents, arguments.workers, arguments.peer)
        bench_documents(arguments.data, settings)
    else:
        BENCHES[arguments.bench](arguments.data, arguments.model)


if __name__ == "__main__":
    main()
