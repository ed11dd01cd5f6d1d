"""Files in, triples out: TSV (gzipped or not, with or without a header) and Hetionet's own two files."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gnn.triples import Row, Triples, build_triples
from kg.errors import FormatError, InputError, UnknownNameError

FORMATS = ("tsv", "hetionet")
HETIONET_FILES = ("nodes.tsv", "edges.tsv.gz")

_HEAD = ("head", "source", "subject")
_RELATION = ("relation", "metaedge", "predicate")
_TAIL = ("tail", "target", "object")
_DATED = ("date", "year")
_KIND = ("kind", "type", "category")


@dataclass(slots=True)
class _Collected:
    rows: list[Row] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def read_triples(paths: Sequence[Path], *, file_format: str = "tsv") -> Triples:
    """Read one graph out of all `paths`.

    A header is recognised by its words (head relation tail, source metaedge target, subject predicate object); a file
    whose header is `id name kind` gives the entities' names and types. With `hetionet`, a folder stands for its
    nodes.tsv and edges.tsv.gz, and the nodes.tsv beside an edges file is read with it. FormatError names file and
    line of a row without three fields. An edge's sources are the names of the files that state it.
    """
    if file_format not in FORMATS:
        raise UnknownNameError("format", file_format, FORMATS)
    collected = _Collected()
    for path in _to_files(paths, file_format):
        before = len(collected.rows)
        _read_file(path, collected)
        collected.sources += [path.name] * (len(collected.rows) - before)
    return build_triples(
        collected.rows,
        types=collected.types,
        names=collected.names,
        extra_entities=collected.types.keys(),
        sources=collected.sources,
    )


def read_pairs(path: Path, relation: str) -> list[tuple[str, str]]:
    """Return the (head, tail) names that `path` states for `relation`, in file order; InputError when there is none."""
    collected = _Collected()
    _read_file(path, collected)
    pairs = list(dict.fromkeys((h, t) for h, r, t in collected.rows if r == relation))
    if not pairs:
        seen = ", ".join(sorted({r for _, r, _ in collected.rows})) or "no relation at all"
        raise InputError(f'{path} has no triple of the relation "{relation}", it has {seen}; name another relation.')
    return pairs


def read_rows(path: Path) -> list[Row]:
    """Return the triples of one file, in file order."""
    collected = _Collected()
    _read_file(path, collected)
    return collected.rows


def read_dates(paths: Sequence[Path], relation: str) -> dict[tuple[str, str], str]:
    """Return the earliest date of each pair of `relation`, from a column `date` or `year` of the files' header."""
    dates: dict[tuple[str, str], str] = {}
    for path in paths:
        columns: tuple[int, int, int] | None = None
        for number, line in _read_lines(path):
            header = [cell.strip().lower() for cell in line]
            if number == 1:
                columns = _columns_of(header)
                dated = next((header.index(word) for word in _DATED if word in header), None)
            if number == 1 or columns is None or dated is None or len(line) <= max(dated, *columns):
                continue
            head, own, tail = (line[column].strip() for column in columns)
            date = line[dated].strip()
            if own == relation and date:
                dates[head, tail] = min(date, dates.get((head, tail), date))
    return dates


def read_areas(path: Path) -> dict[str, str]:
    """Return the area of each entity that a file of two columns names; FormatError for a line without both."""
    areas: dict[str, str] = {}
    for number, line in _read_lines(path):
        if line and line != [""]:
            if len(line) < 2 or not line[1].strip():
                raise FormatError(
                    path, "names no area", "write an entity and its area, separated by a tab", line=number
                )
            areas[line[0].strip()] = line[1].strip()
    return areas


def read_names(path: Path) -> list[str]:
    """Return the first field of every line of `path`: a list of entities, one a line."""
    return list(dict.fromkeys(line[0].strip() for _, line in _read_lines(path) if line and line[0].strip()))


def _to_files(paths: Sequence[Path], file_format: str) -> list[Path]:
    if file_format == "tsv":
        return list(paths)
    files: list[Path] = []
    for path in paths:
        beside = path.parent / HETIONET_FILES[0]
        if path.is_dir():
            files += [path / name for name in HETIONET_FILES]
        else:
            files += [beside, path] if beside.is_file() else [path]
    return list(dict.fromkeys(files))


def _read_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
            yield from enumerate(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE), start=1)
    except UnicodeDecodeError as error:
        raise FormatError(path, f"is not UTF-8 ({error.reason})", "convert it to UTF-8") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FormatError(path, f"is not a whole gzip file ({error})", "fetch it again") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; check the path and its rights.") from error


def _read_file(path: Path, into: _Collected) -> None:
    columns: tuple[int, int, int] | None = None
    for number, line in _read_lines(path):
        if columns is None:
            header = [cell.strip().lower() for cell in line]
            if "id" in header and any(kind in header for kind in _KIND):
                _read_nodes(path, header, into)
                return
            found = _columns_of(header)
            columns = found or (0, 1, 2)
            if found:
                continue
        if not line or line == [""]:
            continue
        if len(line) <= max(columns):
            raise FormatError(path, f"has {len(line)} fields instead of 3", "separate them by tabs", line=number)
        row = (line[columns[0]].strip(), line[columns[1]].strip(), line[columns[2]].strip())
        if not all(row):
            raise FormatError(path, "has an empty field", "give head, relation and tail", line=number)
        into.rows.append(row)


def _columns_of(header: list[str]) -> tuple[int, int, int] | None:
    places = [[header.index(w) for w in words if w in header] for words in (_HEAD, _RELATION, _TAIL)]
    return (places[0][0], places[1][0], places[2][0]) if all(places) else None


def _read_nodes(path: Path, header: list[str], into: _Collected) -> None:
    kind = next(header.index(word) for word in _KIND if word in header)
    name = header.index("name") if "name" in header else None
    identifier = header.index("id")
    for number, line in _read_lines(path):
        if number == 1:
            continue
        if len(line) < len(header):
            raise FormatError(path, f"has {len(line)} fields instead of {len(header)}", "complete it", line=number)
        into.types[line[identifier]] = line[kind]
        into.names[line[identifier]] = line[name] if name is not None else ""
