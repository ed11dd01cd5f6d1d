"""The curated tables of limits: what is no triple and so stands in no graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from kg.model import STARTER_SOURCE
from kg.sources.starter import StarterSource
from ontologies.starter import Row, read_table
from ontologies.tables import read_rows as read_own_rows
from recommender.facts import (
    Advice,
    AgeLimit,
    Citation,
    Coverage,
    HepaticLimit,
    LifestyleLimit,
    Modifier,
    Monitoring,
    QtRisk,
    RenalLimit,
    ReproductiveLimit,
    Rows,
)

_CLASS_PREFIX = "theragraph.class:"


def read_limits(rows: Rows, drugs: Mapping[str, str], conditions: Mapping[str, str]) -> Rows:
    """Return `rows` with the limits of every table; a table's drug or condition that the graph lacks is left out.

    `drugs` and `conditions` map lower-case names to the graph's CURIEs.
    """
    cite = _Citations()
    table = _Tables(drugs, cite)
    return replace(
        rows,
        renal_limits=tuple(
            RenalLimit(d, r["measure"], float(r["below"]), **_said(r, c)) for d, r, c in table.read("renal_limits")
        ),
        hepatic_limits=tuple(
            HepaticLimit(d, r["child_pugh"], **_said(r, c)) for d, r, c in table.read("hepatic_limits")
        ),
        reproductive_limits=tuple(
            ReproductiveLimit(d, r["state"], **_said(r, c)) for d, r, c in table.read("pregnancy_lactation")
        ),
        age_limits=tuple(
            AgeLimit(d, _number(r["min_years"]), _number(r["max_years"]), **_said(r, c))
            for d, r, c in table.read("age_limits")
        ),
        qt_risks=tuple(QtRisk(d, r["risk"], c) for d, r, c in table.read("qt_risk")),
        lifestyle_limits=tuple(
            LifestyleLimit(d, r["factor"], **_said(r, c)) for d, r, c in table.read("food_lifestyle")
        ),
        monitoring=tuple(Monitoring(d, r["measure"], r["loinc"], r["when"], c) for d, r, c in table.read("monitoring")),
        coverage=(
            *(Coverage(d, r["check"], c) for d, r, c in table.read("coverage")),
            *(Coverage(d, r["check"], c, is_whole=False) for d, r, c in table.read("partial_coverage")),
        ),
        stop_rules=tuple(Advice(d, r["rule"], c) for d, r, c in table.read("stop_rules")),
        non_drug_measures=tuple(
            Advice(conditions[r["condition"].lower()], r["measure"], cite.of(r))
            for r in read_table("non_drug_measures")
            if r["condition"].lower() in conditions
        ),
        modifiers=tuple(_read_modifiers(drugs)),
        versions=(*rows.versions, ("starter tables", StarterSource.info.version)),
    )


class _Citations:
    """From a row's reference to its citation."""

    def __init__(self) -> None:
        self.texts = {r["reference"]: f"{r['publisher']}, {r['title']}, {r['year']}" for r in read_table("references")}

    def of(self, row: Row) -> Citation:
        reference = row["reference"]
        version = StarterSource.info.version
        return Citation(reference, self.texts.get(reference, reference), row["checked"], STARTER_SOURCE, version)


class _Tables:
    """Rows of a table with their drug's CURIE and citation."""

    def __init__(self, drugs: Mapping[str, str], citations: _Citations) -> None:
        self._drugs = drugs
        self._citations = citations

    def read(self, name: str) -> Iterator[tuple[str, Row, Citation]]:
        for row in read_table(name):
            drug = self._drugs.get(row["drug"].lower())
            if drug is not None:
                yield drug, row, self._citations.of(row)


def _read_modifiers(drugs: Mapping[str, str]) -> Iterable[Modifier]:
    for row in read_own_rows("interaction_modifiers"):
        first, second = (drugs.get(row[c], _CLASS_PREFIX + row[c]) for c in ("drug_a", "drug_b"))
        value = drugs.get(row["value"], _CLASS_PREFIX + row["value"]) if row["factor"] == "medication" else row["value"]
        citation = Citation("", row["citation"], row["checked"], STARTER_SOURCE, StarterSource.info.version)
        yield Modifier(first, second, row["factor"], row["operator"], value, row["severity"], row["advice"], citation)


def _said(row: Row, citation: Citation) -> dict[str, Any]:
    """What every limit has beside its drug and its condition."""
    return {"verdict": row["verdict"], "advice": row["advice"], "citation": citation}


def _number(cell: str) -> float | None:
    return float(cell) if cell else None
