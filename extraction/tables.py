"""The room's own data tables: TSV with a header line, no quoting, `#` comments."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from kg.errors import FormatError


def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of `extraction/<name>`, keyed by the header; FormatError when a row has another width."""
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    header = lines[0].split("\t")
    return tuple(
        _to_row(name, number, header, line)
        for number, line in enumerate(lines[1:], start=2)
        if line.strip() and not line.startswith("#")
    )


@cache
def read_patterns(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the (kind, pattern) rows of a table; `<NAME>` stands for the row whose kind is `macro NAME`."""
    rows = read_rows(name)
    macros = {r["kind"].removeprefix("macro "): r["pattern"] for r in rows if r["kind"].startswith("macro ")}
    return tuple(
        (r["kind"], re.compile(_expand(r["pattern"], macros))) for r in rows if not r["kind"].startswith("macro ")
    )


@cache
def read_word_list(name: str) -> frozenset[str]:
    """Return one list of `word_lists.tsv`."""
    return next(frozenset(r["words"].split()) for r in read_rows("word_lists.tsv") if r["list"] == name)


def _expand(pattern: str, macros: dict[str, str]) -> str:
    while (wider := re.sub("<([A-Z_]+)>", lambda m: macros[m[1]], pattern)) != pattern:
        pattern = wider
    return pattern


def _to_row(name: str, number: int, header: list[str], line: str) -> dict[str, str]:
    cells = line.split("\t")
    if len(cells) != len(header):
        problem = f"has {len(cells)} columns instead of {len(header)}"
        raise FormatError(name, problem, f"write {', '.join(header)} separated by tabs", line=number)
    return dict(zip(header, cells, strict=True))
