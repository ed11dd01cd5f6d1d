"""Only the sources that list a check drug by drug make a drug eligible, and only by their own rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.model import TEXT_SOURCE
from ontologies.tables import read_rows
from recommender.facts import Citation, Concept, Contraindication, Interaction, Rows, SideEffect
from recommender.knowledge import Knowledge
from recommender.read_knowledge import without_source
from recommender.safety.gate import check_knowledge
from recommender.score import SIDE_EFFECTS
from recommender.source_coverage import find_coverage

DRUG, OTHER, GENE = "DRUGBANK:X", "DRUGBANK:Y", "NCBIGene:1"
LISTED = Citation(source="infores:primekg")


def stated(contraindicated: Citation, interacting: Citation, other: str = OTHER) -> Rows:
    """A drug with one contraindication and one interaction."""
    rows = Rows(
        concepts=(Concept(DRUG, "x", "Drug"), Concept(OTHER, "y", "Drug"), Concept(GENE, "g", "Gene")),
        contraindications=(Contraindication(DRUG, "DOID:1", "absolute", citation=contraindicated),),
        interactions=(Interaction(DRUG, other, "major", citation=interacting),),
        side_effects=(SideEffect(DRUG, "HP:1", "common", Citation(source="infores:sider")),),
    )
    return replace(rows, coverage=find_coverage(rows))


def unknown(rows: Rows) -> list[str]:
    return [v.check.value for v in check_knowledge(DRUG, Knowledge.from_rows(rows))]


def test_a_source_that_lists_the_drug_covers_it_in_part() -> None:
    rows = stated(LISTED, LISTED)
    knowledge = Knowledge.from_rows(rows)
    assert unknown(rows) == []
    assert knowledge.coverage == {}  # silence still means nothing
    assert knowledge.knows(OTHER, "interaction")
    assert not knowledge.knows(OTHER, "contraindication")
    assert knowledge.knows(DRUG, SIDE_EFFECTS)


@pytest.mark.parametrize("source", ["infores:my-hospital", TEXT_SOURCE, "infores:hetionet", ""])
def test_a_fact_of_any_other_source_covers_nothing(source: str) -> None:
    assert unknown(stated(Citation(source=source), Citation(source=source))) == ["contraindication", "interaction"]


def test_a_source_speaks_for_the_checks_that_it_is_listed_for_alone() -> None:
    drugcentral = Citation(source="infores:drugcentral")
    assert unknown(stated(drugcentral, drugcentral)) == ["interaction"]


def test_binding_to_a_protein_is_no_interaction_of_drugs() -> None:
    assert unknown(stated(LISTED, LISTED, other=GENE)) == ["interaction"]


def test_without_the_source_its_coverage_is_gone() -> None:
    assert unknown(without_source(stated(LISTED, LISTED), "primekg")) == ["contraindication", "interaction"]


def test_the_table_names_each_source_and_check_once() -> None:
    pairs = [(row["source"], row["check"]) for row in read_rows("safety_sources")]
    assert len(pairs) == len(set(pairs))
    assert {check for _, check in pairs} <= {"contraindication", "interaction", SIDE_EFFECTS}
