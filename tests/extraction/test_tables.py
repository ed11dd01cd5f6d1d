"""The room's tables."""

import pytest

from extraction import tables
from kg.errors import FormatError


def test_macros_are_put_in() -> None:
    pattern = next(p for kind, p in tables.read_patterns("span_patterns.tsv") if kind == "dose")
    assert "<" + "UNIT>" not in pattern.pattern
    assert pattern.match("5 mg")


def test_word_list() -> None:
    assert "dr" in tables.read_word_list("sentence_abbreviations")


@pytest.mark.parametrize("name", ["assertion_rules", "relation_rules", "section_headers", "terms", "person_names"])
def test_every_row_has_the_headers_width(name: str) -> None:
    assert len(tables.read_rows(f"{name}.tsv")) > 50


def test_row_of_another_width_is_an_error() -> None:
    with pytest.raises(FormatError, match=r"t\.tsv, line 3: has 1 columns instead of 2"):
        tables._to_row("t.tsv", 3, ["a", "b"], "only")
