"""What is taken for a name in a note and is none: words of every day, an adjective alone, a span over a line's end.

Abstracts keep such spans: their annotators marked some of them, and the taggers learnt it there.
"""

from __future__ import annotations

from collections.abc import Iterable

from extraction.document import EntityType, Span
from extraction.tables import read_word_list

_CONDITIONS = frozenset({EntityType.DISEASE, EntityType.SYMPTOM})


def keep_plausible(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans of a note that may be names."""
    return tuple(span for span in spans if _is_plausible(text[span.start : span.end], span.type))


def _is_plausible(name: str, kind: EntityType) -> bool:
    word = name.lower()
    if "\n" in name or word in read_word_list("not_in_notes"):
        return False
    return kind not in _CONDITIONS or word not in read_word_list("bare_adjectives")
