"""Several recognizers' spans made into one list without overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extraction.document import Span


def merge_spans(*lists: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans of all lists, sorted by start; where two overlap the one of the earlier list stays.

    >>> merge_spans([Span(0, 5, EntityType.DRUG)], [Span(3, 9, EntityType.GENE), Span(9, 12, EntityType.DOSE)])[1].start
    9
    """
    kept: list[Span] = []
    taken: set[int] = set()
    for spans in lists:
        for span in spans:
            if taken.isdisjoint(range(span.start, span.end)):
                kept.append(span)
                taken.update(range(span.start, span.end))
    return tuple(sorted(kept, key=lambda s: s.start))


def keep_longest(*lists: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans of all lists, sorted by start; of two that overlap the longer, else the earlier list's.

    >>> keep_longest([Span(0, 5, EntityType.DRUG)], [Span(3, 9, EntityType.GENE)])[0].start
    3
    """
    every = [span for spans in lists for span in spans]
    return merge_spans(sorted(every, key=lambda s: s.start - s.end))


def add_curies(spans: Sequence[Span], known: Sequence[Span]) -> tuple[Span, ...]:
    """Return `spans` with the CURIEs of the `known` spans of the same type at the same place."""
    curies = {(k.start, k.end, k.type): k.curie for k in known}
    found = ((span, span.curie or curies.get((span.start, span.end, span.type), "")) for span in spans)
    return tuple(span if curie == span.curie else replace(span, curie=curie) for span, curie in found)
