"""The table of concepts."""

from pathlib import Path

import pytest

from extraction.concepts import build_concepts, read_concepts
from kg.errors import ModelError
from tests.extraction.concept_examples import ASPIRIN, HYPERTENSION, make_table


def test_main_names_and_synonyms_are_apart_and_of_a_type() -> None:
    table = make_table()
    assert table.find_name("disease", "hypertension") == (0,)
    assert table.find_synonym("disease", "high blood pressure") == (0,)
    assert table.find_name("disease", "high blood pressure") == ()
    assert table.find_name("drug", "hypertension") == ()


def test_a_name_of_two_concepts_gives_both() -> None:
    table = build_concepts(
        [("drug", "MESH:C1", "", "", "x"), ("drug", "MESH:C2", "", "", "y|x"), ("drug", "MESH:C3", "", "", "z|x")]
    )
    assert table.find_synonym("drug", "x") == (1, 2)


def test_graph_and_own_identifiers_map_both_ways() -> None:
    table = make_table()
    assert table.to_graph(ASPIRIN) == "DRUGBANK:DB00945"
    assert table.to_own("DRUGBANK:DB00945") == ASPIRIN
    assert table.to_graph("MESH:D007022") == "MESH:D007022"
    assert table.to_graph("HP:1") == "HP:1"


def test_tree_numbers_by_either_identifier() -> None:
    table = make_table()
    assert table.tree_numbers(HYPERTENSION) == table.tree_numbers("DOID:10763") == ("C14.907.489",)
    assert table.tree_numbers("MESH:C000001") == ()


def test_unknown_chemicals_are_not_compared_letter_by_letter() -> None:
    assert "compound 7" not in {key for key, _ in make_table().comparable_names("drug")}


def test_the_shipped_table_knows_hypertension() -> None:
    table = read_concepts()
    place = table.places[HYPERTENSION]
    assert place in table.find_name("disease", "hypertension")


def test_a_missing_table_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="table of concepts is missing"):
        read_concepts(tmp_path / "none.gz")
