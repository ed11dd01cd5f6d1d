"""What may not be written is refused with its place; what no export can hold never gets in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from extraction.document import SourceDocument
from extraction.read import read_files
from kg.errors import InputError
from kg.export import FORMATS, export_graph, read_content
from kg.model import to_properties
from kg.rules import check_edge, check_node
from kg.store import GraphStore
from ontologies.biolink import Predicate
from tests.kg.graphs import drug, edge


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "a\x0bb"}, r"The node X:1 holds the control character '\\x0b'"),
        ({"synonyms": ("ok", "\x1f")}, "holds the control character"),
        ({"properties": (("p value", 1),)}, 'has a property "p value"'),
        ({"properties": (("note", ("a", "\x00")),)}, "holds the control character"),
    ],
)
def test_a_node_that_no_file_can_hold_is_refused(change: dict[str, object], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        check_node(replace(drug("X:1"), **change))


def test_an_edge_that_no_file_can_hold_is_refused() -> None:
    with pytest.raises(InputError, match=r"X:1 treats X:2 holds the control character"):
        check_edge(edge("X:1", Predicate.TREATS, "X:2", properties={"dose": "5\x0cmg"}))


def test_names_of_properties_are_made_to_fit() -> None:
    assert to_properties({"p value": 0.1, "2nd": "x", "größe": 1}) == (("_2nd", "x"), ("gr_e", 1), ("p_value", 0.1))


def test_a_form_feed_of_a_document_becomes_a_blank(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Fever.\x0cCough.")
    (document,) = read_files([tmp_path / "a.txt"])
    assert isinstance(document, SourceDocument)
    assert document.document.text == "Fever. Cough."


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("MATCH (a:Entity {curie: 'X:1'}) CREATE (a)-[:LIKES]->(a)", 'relationships of the type "LIKES"'),
        ("CREATE (:Entity {curie: 'X:9', name: 'x', source: 'y'})", "X:9 has no label that is a category"),
    ],
)
def test_what_was_written_past_the_rules_is_named(
    store: GraphStore, tmp_path: Path, statement: str, expected: str, format_name: str
) -> None:
    store.write_nodes([drug("X:1")])
    store.cypher(statement, write=True)
    with pytest.raises(InputError, match=expected):
        export_graph(read_content(store), format_name, tmp_path)
