"""Several recognizers' spans made into one list without overlaps."""

from __future__ import annotations

from collections.abc import Sequence

from extraction.document import EntityType, Span


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


def add_curies(spans: Sequence[Span], known: Sequence[Span], *, retype: bool) -> tuple[Span, ...]:
    """Return `spans` with the CURIEs of `known` spans at the same place.

    With `retype`, a disease that is known as a symptom becomes one: corpora call both diseases, the graph does not.
    """
    by_place = {(k.start, k.end): k for k in known if k.curie}
    return tuple(_with_curie(span, by_place.get((span.start, span.end)), retype) for span in spans)


def _with_curie(span: Span, known: Span | None, retype: bool) -> Span:
    if known is None or span.curie:
        return span
    if known.type == span.type:
        return Span(span.start, span.end, span.type, span.score, known.curie)
    if retype and (span.type, known.type) == (EntityType.DISEASE, EntityType.SYMPTOM):
        return Span(span.start, span.end, known.type, span.score, known.curie)
    return span
