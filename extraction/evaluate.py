"""What `theragraph extract evaluate` does: read a gold file, annotate its texts, compare."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extraction.document import Annotated, SourceDocument
from extraction.pipeline import ExtractionConfig, Extractor
from extraction.read import read_files
from extraction.scoring import (
    Counts,
    Place,
    add_up,
    bootstrap_f1,
    bootstrap_share,
    count_partial,
    count_strict,
    is_linked,
)
from extraction.train_models import INDUCED
from kg.errors import InputError
from kg.model import Mention
from kg.progress import Progress, ignore_progress
from ontologies.biolink import Predicate

LINKED = frozenset({"disease", "drug"})


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """How to evaluate: the recognizer's name, the file's format ("" lets the file decide), the id space of gold."""

    model: str = "accurate"
    format: str = ""
    ids: str = "MESH"
    exclude: frozenset[str] = frozenset()

    def extractor(self, *, gold_mentions: bool) -> Extractor:
        """Return the pipeline that is judged; gold texts are never de-identified, their offsets must hold."""
        model = "dictionary" if gold_mentions else self.model
        return ExtractionConfig(model=model, ids=self.ids, deidentify="never", gold_mentions=gold_mentions).create()


def evaluate(path: Path, config: EvaluationConfig, progress: Progress = ignore_progress) -> dict[str, Any]:
    """Return the scores of a model on a gold file; keys as in the design's `extract evaluate`.

    Entities are judged on the types that the file annotates; links on gold mentions; relations end to end and, as
    `relations_gold_entities`, between gold mentions with the file's identifiers. Words are counted at blanks, their
    speed is the recognizer's alone.
    InputError when the file holds no annotated document.
    """
    gold = read_gold(path, config)
    extractor = config.extractor(gold_mentions=False)
    seconds = time_recognition(extractor, gold)
    found = _annotate(extractor, gold, "read", progress)
    given = _annotate(config.extractor(gold_mentions=True), gold, "link", progress)
    words = sum(len(d.document.text.split()) for d in gold)
    return {
        "documents": len(gold),
        "model": config.model,
        "entities": score_entities(gold, found),
        "linking": score_links(gold, given),
        "relations": score_relations(gold, found),
        "relations_gold_entities": score_relations(gold, given),
        "words_per_second": round(words / seconds, 1),
    }


def read_gold(path: Path, config: EvaluationConfig) -> list[SourceDocument]:
    """Return the file's annotated documents without the excluded ones; InputError when there is none."""
    items = read_files([path], config.format, "abstract")
    documents = [item for item in items if isinstance(item, SourceDocument)]
    documents = [d for d in documents if d.document.document_id not in config.exclude]
    if not any(d.mentions for d in documents):
        raise InputError(f"{path}: no annotated document; give a PubTator, BioC or IOB file with mentions.")
    return documents


def time_recognition(extractor: Extractor, gold: Sequence[SourceDocument]) -> float:
    """Return the seconds that the recognizer alone needs for the texts, warmed up on one of them."""
    texts = [d.document.text for d in gold]
    recognizer = extractor.recognizer or extractor.dictionary
    list(recognizer.recognize(texts[:1]))
    started = time.perf_counter()
    list(recognizer.recognize(texts))
    return time.perf_counter() - started


def _annotate(extractor: Extractor, gold: Sequence[SourceDocument], label: str, progress: Progress) -> list[Annotated]:
    found = []
    for done, item in enumerate(extractor.annotate(iter(gold)), start=1):
        document = gold[done - 1]
        found.append(item if isinstance(item, Annotated) else Annotated(replace(document, mentions=()), (), ()))
        progress(label, done, len(gold))
    return found


def to_places(mentions: Iterable[Mention], types: frozenset[str]) -> set[Place]:
    """Return the mentions of some types as (start, end, type)."""
    return {(m.start, m.end, m.type) for m in mentions if m.type in types}


def score_entities(gold: Sequence[SourceDocument], found: Sequence[Annotated]) -> dict[str, Any]:
    """Return strict, partial and per-type scores on the types that gold annotates."""
    types = frozenset(m.type for d in gold for m in d.mentions)
    pairs = [(to_places(f.mentions, types), to_places(d.mentions, types)) for d, f in zip(gold, found, strict=True)]
    return {
        "strict": to_scores([count_strict(*pair) for pair in pairs]),
        "partial": to_scores([count_partial(*pair) for pair in pairs]),
        "per_type": {
            kind: to_scores([count_strict(*_of_type(pair, kind)) for pair in pairs]) for kind in sorted(types)
        },
    }


def _of_type(pair: tuple[set[Place], set[Place]], kind: str) -> tuple[set[Place], set[Place]]:
    return {p for p in pair[0] if p[2] == kind}, {p for p in pair[1] if p[2] == kind}


def to_scores(counts: Sequence[Counts]) -> dict[str, Any]:
    """Return precision, recall, F1 and the F1's 95 % interval over documents."""
    total = add_up(counts)
    low, high = bootstrap_f1(counts)
    return {
        "precision": round(total.precision, 4),
        "recall": round(total.recall, 4),
        "f1": round(total.f1, 4),
        "interval": [round(low, 4), round(high, 4)],
    }


def score_links(gold: Sequence[SourceDocument], given: Sequence[Annotated]) -> dict[str, Any]:
    """Return the share of gold mentions with an identifier whose link is one of their identifiers."""
    counts = [_count_links(d.mentions, g.mentions) for d, g in zip(gold, given, strict=True)]
    total, (low, high) = add_up(counts), bootstrap_share(counts)
    return {
        "accuracy": round(total.recall, 4),
        "n": int(total.gold),
        "interval": [round(low, 4), round(high, 4)],
    }


def _count_links(gold: Sequence[Mention], given: Sequence[Mention]) -> Counts:
    links = {(m.start, m.end, m.type): m.curie for m in given}
    judged = [m for m in gold if m.curie and m.type in LINKED]
    right = sum(is_linked(links.get((m.start, m.end, m.type), ""), m.curie) for m in judged)
    return Counts(right, len(judged), len(judged))


def score_relations(gold: Sequence[SourceDocument], found: Sequence[Annotated]) -> dict[str, Any]:
    """Return the scores of document-level chemical-induced disease, as pairs of identifiers."""
    counts = []
    for document, annotated in zip(gold, found, strict=True):
        wanted = {(r.subject, r.object) for r in document.relations if r.type == INDUCED}
        causes = {
            (s.subject, s.object) for s in annotated.statements if s.predicate == Predicate.CAUSES and not s.negated
        }
        counts.append(Counts(len(causes & wanted), len(causes), len(wanted)))
    return to_scores(counts)
