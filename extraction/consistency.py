"""One document, one name: what a name is called in most places it is called in all, where it was missed, too."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from extraction.document import EntityType, Span
from extraction.spans import merge_spans

_TYPES = frozenset({EntityType.DISEASE, EntityType.DRUG})
_CONFUSED = _TYPES | {EntityType.GENE}
_LEAST_SHARE = 0.25
_SHORTEST = 4
_IN_WORD = re.compile(r"[\w-]")


def name_everywhere(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans and the other places of their names, where at least a quarter of all were found.

    A name has four characters or more and is looked for whatever its case; what another span covers stays. What is a
    disease, a drug or a gene is decided by most of its places.

    >>> found = name_everywhere("Lead harms. lead-free. No lead.", [Span(0, 4, EntityType.DRUG)])
    >>> [(s.start, s.end) for s in found]
    [(0, 4), (26, 30)]
    """
    lowered = text.lower()
    if len(lowered) != len(text):
        return tuple(spans)
    spans = _one_type(lowered, spans)
    places: dict[str, list[Span]] = {}
    for span in spans:
        if span.type in _TYPES and span.end - span.start >= _SHORTEST:
            places.setdefault(lowered[span.start : span.end], []).append(span)
    covered = {at for span in spans for at in range(span.start, span.end)}
    return merge_spans(spans, [new for name, found in places.items() for new in _others(lowered, name, found, covered)])


def _one_type(lowered: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans, each name under the type that most of its places have; of two as frequent, the earlier."""
    counts: dict[str, Counter[EntityType]] = defaultdict(Counter)
    for span in spans:
        if span.type in _CONFUSED:
            counts[lowered[span.start : span.end]][span.type] += 1
    usual = {name: types.most_common(1)[0][0] for name, types in counts.items()}
    return tuple(
        replace(span, type=kind, curie="")
        if span.type in _CONFUSED and (kind := usual[lowered[span.start : span.end]]) != span.type
        else span
        for span in spans
    )


def _others(lowered: str, name: str, found: Sequence[Span], covered: set[int]) -> list[Span]:
    free = [place for place in _places_of(lowered, name) if covered.isdisjoint(range(*place))]
    kind, num = Counter(span.type for span in found).most_common(1)[0]
    if num < _LEAST_SHARE * (num + len(free)):
        return []
    example = next(span for span in found if span.type == kind)
    return [replace(example, start=start, end=end) for start, end in free]


def _places_of(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Yield where a name stands as a whole word."""
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        is_whole = _IN_WORD.match(text[start - 1 : start]) is None and _IN_WORD.match(text, end) is None
        if is_whole:
            yield start, end
        start = text.find(name, end if is_whole else start + 1)
