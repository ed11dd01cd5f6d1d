"""Confidence from counts."""

from pathlib import Path

import pytest

from extraction.concepts import build_concepts
from extraction.relations import read_relation_rules
from extraction.rule_counts import count_rules, read_counts, to_confidence, write_counts
from kg.model import Statement
from ontologies.biolink import Predicate

TABLE = build_concepts(
    [
        ("disease", "MESH:D1", "", "C12.1", "kidney disease"),
        ("disease", "MESH:D2", "", "C12.1.5", "kidney failure"),
        ("disease", "MESH:D3", "", "C12.15", "other"),
    ]
)


def say(drug: str, disease: str, rule: str = "r", predicate: Predicate = Predicate.CAUSES, **flags: bool) -> Statement:
    return Statement("d", drug, predicate, disease, 0, 9, "", rule=rule, **flags)


def test_a_wider_or_narrower_disease_is_right_a_neighbour_is_not() -> None:
    said = [say("MESH:X", d) for d in ("MESH:D1", "MESH:D2", "MESH:D3")] + [say("MESH:Y", "MESH:D2")]
    assert count_rules([(said, frozenset({("MESH:X", "MESH:D2")}))], TABLE) == {"r": (2, 4)}
    assert count_rules([(said[1:2], frozenset({("MESH:X", "MESH:D1")}))], TABLE) == {"r": (1, 1)}


def test_only_certain_affirmed_causes_are_counted() -> None:
    said = [
        say("MESH:X", "MESH:D1", negated=True),
        say("MESH:X", "MESH:D1", uncertain=True),
        say("MESH:X", "MESH:D1", predicate=Predicate.TREATS),
    ]
    assert count_rules([(said, frozenset())], TABLE) == {}


def test_counts_survive_the_file(tmp_path: Path) -> None:
    write_counts({"a": (3, 5)}, tmp_path / "counts.tsv")
    assert read_counts(tmp_path / "counts.tsv") == {"a": (3, 5)}
    assert read_counts(tmp_path / "absent.tsv") == {}


def test_the_rows_confidence_weighs_twenty_statements() -> None:
    assert to_confidence(0.8, 20, 20) == pytest.approx(0.9)
    rules = {rule.name: rule for rule in read_relation_rules()}
    for name, (right, seen) in read_counts().items():
        assert rules[name].confidence == pytest.approx((20 * rules[name].rank + right) / (20 + seen))
