"""YAML as text: whole and item by item."""

from pathlib import Path

import pytest

from kg.errors import FormatError
from kg.sources.yaml_text import read_yaml, read_yaml_items


def test_plain_scalars_are_text_and_nothing_is_null(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- {name: NO, on: 2026-13-45, n: 1_000}\n- ~\n-\n  a: null\n")
    items = [(1, {"name": "NO", "on": "2026-13-45", "n": "1_000"}), (2, None), (4, {"a": None})]
    assert list(read_yaml_items(tmp_path / "a.yaml")) == items
    assert read_yaml(tmp_path / "a.yaml") == [item for _, item in items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n- b\x01\n", "line 2: holds a control character; remove it"),
        ("- a\n- [b\n", "line 2: is not YAML"),
        ("- [b", "line 1: is not YAML"),
        ("- a\n]\n", "line 2: is not YAML"),
        ("- a\n---\n- b\n", "goes on after its list"),
        ("- {a: 1}: b\n", "line 1: is not YAML"),
        ("- !!int x\n", "is not YAML"),
        ("- !!bool x\n", "is not YAML"),
        ("- !!python/object:os.system x\n", "line 1: is not YAML"),
        ("", "is no list"),
        ("a: 1", "is no list"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(FormatError, match=expected):
        list(read_yaml_items(tmp_path / "a.yaml"))


def test_deep_nesting(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("[" * 5_000)
    with pytest.raises(FormatError, match=r"nests too deep|is not YAML"):
        list(read_yaml_items(tmp_path / "a.yaml"))
