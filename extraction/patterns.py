"""Variants and doses, recognised by their form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from extraction.document import EntityType, Span
from extraction.literals import Prefilter
from extraction.spans import merge_spans
from extraction.tables import read_patterns

_TABLE = "span_patterns.tsv"
_NOT_A_DOSE = re.compile(r"^\d+(?:\.\d+)?[\s-]?(?:kg|g|l|u|units?)$", re.I)


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose taken apart; `amount` may be a range, `unit` as written, `frequency` and `route` "" when not said."""

    amount: str
    unit: str
    route: str
    frequency: str


def find_patterns(text: str) -> list[Span]:
    """Return the variants and doses of a text, sorted by start.

    >>> [(s.type.value, "EGFR L858R: 80 mg daily"[s.start:s.end]) for s in find_patterns("EGFR L858R: 80 mg daily")]
    [('variant', 'L858R'), ('dose', '80 mg daily')]
    """
    patterns = read_patterns(_TABLE)
    found = [
        Span(match.start(), match.end(), EntityType(kind))
        for kind, pattern in map(patterns.__getitem__, _prefilter().find(text))
        for match in pattern.finditer(text)
        if not _NOT_A_DOSE.match(match.group())
    ]
    return list(merge_spans(found))


@cache
def _prefilter() -> Prefilter:
    return Prefilter(pattern for _, pattern in read_patterns(_TABLE))


def to_dose(text: str) -> Dose | None:
    """Return a dose taken apart, None when the text is not one.

    >>> to_dose("500 mg orally twice daily")
    Dose(amount='500', unit='mg', route='orally', frequency='twice daily')
    """
    match = next(pattern.match(text) for kind, pattern in read_patterns(_TABLE) if kind == EntityType.DOSE)
    if match is None:
        return None
    frequency = " ".join(match["frequency"].replace(",", " ").split())
    return Dose(match["amount"].replace(",", ""), match["unit"], match["route"] or "", frequency)
