"""Evaluation of a model on a gold file."""

from pathlib import Path

import pytest

from extraction.document import Annotated, SourceDocument
from extraction.evaluate import EvaluationConfig, evaluate, read_gold, score_entities, score_links, score_relations
from kg.errors import InputError
from kg.model import Mention, Statement
from ontologies.biolink import Predicate
from tests.extraction.corpus_examples import write_corpus


@pytest.fixture
def gold(tmp_path: Path) -> list[SourceDocument]:
    return read_gold(write_corpus(tmp_path / "gold.PubTator.txt"), EvaluationConfig())


def annotated(document: SourceDocument, *mentions: Mention, statements: tuple[Statement, ...] = ()) -> Annotated:
    return Annotated(document, mentions, statements)


def test_gold_read_back_is_perfect(gold: list[SourceDocument]) -> None:
    found = [annotated(d, *d.mentions) for d in gold]
    scores = score_entities(gold, found)
    assert scores["strict"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "interval": [1.0, 1.0]}
    assert set(scores["per_type"]) == {"disease", "drug"}
    assert score_links(gold, found)["accuracy"] == 1.0


def test_types_that_gold_does_not_annotate_do_not_count(gold: list[SourceDocument]) -> None:
    gene = Mention("1", 0, 3, "Clo", "gene")
    found = [annotated(d, gene, *d.mentions) for d in gold]
    assert score_entities(gold, found)["strict"]["precision"] == 1.0


def test_only_stated_causes_count_as_relations(gold: list[SourceDocument]) -> None:
    def says(predicate: Predicate, negated: bool = False) -> Statement:
        return Statement("1", "MESH:D003000", predicate, "MESH:D007022", 0, 9, "", negated=negated)

    def f1(*statements: Statement) -> float:
        found = [annotated(gold[0], statements=statements), *(annotated(d) for d in gold[1:])]
        return float(score_relations(gold, found)["f1"])

    assert f1(says(Predicate.CAUSES)) == pytest.approx(2 / 3, abs=1e-4)
    assert f1(says(Predicate.TREATS)) == f1(says(Predicate.CAUSES, negated=True)) == 0.0


def test_the_report_has_the_keys_of_the_contract(tmp_path: Path) -> None:
    measured = evaluate(write_corpus(tmp_path / "gold.PubTator.txt"), EvaluationConfig(model="fast"))
    assert {"entities", "linking", "relations", "words_per_second"} <= set(measured)
    assert {"strict", "partial", "per_type"} == set(measured["entities"])
    assert {"precision", "recall", "f1"} <= set(measured["relations"])
    assert measured["linking"]["n"] == 10
    assert measured["linking"]["accuracy"] == 1.0
    assert measured["entities"]["strict"]["recall"] > 0.5


def test_a_file_without_mentions_is_no_gold(tmp_path: Path) -> None:
    path = tmp_path / "plain.txt"
    path.write_text("No mentions here.", "utf-8")
    with pytest.raises(InputError, match="no annotated document"):
        read_gold(path, EvaluationConfig())
