"""The review page."""

from pathlib import Path

import pytest

from extraction.document import Skipped
from extraction.review import to_marked_text, write_review
from kg.errors import ResourceError
from kg.model import Mention
from tests.extraction.test_jsonl import annotated


def test_page_is_self_contained_and_shows_everything(tmp_path: Path) -> None:
    path = tmp_path / "review.html"
    assert write_review([annotated(), Skipped("a", "line 1", "broken <b>")], path) == 1
    page = path.read_text("utf-8")
    assert "http" not in page
    assert "<script" not in page
    for part in ("Metformin", "x:2", "treats", "not causes", "broken &lt;b&gt;", 'class="negated"'):
        assert part in page


def test_text_is_escaped_and_overlaps_are_marked_once() -> None:
    text = "a <b> fever"
    mentions = [Mention("d", 6, 11, "fever", "symptom"), Mention("d", 8, 11, "ver", "drug")]
    marked = to_marked_text(text, mentions)
    assert marked.startswith("a &lt;b&gt; <mark")
    assert marked.count("<mark") == 1


def test_unwritable_place_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="cannot be written"):
        write_review([], tmp_path / "absent" / "x.html")
