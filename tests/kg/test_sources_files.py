"""Reading lines, tables and JSON arrays of sources."""

import bz2
import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from kg.errors import FormatError, InputError
from kg.sources.files import find_file, read_json_lines, read_records, read_table
from kg.sources.json_stream import read_json_array


def test_plain_gzip_and_bzip2_read_alike(tmp_path: Path) -> None:
    data = b"a\tb\n1\t2\n"
    for name, content in (
        ("t.tsv", data),
        ("t.tsv.gz", gzip.compress(data, mtime=0)),
        ("t.tsv.bz2", bz2.compress(data)),
    ):
        (tmp_path / name).write_bytes(content)
        assert list(read_table(tmp_path / name, ("a",))) == [(2, {"a": "1", "b": "2"})]


def test_byte_order_mark_windows_line_ends_comments_and_blank_lines(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_bytes(b"\xef\xbb\xbf#note\r\na\tb\r\n\r\n1\t2\r\n")
    assert list(read_table(tmp_path / "t.tsv", ("a", "b"), comment="#")) == [(4, {"a": "1", "b": "2"})]


def test_quoted_cells(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\n"x, y",2\n')
    assert list(read_table(tmp_path / "t.csv", ("a",), delimiter=",", quoted=True)) == [(2, {"a": "x, y", "b": "2"})]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"a\tc\n", r"line 1: has no column `b`; its columns are a, c"),
        (b"a\tb\n1\t2\t3\n", r"line 2: has 3 cells where the header has 2; what stands after column 2 \(`b`\)"),
        (b"a\tb\n\xff\t2\n", "is not UTF-8"),
        (gzip.compress(b"a\tb\n" * 999, mtime=0)[:-9], "middle of its compressed stream"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "t.tsv").write_bytes(content)
    with pytest.raises(FormatError, match=expected):
        list(read_table(tmp_path / "t.tsv", ("a", "b")))


def test_records_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("1\t2\n\n3\n")
    rows = read_records(tmp_path / "t.tsv", ("a", "b"))
    assert next(rows) == (1, {"a": "1", "b": "2"})
    with pytest.raises(FormatError, match="line 3: has 1 columns where the format has 2; expected a, b"):
        next(rows)


def test_json_lines(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n\n{"a": }\n')
    rows = read_json_lines(tmp_path / "t.jsonl")
    assert next(rows) == (1, {"a": 1})
    with pytest.raises(FormatError, match="line 3: is not JSON at column 7"):
        next(rows)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        list(read_table(tmp_path / "no.tsv", ("a",)))
    with pytest.raises(InputError, match="is a folder"):
        list(read_table(tmp_path, ("a",)))
    with pytest.raises(InputError, match=r"holds none of a\.tsv, b\.tsv; give x the file"):
        find_file(tmp_path, ("a.tsv", "b.tsv"), "x")
    with pytest.raises(InputError, match=r"--from PATH \(a\.tsv\)"):
        find_file(None, ("a.tsv",), "x")


def test_array_items_stream_across_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.sources.json_stream._CHUNK", 7)
    items = [{"n": i, "text": "ü" * i, "list": [1, [2]]} for i in range(30)]
    (tmp_path / "t.json").write_text(json.dumps({"head": {"x": [1]}, "items": items, "tail": 1}, indent=1))
    assert list(read_json_array(tmp_path / "t.json", "items")) == items


BROKEN = [
    ('{"items": [{"a": 1},\n {"a": }]}', r"line 2: is not JSON at column 8 \(Expecting value\); repair it"),
    ('{"items": [\n1 2]}', r"line 2: is not JSON at column 3 \(a comma or \] must follow\)"),
    ('{"items": [1,, 2]}', r"line 1: is not JSON at column 14 \(Expecting value\)"),
    ('{"items": [1, ]}', r"line 1: is not JSON at column 15 \(Expecting value\)"),
    ('{"items": [, 1]}', r"line 1: is not JSON at column 12 \(Expecting value\)"),
    ('{"items": [1, "a\nb"]}', r"line 1: is not JSON at column 17 \(Invalid control character at\)"),
    ('{"items": [1] 2}', r"line 1: is not JSON at column 15 \(something else follows the array\)"),
    ('{"items": [1, {"a": "b', r"the array `items` breaks off \(Unterminated string starting at\); fetch"),
    ('{"items": [1, {"a": 1', r"the array `items` breaks off \(Expecting ',' delimiter\); fetch the file again"),
    ('{"items": [1', r"the array `items` breaks off \(a comma or \] must follow\); fetch the file again"),
    ('{"items": [1]', r"the array `items` breaks off \(what holds it is not closed\); fetch the file again"),
    ('{"items": [' + "[" * 100_000, "is not JSON at column 12"),
    ('{"items": [' + "1" * 5_000, "is not JSON at column 12"),
]


@pytest.mark.parametrize("chunk", [7, 1 << 20])
@pytest.mark.parametrize(("text", "expected"), BROKEN)
def test_what_is_no_json_is_named_with_line_and_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: str, chunk: int
) -> None:
    monkeypatch.setattr("kg.sources.json_stream._CHUNK", chunk)
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(FormatError, match=expected):
        list(read_json_array(tmp_path / "t.json", "items"))


def test_what_follows_an_array_that_is_the_file(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(" [1, 2]\n")
    assert list(read_json_array(tmp_path / "t.json")) == [1, 2]
    (tmp_path / "t.json").write_text("[1, 2],\n[3]")
    with pytest.raises(FormatError, match=r"line 1: is not JSON at column 7 \(something else follows the array\)"):
        list(read_json_array(tmp_path / "t.json"))
    (tmp_path / "t.json").write_text('{"x": [1]}')
    with pytest.raises(FormatError, match="is no JSON array"):
        list(read_json_array(tmp_path / "t.json"))


@pytest.mark.parametrize("size", range(1, 12))
def test_numbers_and_words_across_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("kg.sources.json_stream._CHUNK", size)
    items: list[Any] = [12345678, -1.5e-300, True, None, "\U0001f600é\\", 0, {"a": [[], {}]}]
    (tmp_path / "t.json").write_text(json.dumps({"items": items, "tail": [1]}))
    assert list(read_json_array(tmp_path / "t.json", "items")) == items


@pytest.mark.parametrize("fault", ['{"n": 7, "text": }', '{"n": 7, "text": ["x"}', '{"n": 7} {"n": 8}'])
def test_a_mistake_in_the_middle_is_found_without_reading_the_rest(tmp_path: Path, fault: str) -> None:
    item = json.dumps({"n": 1, "text": "long " * 200}) + ",\n"
    (tmp_path / "t.json").write_text(f"[{item * 50}{fault},\n{item * 20_000}0]")
    tracemalloc.start()
    with pytest.raises(FormatError, match="line 51: is not JSON at column"):
        sum(1 for _ in read_json_array(tmp_path / "t.json"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (tmp_path / "t.json").stat().st_size / 3


def test_an_item_that_is_never_closed_is_not_read_to_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.sources.json_stream._CHUNK", 1 << 10)
    monkeypatch.setattr("kg.sources.json_stream._LONGEST_ITEM", 1 << 14)
    (tmp_path / "t.json").write_text('[1,\n {"a": [' + "1, " * 100_000 + "1]}]")
    with pytest.raises(FormatError, match=r"line 2: is not JSON at column 2 \(an item of more than 16,384 characters"):
        list(read_json_array(tmp_path / "t.json"))


def test_an_empty_array(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"items": [ ]}')
    assert list(read_json_array(tmp_path / "t.json", "items")) == []
