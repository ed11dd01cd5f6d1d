"""The list of sources, and that the documentation knows each."""

import re
from pathlib import Path

import pytest

from kg.errors import UnknownNameError
from kg.sources import SOURCE_NAMES, open_source

DOCS = Path(__file__).parents[2] / "docs" / "sources.md"


@pytest.mark.parametrize("name", SOURCE_NAMES)
def test_every_source_says_who_publishes_it_on_what_terms(name: str) -> None:
    info = open_source(name).info
    assert info.name == name
    assert info.infores.startswith("infores:")
    assert info.title
    assert info.licence
    assert info.url
    assert all(re.fullmatch(r"[0-9a-f]{64}|", file.sha256) for file in info.files)


def test_the_documentation_lists_exactly_the_sources() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)) == set(SOURCE_NAMES)


def test_an_unknown_source() -> None:
    with pytest.raises(UnknownNameError, match='no source "hetionett"'):
        open_source("hetionett")
