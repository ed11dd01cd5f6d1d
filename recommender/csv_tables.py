"""Reading the CSV files of a folder, compressed or not, with one clear error when one is missing or damaged."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from kg.errors import FormatError, InputError

Row = dict[str, str]


def read_csv(folder: Path, name: str, *columns: str, required: bool = True) -> Iterator[Row]:
    """Yield the rows of `name.csv` or `name.csv.gz` (any case), keyed by lower-case column.

    InputError when a required file is missing; FormatError when it lacks one of `columns` or breaks off.
    """
    path = find_csv(folder, name)
    if path is None:
        if required:
            raise InputError(f'"{folder}" has no {name}.csv or {name}.csv.gz; give the folder of the data set.')
        return
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as raw:
            yield from _rows(io.TextIOWrapper(raw, encoding="utf-8", newline=""), path, columns)
    except (OSError, EOFError, csv.Error, UnicodeDecodeError) as error:
        raise FormatError(path, f"cannot be read ({error})", "give a whole CSV file") from error


def group_csv(folder: Path, name: str, key: str, *columns: str, required: bool = True) -> dict[str, list[Row]]:
    """The rows of a file by the value of one column."""
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in read_csv(folder, name, key, *columns, required=required):
        grouped[row[key]].append(row)
    return grouped


def to_number(text: str) -> float | None:
    """The finite number that a cell holds, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def find_csv(folder: Path, name: str) -> Path | None:
    """The folder's `name.csv` or `name.csv.gz` (any case), None when it has none; InputError when it is no folder."""
    if not folder.is_dir():
        raise InputError(f'"{folder}" is not a folder; give the folder of the data set.')
    wanted = {f"{name}.csv", f"{name}.csv.gz"}
    return next((path for path in sorted(folder.iterdir()) if path.name.lower() in wanted), None)


def _rows(handle: io.TextIOWrapper, path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    reader = csv.reader(handle)
    header = [name.lower() for name in next(reader, [])]
    missing = [name for name in columns if name not in header]
    if missing:
        raise FormatError(path, f"has no column {', '.join(missing)}", "give the file as it was published", line=1)
    for cells in reader:
        yield dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=False))
