"""Reading text files of sources, plain or gzipped, line by line, with errors that name file, line and column."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from pydantic import ValidationError

from kg.errors import FormatError, InputError


def find_file(path: Path | None, names: Sequence[str], source: str) -> Path:
    """Return `path` itself when it is a file, or the first of `names` in the folder (also with `.gz` or `.bz2`).

    InputError when `path` is missing or holds none of them.
    """
    found = find_optional_file(path, names, source)
    if found is None:
        raise InputError(f'"{path}" holds none of {", ".join(names)}; give {source} the file or the folder it is in.')
    return found


def find_optional_file(path: Path | None, names: Sequence[str], source: str) -> Path | None:
    """Return what `find_file` returns, or None where the folder holds none of the names."""
    if path is None:
        raise InputError(f"The source {source} needs its file; give it with --from PATH ({' or '.join(names)}).")
    if not path.exists():
        raise InputError(f'"{path}" does not exist; give the source {source} a file or folder with --from PATH.')
    if path.is_file():
        return path
    candidates = (path / f"{name}{suffix}" for name in names for suffix in ("", ".gz", ".bz2"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 text file, plain, gzip or bzip2; what goes wrong while it is read becomes a FormatError."""
    try:
        with path.open("rb") as raw:
            with io.TextIOWrapper(_decompress(raw), encoding="utf-8-sig", newline="") as text:
                yield text
    except UnicodeDecodeError as error:
        raise FormatError(path, f"is not UTF-8 ({error.reason})", "save it as UTF-8") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FormatError(path, "ends in the middle of its compressed stream", "fetch it again") from error
    except FileNotFoundError as error:
        raise InputError(f'"{path}" does not exist; check the path.') from error
    except IsADirectoryError as error:
        raise InputError(f'"{path}" is a folder; name a file in it.') from error
    except PermissionError as error:
        raise InputError(f'"{path}" may not be read; check its permissions.') from error


def strip_compression(name: str) -> str:
    """Return a file's name without the ending of its compression.

    >>> strip_compression("mondo.owl.bz2"), strip_compression("mondo.owl")
    ('mondo.owl', 'mondo.owl')
    """
    return name.removesuffix(".gz").removesuffix(".bz2")


def _decompress(raw: io.BufferedReader) -> BinaryIO:
    magic = raw.peek(3)[:3]
    if magic[:2] == b"\x1f\x8b":
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    return cast(BinaryIO, bz2.BZ2File(raw) if magic == b"BZh" else raw)


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line numbers from 1 and lines without their end."""
    with open_text(path) as handle:
        for number, line in enumerate(handle, start=1):
            yield number, line.rstrip("\r\n")


def read_table(
    path: Path,
    required: Sequence[str],
    *,
    delimiter: str = "\t",
    comment: str = "",
    quoted: bool = False,
    ragged: bool = False,
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table with a header line as (line number, cells by column).

    Lines that start with `comment` are passed over. FormatError when a required column is missing from the header or
    a row has another number of cells than the header. With `quoted`, cells may stand in double quotes (RFC 4180, one
    record a line). With `ragged`, empty cells at the end of a row may be left out.
    """
    header: list[str] | None = None
    for number, line in read_lines(path):
        if not line or (comment and line.startswith(comment)):
            continue
        cells = _split(line, delimiter, quoted)
        if header is None:
            header = check_header(path, number, cells, required)
            continue
        if ragged:
            cells += [""] * (len(header) - len(cells))
        if len(cells) != len(header):
            problem = f"has {len(cells)} cells where the header has {len(header)}"
            raise FormatError(path, problem, _cells_hint(cells, header), line=number)
        yield number, dict(zip(header, cells, strict=True))
    if header is None:
        raise FormatError(path, "is empty", f"it needs a header with {', '.join(required)}")


def read_records(path: Path, columns: Sequence[str], *, delimiter: str = "\t") -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table without a header line, whose columns are known from the publisher."""
    for number, line in read_lines(path):
        if not line:
            continue
        cells = line.split(delimiter)
        if len(cells) != len(columns):
            problem = f"has {len(cells)} columns where the format has {len(columns)}"
            raise FormatError(path, problem, f"expected {', '.join(columns)}", line=number)
        yield number, dict(zip(columns, cells, strict=True))


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line numbers and the JSON object of each line."""
    for number, line in read_lines(path):
        if not line.strip():
            continue
        yield number, check_object(path, parse_json(path, line, number), number)


def parse_json(path: Path, text: str, line: int | None = None) -> Any:
    """Return the value of a JSON text; FormatError with line and column where it is broken."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = line if line is not None else error.lineno
        raise FormatError(
            path,
            f"is not JSON at column {error.colno} ({error.msg})",
            "repair it",
            line=where,
        ) from error


def check_object(path: Path | str, value: Any, line: int | None = None) -> dict[str, Any]:
    """Return `value` when it is a JSON object; FormatError otherwise."""
    if not isinstance(value, dict):
        raise FormatError(
            path,
            f"holds a JSON {type(value).__name__}",
            "each record must be an object",
            line=line,
        )
    return value


def check_header(path: Path, line: int, header: list[str], required: Sequence[str]) -> list[str]:
    """Return the header when it has every required column; FormatError naming the missing ones otherwise."""
    missing = [column for column in required if column not in header]
    if missing:
        columns = ", ".join(f"`{c}`" for c in missing)
        raise FormatError(
            path,
            f"has no column {columns}",
            f"its columns are {', '.join(header)}",
            line=line,
        )
    return header


def check_keys(path: Path | str, line: int | None, record: Mapping[str, Any], required: Sequence[str]) -> None:
    """FormatError when a record lacks one of the required keys."""
    missing = [key for key in required if key not in record]
    if missing:
        names = ", ".join(f"`{key}`" for key in missing)
        raise FormatError(
            path,
            f"a record has no key {names}",
            f"its keys are {', '.join(record)}",
            line=line,
        )


def explain_invalid(error: ValidationError) -> str:
    """What is wrong first with a record that does not fit its model: where in it, and why."""
    first = error.errors()[0]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    return f"`{where or 'the whole'}`: {first['msg']}"


def _split(line: str, delimiter: str, quoted: bool) -> list[str]:
    if not quoted or '"' not in line:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter))


def _cells_hint(cells: list[str], header: list[str]) -> str:
    if len(cells) < len(header):
        return f"column {len(cells) + 1} (`{header[len(cells)]}`) and the ones after it are missing"
    return f"what stands after column {len(header)} (`{header[-1]}`) has no column name"
