"""Selectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import InputError
from kg.selector import BoltSelector, EmbeddedSelector, read_selector


def test_a_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_selector("embedded:graph") == EmbeddedSelector(tmp_path / "graph")


def test_an_address_carries_user_password_and_database() -> None:
    selected = read_selector("neo4j+s://ann:p%40ss@example.org:7688/trials")
    assert selected == BoltSelector("neo4j+s://example.org:7688", "ann", "p@ss", "trials")


def test_the_environment_fills_what_the_address_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THERAGRAPH_PASSWORD", "secret")
    assert read_selector("bolt://[::1]") == BoltSelector("bolt://[::1]:7687", "neo4j", "secret", "neo4j")


@pytest.mark.parametrize("wrong", ["", "embedded:", "http://localhost", "graph", "bolt://", "bolt://host:port"])
def test_anything_else_is_an_error_that_says_what_is_allowed(wrong: str) -> None:
    with pytest.raises(InputError, match=r"neo4j://HOST:PORT"):
        read_selector(wrong)
