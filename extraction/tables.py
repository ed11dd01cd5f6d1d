"""The room's own data tables: TSV with a header line, no quoting, `#` comments."""

from __future__ import annotations

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


def _to_row(name: str, number: int, header: list[str], line: str) -> dict[str, str]:
    cells = line.split("\t")
    if len(cells) != len(header):
        problem = f"has {len(cells)} columns instead of {len(header)}"
        raise FormatError(name, problem, f"write {', '.join(header)} separated by tabs", line=number)
    return dict(zip(header, cells, strict=True))
