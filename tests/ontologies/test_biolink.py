"""Our words are Biolink's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

SLICE = Path(__file__).parents[2] / "ontologies" / "biolink_slice.tsv"


def read_slice(kind: str) -> set[str]:
    rows = (line.split("\t") for line in SLICE.read_text(encoding="utf-8").splitlines()[2:])
    return {name for row_kind, name, _ in rows if row_kind == kind}


@pytest.mark.parametrize(
    ("words", "kind"),
    [(Category, "class"), (Predicate, "slot"), (KnowledgeLevel, "KnowledgeLevelEnum"), (AgentType, "AgentTypeEnum")],
)
def test_every_word_is_in_the_pinned_slice(words: type[Category], kind: str) -> None:
    assert {word.value for word in words} == read_slice(kind)


def test_relationship_types_and_predicates_are_one_to_one() -> None:
    for predicate in Predicate:
        assert Predicate.from_relationship_type(predicate.relationship_type) is predicate
    assert Predicate.HAS_PHENOTYPE.relationship_type == "HAS_PHENOTYPE"
