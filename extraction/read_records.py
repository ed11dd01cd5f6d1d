"""Tables of texts: JSON Lines and CSV/TSV with a text column."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extraction.document import Skipped
from extraction.read_common import Item, read_lines, stem, to_source
from kg.errors import FormatError

_TEXT_KEYS = ("text", "note", "note_text", "section_text", "report", "body", "content", "description", "abstract")
_ID_KEYS = ("document_id", "id", "pmid", "note_id", "row_id", "encounter_id", "hadm_id")


def read_jsonl(path: Path, kind: str) -> Iterator[Item]:
    """Yield a document per line: an object with `text`, or `title` and `abstract`; `document_id`, `kind` as given."""
    for number, line in read_lines(path):
        if isinstance(line, Skipped):
            yield line
        elif line.strip():
            yield _json_line(path, number, line, kind)


def read_csv(path: Path, kind: str) -> Iterator[Item]:
    """Yield a document per row of a table with a text column, such as MIMIC's NOTEEVENTS (`ROW_ID`, `TEXT`).

    FormatError when no column is called text, note, note_text, section_text, report, body, content or description.
    """
    csv.field_size_limit(sys.maxsize)
    problems: list[Skipped] = []
    delimiter = "\t" if ".tsv" in path.name.lower() else ","
    rows = csv.reader(_good_lines(path, problems), delimiter=delimiter)
    header = [name.strip().lower() for name in next(rows, [])]
    column = next((header.index(k) for k in _TEXT_KEYS if k in header), None)
    if column is None:
        raise FormatError(path, f"none of its columns ({', '.join(header)}) is known to hold text", "call it `text`")
    for number, row in enumerate(rows, start=1):
        yield from problems
        problems.clear()
        yield _csv_row(path, number, header, row, column, kind)
    yield from problems


def _json_line(path: Path, number: int, line: str, kind: str) -> Item:
    position = f"line {number}"
    try:
        record = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        return Skipped(str(path), position, f"not JSON: {error}")
    if not isinstance(record, dict):
        return Skipped(str(path), position, "the line is not a JSON object")
    values = {k.lower(): v for k, v in record.items()}
    title, text = _title_and_text(values)
    if text is None:
        return Skipped(str(path), position, f"no text among its keys ({', '.join(values)}); call it `text`")
    document_id = _first(values, _ID_KEYS) or f"{stem(path)}:{number}"
    chosen = kind or str(values.get("kind") or "abstract")
    return to_source(path, position, document_id=document_id, text=text, title=title, kind=chosen)


def _title_and_text(values: dict[str, Any]) -> tuple[str, str | None]:
    title = str(values.get("title") or "")
    if isinstance(values.get("abstract"), str) and "text" not in values:
        return title, f"{title} {values['abstract']}".strip()
    return title, next((values[k] for k in _TEXT_KEYS if isinstance(values.get(k), str)), None)


def _first(values: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((str(values[k]) for k in keys if values.get(k) not in (None, "")), "")


def _good_lines(path: Path, problems: list[Skipped]) -> Iterator[str]:
    for _, line in read_lines(path):
        if isinstance(line, Skipped):
            problems.append(line)
        else:
            yield line.replace("\0", "") + "\n"


def _csv_row(path: Path, number: int, header: list[str], row: list[str], column: int, kind: str) -> Item:
    position = f"row {number}"
    if len(row) != len(header):
        return Skipped(str(path), position, f"it has {len(row)} columns instead of {len(header)}")
    values = dict(zip(header, row, strict=True))
    document_id = f"{stem(path)}:{_first(values, _ID_KEYS) or number}"
    return to_source(path, position, document_id=document_id, text=row[column], kind=kind or "note")
