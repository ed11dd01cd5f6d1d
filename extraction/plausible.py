"""What is taken for a name in a note and is none: words of every day, an adjective alone, a span over a line's end.

Abstracts keep such spans: their annotators marked some of them, and the taggers learnt it there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from extraction.document import EntityType, Span
from extraction.tables import read_word_list

_SPECIALTY = re.compile(r"infectious diseases?")  # a doctor's or clinic's: a patient's has a name
_RESISTED = re.compile(
    r"[- ](?:resistant|intermediate|sensitive|susceptible) (?:\w+ )?"
    r"(?:staph|strep|entero|e\.? ?coli|pseudomonas|klebsiella|acinetobacter|(?:myco)?bacteri|tubercul|gonorr|"
    r"salmonella)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.;!?] +(?=[A-Z])")
_CONDITIONS = frozenset({EntityType.DISEASE, EntityType.SYMPTOM})


def keep_plausible(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans of a note that may be names, each cut off where a sentence ends in it."""
    whole = (_within_sentence(text, span) for span in spans)
    named = (span for span in whole if _is_plausible(text[span.start : span.end], span.type))
    return tuple(span for span in named if span.type != EntityType.DRUG or not _RESISTED.match(text, span.end))


def _within_sentence(text: str, span: Span) -> Span:
    end = _SENTENCE_END.search(text, span.start, span.end)
    return replace(span, end=end.start(), curie="") if end is not None else span


def _is_plausible(name: str, kind: EntityType) -> bool:
    word = name.lower()
    if "\n" in name or word in read_word_list("not_in_notes"):
        return False
    if kind in _CONDITIONS:
        return word not in read_word_list("no_conditions") and not _SPECIALTY.fullmatch(word)
    return kind != EntityType.GENE or word not in read_word_list("no_genes")
