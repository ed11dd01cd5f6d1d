"""Variants and doses, recognised by their form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spacy.tokens import Doc

from extraction.document import EntityType, Span

_AMINO_ACID = (
    r"(?:Ala|Arg|Asn|Asp|Cys|Gln|Glu|Gly|His|Ile|Leu|Lys|Met|Phe|Pro|Ser|Thr|Trp|Tyr|Val|Ter|[ACDEFGHIKLMNPQRSTVWY])"
)
_VARIANT = re.compile(
    rf"\bp\.\(?{_AMINO_ACID}\d+(?:_{_AMINO_ACID}\d+)?(?:{_AMINO_ACID}|del|dup|ins\w*|fs\*?\d*|\*|=)+\)?"
    r"|\b[cgm]\.[-*]?\d+(?:[+-]\d+)?(?:_\d+(?:[+-]\d+)?)?(?:[ACGT]>[ACGT]|del[ACGT]*|dup[ACGT]*|ins[ACGT]+)"
    r"|\brs\d{3,}\b"
    r"|\b(?!S100|P450|H\d{1,2}N)[ACDEFGHIKLMNPQRSTVWY]\d{2,4}(?:[ACDEFGHIKLMNPQRSTVWY](?![A-Za-z0-9])|fs\*?\d*|del\b|X\b|\*)"
    r"|\bexons?[ -]\d+(?:[ -](?:to|and)[ -]\d+)? (?:in-frame )?(?:deletion|insertion|duplication|skipping)s?"
    r"|(?<=CYP2D6)\*\d+\w?(?:/\*\d+\w?)?|(?<=CYP2C19)\*\d+(?:/\*\d+)?|(?<=CYP2C9)\*\d+(?:/\*\d+)?|(?<=[A-Z0-9])\*\d{1,2}[A-Z]?(?:/\*\d{1,2})\b"
    r"|\bHLA-[A-Z]{1,3}\d?\*\d{2}(?::\d{2})*\b"
    r"|\b(?:EML4-ALK|BCR-ABL1?|BCR::ABL1|PML-RARA|CD74-ROS1) (?:fusion|rearrangement|translocation)"
    r"|\bdel\(\d{1,2}[pq]\)|\bt\(\d{1,2};\d{1,2}\)(?:\([pq\d.;]+\))?"
    r"|\bfactor V Leiden\b"
)
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_UNIT = (
    r"(?:mcg|µg|μg|ug|micrograms?|mg|milligrams?|g|grams?|kg|mL|ml|milliliters?|L|units?|IU|U|mEq|mmol|nmol|MBq|"
    r"puffs?|tablets?|tabs?|capsules?|caps?|drops?|sprays?|patch(?:es)?|inhalations?|actuations?|ampules?|vials?|pills?|suppositor(?:y|ies))"
)
_PER = r"(?:\s?(?:/|per)\s?(?:kg|m2|m²|day|d|h|hr|hour|min|minute|dose|week|mL|actuation)){0,2}"
_FREQUENCY = (
    r"(?:once|twice|three times|four times|1|2|3|4|one|two)(?: times)?(?: (?:a|per|each|every)|-)? ?"
    r"(?:day|daily|week|weekly|month|monthly|night|nightly)|every (?:other )?(?:\d+(?:[- ]?(?:to|-)[- ]?\d+)? )?(?:hours?|days?|weeks?|months?|morning|evening|night|day)"
    r"|every (?:one|two|three|four|six|eight|twelve) (?:hours|days|weeks|months)|q\.?\s?\d+(?:-\d+)?\s?h(?:rs?|ours?)?|(?:b\.?i\.?d|t\.?i\.?d|q\.?i\.?d|q\.?d|q\.?h\.?s|q\.?a\.?m|q\.?p\.?m|q\.?o\.?d|prn|p\.r\.n|h\.s|hs)\b\.?"
    r"|daily|nightly|weekly|monthly|at bedtime|at night|in the morning|in the evening|before meals|with meals|as needed|once"
)
_ROUTE = r"(?:by mouth|orally|oral|p\.?o\.?|intravenous(?:ly)?|i\.?v\.?|subcutaneous(?:ly)?|s\.?c\.?|sub-?q|i\.?m\.?|intramuscular(?:ly)?|inhaled|topical(?:ly)?|sublingual(?:ly)?|s\.?l\.?|rectally|per rectum)\b\.?"
_DOSE = re.compile(
    rf"(?<![\w.])(?P<amount>(?:{_NUMBER})(?:\s?(?:-|–|to)\s?(?:{_NUMBER}))?)[\s-]?(?P<unit>{_UNIT}{_PER})(?![\w/²])(?!\s?/\s?d[Ll])"
    rf"(?:,?\s+(?:tablets?|capsules?|of\s+it))?(?:,?\s+(?P<route>{_ROUTE}))?(?P<frequency>(?:,?\s+(?:{_FREQUENCY}))*)(?:,?\s+{_ROUTE})?(?:(?:,?\s+(?:{_FREQUENCY})))*",
    re.I,
)
_NOT_A_DOSE = re.compile(r"^\d+(?:\.\d+)?[\s-]?(?:kg|g|l|u|units?)$", re.I)


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose taken apart; `amount` may be a range, `unit` as written, `frequency` and `route` "" when not said."""

    amount: str
    unit: str
    route: str
    frequency: str


class PatternRecognizer:
    """A recognizer of variants and doses."""

    def recognize(self, docs: Iterable[Doc]) -> Iterator[list[Span]]:
        """Yield the spans of each document."""
        for doc in docs:
            yield find_patterns(doc.text)


def find_patterns(text: str) -> list[Span]:
    """Return the variants and doses of a text, sorted by start.

    >>> [(s.type.value, "EGFR L858R: 80 mg daily"[s.start:s.end]) for s in find_patterns("EGFR L858R: 80 mg daily")]
    [('variant', 'L858R'), ('dose', '80 mg daily')]
    """
    variants = [Span(m.start(), m.end(), EntityType.VARIANT) for m in _VARIANT.finditer(text)]
    doses = [
        Span(m.start(), m.end(), EntityType.DOSE) for m in _DOSE.finditer(text) if not _NOT_A_DOSE.match(m.group())
    ]
    return sorted([*variants, *doses], key=lambda s: s.start)


def to_dose(text: str) -> Dose | None:
    """Return a dose taken apart, None when the text is not one.

    >>> to_dose("500 mg orally twice daily")
    Dose(amount='500', unit='mg', route='orally', frequency='twice daily')
    """
    match = _DOSE.match(text)
    if match is None:
        return None
    frequency = " ".join(match["frequency"].replace(",", " ").split())
    return Dose(match["amount"].replace(",", ""), match["unit"], match["route"] or "", frequency)
