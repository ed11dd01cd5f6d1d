"""Answers as tables, CSV, JSON and Parquet, printed or in files."""

from __future__ import annotations

import json
from pathlib import Path

import polars
import pytest

from cli_output import TableFormat, check_output, write_answer
from kg.errors import InputError
from kg.values import Answer

ROW = {"a": 0.123456789, "b": 12345678.9, "c": [1, 0.123456789], "d": None, "e": "x, y"}
ANSWER = Answer(tuple(ROW), [ROW])
EMPTY = Answer(("n", "text"), [])


def test_csv_has_every_digit(capsys: pytest.CaptureFixture[str]) -> None:
    write_answer(ANSWER, TableFormat.CSV, None)
    assert capsys.readouterr().out == 'a,b,c,d,e\r\n0.123456789,12345678.9,"[1, 0.123456789]",,"x, y"\r\n'


@pytest.mark.parametrize(("form", "printed"), [(TableFormat.CSV, "n,text\r\n"), (TableFormat.JSON, "[]\n")])
def test_without_rows_the_columns_are_there(
    form: TableFormat, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_answer(EMPTY, form, None)
    assert capsys.readouterr().out == printed


def test_what_is_printed_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form in (TableFormat.CSV, TableFormat.JSON):
        write_answer(ANSWER, form, None)
        write_answer(ANSWER, form, tmp_path / form)
        assert (tmp_path / form).read_bytes().decode() == capsys.readouterr().out


def test_a_table_goes_into_its_file_and_nowhere_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = Answer(("word",), [{"word": "long " * 100}, {"word": "short"}])
    write_answer(long, TableFormat.TABLE, tmp_path / "t.txt")
    assert capsys.readouterr().out == ""
    lines = [line.strip() for line in (tmp_path / "t.txt").read_text().splitlines() if line.strip()]
    assert (lines[0], lines[-2], lines[-1]) == ("word", ("long " * 100).strip(), "short")
    write_answer(EMPTY, TableFormat.TABLE, tmp_path / "t.txt")
    assert capsys.readouterr() == ("", "No rows.\n")


def test_parquet_with_and_without_rows(tmp_path: Path) -> None:
    write_answer(Answer(("b",), [{"b": 12345678.9}]), TableFormat.PARQUET, tmp_path / "t.parquet")
    assert polars.read_parquet(tmp_path / "t.parquet")["b"].to_list() == [12345678.9]
    write_answer(EMPTY, TableFormat.PARQUET, tmp_path / "t.parquet")
    assert polars.read_parquet(tmp_path / "t.parquet").columns == ["n", "text"]


@pytest.mark.parametrize("form", TableFormat)
def test_a_folder_that_is_not_there_is_named_before_the_query_runs(tmp_path: Path, form: TableFormat) -> None:
    with pytest.raises(InputError, match=r'missing" is no folder; make it, or name another with --out'):
        check_output(form, tmp_path / "missing" / "t")
    (tmp_path / "t").mkdir()
    with pytest.raises(InputError, match=r't" cannot be written'):
        write_answer(EMPTY, form, tmp_path / "t")


def test_values_of_several_types_are_no_column_of_parquet(tmp_path: Path) -> None:
    mixed = Answer(("n",), [{"n": [1, "x"]}])
    with pytest.raises(InputError, match=r"one type of value \(.+\); use --format json"):
        write_answer(mixed, TableFormat.PARQUET, tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


def test_parquet_needs_a_file() -> None:
    with pytest.raises(InputError, match=r"Parquet is not text; say where to write it with --out FILE\.parquet"):
        check_output(TableFormat.PARQUET, None)


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    write_answer(ANSWER, TableFormat.JSON, None)
    assert json.loads(capsys.readouterr().out) == [ROW]
