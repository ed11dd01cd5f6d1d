"""The checker of the starter knowledge: what would make a row wrong, dangling, uncited or self-contradictory."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ontologies.starter import FOLDER, TABLES, Row, TableError, read_numbered, split

_CURIE_FORMS: Final = {
    "DOID": re.compile(r"DOID:\d+"),
    "HP": re.compile(r"HP:\d{7}"),
    "DRUGBANK": re.compile(r"DRUGBANK:DB\d{5}"),
    "NCBIGene": re.compile(r"NCBIGene:\d+"),
    "MONDO": re.compile(r"MONDO:\d{7}"),
    "MESH": re.compile(r"MESH:[CD]\d{6,9}"),
}
_XREF: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]*:[^\s:|]+")
_ATC: Final = re.compile(r"[A-Z](\d{2}([A-Z]([A-Z](\d{2})?)?)?)?")
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
_VERDICTS: Final = frozenset({"blocked", "caution"})
_FREQUENCIES: Final = frozenset({"very_common", "common", "uncommon", "rare", "very_rare"})

ALLOWED: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("references", "kind"): frozenset({"guideline", "label", "database", "review"}),
    ("drugs", "cost_class"): frozenset({"low", "medium", "high", ""}),
    ("indications", "line_of_therapy"): frozenset({"1", "2", "3"}),
    ("indications", "role"): frozenset({"monotherapy", "combination", "adjunct"}),
    ("indications", "evidence_level"): frozenset({"L1", "L2", "L3"}),
    ("contraindications", "severity"): frozenset({"absolute", "relative"}),
    ("interactions", "severity"): frozenset({"contraindicated", "major", "moderate", "minor"}),
    ("side_effects", "frequency"): _FREQUENCIES,
    ("drug_classes", "kind"): frozenset({"therapeutic", "allergy", "pharmacological"}),
    ("cross_reactivity", "verdict"): _VERDICTS,
    ("renal_limits", "measure"): frozenset({"egfr_ml_min_1_73m2", "crcl_ml_min"}),
    ("renal_limits", "verdict"): _VERDICTS,
    ("hepatic_limits", "child_pugh"): frozenset({"A", "B", "C"}),
    ("hepatic_limits", "verdict"): _VERDICTS,
    ("pregnancy_lactation", "state"): frozenset({"pregnancy", "lactation"}),
    ("pregnancy_lactation", "verdict"): _VERDICTS | {"ok"},
    ("age_limits", "verdict"): _VERDICTS,
    ("gene_drug", "effect"): frozenset({"toxicity", "inefficacy", "dose", "response"}),
    ("gene_drug", "verdict"): _VERDICTS | {"ok"},
    ("qt_risk", "risk"): frozenset({"known", "possible", "conditional"}),
    ("food_lifestyle", "verdict"): _VERDICTS | {"ok"},
    ("symptoms", "frequency"): _FREQUENCIES,
    ("coverage", "check"): frozenset(
        {
            "contraindication", "interaction", "allergy", "renal", "hepatic", "pregnancy", "lactation", "age",
            "pharmacogenomics", "qt", "food_lifestyle",
        }
    ),
    ("partial_coverage", "check"): frozenset({"contraindication", "interaction", "side_effects"}),
}  # fmt: skip

# What makes a row the same fact as another row of its table.
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "references": ("reference",),
    "conditions": ("condition",),
    "drugs": ("drug",),
    "genes": ("gene",),
    "findings": ("curie",),
    "broader": ("curie", "broader_curie"),
    "indications": ("drug", "condition", "line_of_therapy", "role", "partners", "population", "biomarker"),
    "contraindications": ("drug", "curie", "severity", "population"),
    "interactions": ("drug_a", "drug_b", "severity"),
    "side_effects": ("drug", "curie"),
    "drug_classes": ("class_id",),
    "class_members": ("class_id", "drug"),
    "cross_reactivity": ("class_a", "class_b"),
    "renal_limits": ("drug", "measure", "below"),
    "hepatic_limits": ("drug", "child_pugh"),
    "pregnancy_lactation": ("drug", "state"),
    "age_limits": ("drug", "min_years", "max_years"),
    "gene_drug": ("drug", "gene", "finding"),
    "qt_risk": ("drug",),
    "food_lifestyle": ("drug", "factor"),
    "monitoring": ("drug", "measure"),
    "symptoms": ("condition", "curie"),
    "coverage": ("drug", "check"),
    "partial_coverage": ("drug", "check"),
    "non_drug_measures": ("condition", "measure"),
    "stop_rules": ("drug", "rule"),
}
_NUMBERS: Final = (("renal_limits", "below"), ("age_limits", "min_years"), ("age_limits", "max_years"))

Tables = Mapping[str, tuple[tuple[int, Row], ...]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in a line of a table."""

    table: str
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.table}.tsv, line {self.line}: {self.problem}"


def check_starter(folder: Path = FOLDER) -> tuple[Finding, ...]:
    """Return everything that is wrong with the tables of a folder; an empty tuple means they may be shipped."""
    tables: dict[str, tuple[tuple[int, Row], ...]] = {}
    for name in TABLES:
        try:
            tables[name] = tuple(read_numbered(name, folder))
        except TableError as error:
            return (Finding(name, 1, str(error)),)
    checks = (check_citations, check_values, check_curies, check_duplicates, check_references, check_contradictions)
    return tuple(finding for check in checks for finding in check(tables))


def check_citations(tables: Tables) -> Iterator[Finding]:
    """Every row names a source and says whether that source was read."""
    for table, line, row in _rows(tables):
        if table == "references":
            continue
        if not row["reference"]:
            yield Finding(table, line, "has no reference")
        if row["checked"] not in {"source_read", "recalled"}:
            yield Finding(table, line, f'`checked` is "{row["checked"]}"; allowed: recalled, source_read')


def check_values(tables: Tables) -> Iterator[Finding]:
    """Cells of closed vocabularies and numbers hold what is allowed."""
    for table, line, row in _rows(tables):
        for (of_table, column), allowed in ALLOWED.items():
            if of_table == table and row[column] not in allowed:
                yield Finding(table, line, f'`{column}` is "{row[column]}"; allowed: {", ".join(sorted(allowed))}')
        for of_table, column in _NUMBERS:
            if of_table == table and row[column] and not _NUMBER.fullmatch(row[column]):
                yield Finding(table, line, f'`{column}` is "{row[column]}", which is no number')
    for line, row in tables["references"]:
        if not re.fullmatch(r"(19|20)\d{2}", row["year"]):
            yield Finding("references", line, f'`year` is "{row["year"]}"')


def check_curies(tables: Tables) -> Iterator[Finding]:
    """Identifiers have their authority's form, and one identifier means one name."""
    for table, line, row in _rows(tables):
        curie = row.get("curie")
        form = _CURIE_FORMS.get((curie or "").partition(":")[0])
        if curie is not None and (form is None or not form.fullmatch(curie)):
            yield Finding(table, line, f'`curie` is "{curie}", which is malformed')
        for xref in split(row.get("xrefs", "")):
            if not _XREF.fullmatch(xref):
                yield Finding(table, line, f'the xref "{xref}" is malformed')
        for code in split(row.get("atc", "")):
            if not _ATC.fullmatch(code):
                yield Finding(table, line, f'the ATC code "{code}" is malformed')
        if not all(code.isdigit() for code in split(row.get("rxcui", ""))):
            yield Finding(table, line, f'the RxCUI "{row["rxcui"]}" is malformed')
    for table in ("conditions", "drugs", "genes"):
        yield from _find_repeated(table, tables[table], ("curie",))


def check_duplicates(tables: Tables) -> Iterator[Finding]:
    """No fact is stated twice."""
    for table, key in KEYS.items():
        yield from _find_repeated(table, tables[table], key)


def check_references(tables: Tables) -> Iterator[Finding]:
    """Every name that a row uses is defined in the table of its kind."""
    defined = {
        "reference": _names(tables, "references", "reference"),
        "condition": _names(tables, "conditions", "condition"),
        "drug": _names(tables, "drugs", "drug"),
        "gene": _names(tables, "genes", "gene"),
        "class_id": _names(tables, "drug_classes", "class_id"),
    }
    agents = defined["drug"] | defined["class_id"]
    defined |= {"drug_a": agents, "drug_b": agents, "class_a": agents, "class_b": agents}
    for table, line, row in _rows(tables):
        for column in row.keys() & defined.keys():
            free_name = table == "contraindications" and column == "condition"
            if row[column] and not free_name and row[column] not in defined[column]:
                yield Finding(table, line, f'`{column}` is "{row[column]}", which no table defines')
        for partner in split(row.get("partners", "")):
            if partner not in agents:
                yield Finding(table, line, f'the partner "{partner}" is defined by no table')


def check_contradictions(tables: Tables) -> Iterator[Finding]:
    """No drug treats and is contraindicated for one condition unless a population or biomarker tells them apart."""
    curie_of = {row["condition"]: row["curie"] for _, row in tables["conditions"]}
    treated: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for _, row in tables["indications"]:
        treated[row["drug"], curie_of.get(row["condition"], "")].append(row)
    for line, row in tables["contraindications"]:
        open_rows = [r for r in treated[row["drug"], row["curie"]] if not (r["population"] or r["biomarker"])]
        if open_rows and not row["population"]:
            yield Finding(
                "contraindications", line, f"{row['drug']} also treats {row['condition']}; say for whom in `population`"
            )


def check_identifiers(
    rows: Iterable[tuple[str, str]], names: Mapping[str, frozenset[str]], authority: str
) -> Iterator[str]:
    """Yield a sentence for every (CURIE, name) that an authority's table does not hold, or holds by other names.

    `names` are the lower-case names and synonyms by CURIE.
    """
    for curie, name in rows:
        known = names.get(curie)
        if known is None:
            yield f"{curie} ({name}) is not in {authority}"
        elif name.lower() not in known:
            yield f'{curie} is not called "{name}" in {authority}'


def _rows(tables: Tables) -> Iterator[tuple[str, int, Row]]:
    return ((table, line, row) for table, rows in tables.items() for line, row in rows)


def _names(tables: Tables, table: str, column: str) -> frozenset[str]:
    return frozenset(row[column] for _, row in tables[table])


def _find_repeated(table: str, rows: Iterable[tuple[int, Row]], key: tuple[str, ...]) -> Iterator[Finding]:
    first: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        value = tuple(row[column] for column in key)
        if value in first:
            yield Finding(table, line, f"repeats line {first[value]} ({', '.join(v for v in value if v)})")
        first.setdefault(value, line)
