"""The starter knowledge: curated tables with a citation on every row, for demonstration and not for care.

The tables and their columns are described in `README.md` beside this file and in `TABLES` here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
_CITED: Final = ("reference", "checked")

TABLES: Final[dict[str, tuple[str, ...]]] = {
    "references": ("reference", "kind", "title", "publisher", "year"),
    "conditions": ("condition", "curie", "area", "synonyms", "xrefs", *_CITED),
    "drugs": ("drug", "curie", "atc", "rxcui", "synonyms", "cost_class", *_CITED),
    "genes": ("gene", "curie", *_CITED),
    "findings": ("curie", "name", "xrefs", *_CITED),
    "broader": ("curie", "name", "broader_curie", "broader_name", *_CITED),
    "indications": (
        "drug",
        "condition",
        "line_of_therapy",
        "role",
        "partners",
        "population",
        "biomarker",
        "evidence_level",
        "dose",
        *_CITED,
    ),
    "contraindications": (
        "drug",
        "condition",
        "curie",
        "severity",
        "population",
        "rationale",
        *_CITED,
    ),
    "interactions": (
        "drug_a",
        "drug_b",
        "severity",
        "mechanism",
        "management",
        *_CITED,
    ),
    "side_effects": ("drug", "curie", "name", "frequency", *_CITED),
    "drug_classes": ("class_id", "name", "kind", "atc", *_CITED),
    "class_members": ("class_id", "drug", *_CITED),
    "cross_reactivity": ("class_a", "class_b", "verdict", "advice", *_CITED),
    "renal_limits": ("drug", "measure", "below", "verdict", "advice", *_CITED),
    "hepatic_limits": ("drug", "child_pugh", "verdict", "advice", *_CITED),
    "pregnancy_lactation": ("drug", "state", "verdict", "advice", *_CITED),
    "age_limits": ("drug", "min_years", "max_years", "verdict", "advice", *_CITED),
    "gene_drug": ("drug", "gene", "finding", "effect", "verdict", "advice", *_CITED),
    "qt_risk": ("drug", "risk", *_CITED),
    "food_lifestyle": ("drug", "factor", "verdict", "advice", *_CITED),
    "monitoring": ("drug", "measure", "loinc", "when", *_CITED),
    "symptoms": ("condition", "curie", "name", "frequency", *_CITED),
    "coverage": ("drug", "check", *_CITED),
    "partial_coverage": ("drug", "check", *_CITED),
    "non_drug_measures": ("condition", "measure", *_CITED),
    "stop_rules": ("drug", "rule", *_CITED),
}

Row = dict[str, str]


class TableError(ValueError):
    """A starter table is missing or is not the table that `TABLES` describes; the message names file and line."""


def read_table(name: str, folder: Path | None = None) -> tuple[Row, ...]:
    """Return the rows of a table, keyed by column; unknown cells are empty, lists inside a cell are joined by `|`.

    KeyError for a name that is not in `TABLES`; TableError for a file that is not what the table promises.

    >>> read_table("references")[0]["kind"] in {"guideline", "label", "database", "review"}
    True
    """
    return _read_cached(name, folder or FOLDER)


@cache
def _read_cached(name: str, folder: Path) -> tuple[Row, ...]:
    return tuple(row for _, row in read_numbered(name, folder))


def read_numbered(name: str, folder: Path) -> Iterator[tuple[int, Row]]:
    """Yield line numbers and rows of a table straight from the file."""
    columns, path = TABLES[name], folder / f"{name}.tsv"
    if not path.is_file():
        raise TableError(f"{path} is missing; the starter knowledge has the tables {', '.join(TABLES)}.")
    with path.open(encoding="utf-8", newline="\n") as handle:
        header = tuple(next(handle, "").rstrip("\r\n").split("\t"))
        if header != columns:
            raise TableError(f"{path}, line 1: the columns are {', '.join(header)}; expected {', '.join(columns)}.")
        for number, line in enumerate(handle, start=2):
            cells = line.rstrip("\r\n").split("\t")
            if len(cells) != len(columns):
                raise TableError(f"{path}, line {number}: {len(cells)} cells; expected {len(columns)}.")
            yield number, dict(zip(columns, cells, strict=True))


def split(cell: str) -> tuple[str, ...]:
    """Return the items of a list cell.

    >>> split("a|b"), split("")
    (('a', 'b'), ())
    """
    return tuple(item for item in cell.split("|") if item)
