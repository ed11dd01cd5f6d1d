"""Are the rules as sure as they are right? Confidences of *causes* beside what annotators judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from extraction.concepts import read_concepts
from extraction.document import SourceDocument
from extraction.relations import read_relation_rules
from extraction.rule_counts import count_rules, is_same, to_confidence
from extraction.train_models import read_gold_statements
from kg.model import Statement
from ontologies.biolink import Predicate

Judged = tuple[Statement, bool]


def read_causes(documents: Sequence[SourceDocument], relation: str) -> Iterator[Judged]:
    """Yield affirmed, certain *causes* between gold mentions and whether the annotators' `relation` holds."""
    table = read_concepts()
    for document in documents:
        gold = {(r.subject, r.object) for r in document.relations if r.type == relation}
        gold |= {(target, subject) for subject, target in gold}
        for s in read_gold_statements(document):
            if s.predicate == Predicate.CAUSES and not (s.negated or s.uncertain):
                yield s, any(is_same(s, pair, table) for pair in gold)


def calibration_error(judged: Iterable[Judged], confidence: Mapping[str, float]) -> tuple[float, float, float, int]:
    """Return mean confidence, share of right statements, expected error over tenths of the scale, and the number."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for statement, right in judged:
        sure = confidence[statement.rule]
        bins.setdefault(int(10 * sure), []).append((sure, right))
    rows = [row for part in bins.values() for row in part]
    gaps = [abs(sum(c for c, _ in part) - sum(right for _, right in part)) for part in bins.values()]
    num = len(rows)
    return sum(c for c, _ in rows) / num, sum(right for _, right in rows) / num, sum(gaps) / num, num


def bench_rules(train: Sequence[SourceDocument], judged_by: Mapping[str, tuple[Sequence[SourceDocument], str]]) -> None:
    """Print what the table's confidences promise and what those that know the training part's counts promise."""
    said = [
        (read_gold_statements(d), frozenset((r.subject, r.object) for r in d.relations if r.type == "CID"))
        for d in train
    ]
    counts = count_rules(said, read_concepts())
    rules = read_relation_rules()
    confidences = {
        "as written in the table": {r.name: r.rank for r in rules},
        "with the counts of BC5CDR's training part": {
            r.name: to_confidence(r.rank, *counts.get(r.name, (0, 0))) for r in rules
        },
    }
    print("documents | confidence | promised | held | expected calibration error | statements")
    for name, (documents, relation) in judged_by.items():
        judged = list(read_causes(documents, relation))
        for label, confidence in confidences.items():
            promised, held, error, num = calibration_error(judged, confidence)
            print(f"{name} | {label} | {promised:.3f} | {held:.3f} | {error:.3f} | {num}")
