"""Training texts, and copies of them in which other mentions of the same type stand (Dai and Adel 2020)."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extraction.document import EntityType

SWAPPED = (EntityType.DISEASE, EntityType.DRUG)
_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its gold spans (start, end, type) and the types that its annotators looked for; none: no gold."""

    text: str
    spans: tuple[tuple[int, int, EntityType], ...]
    annotated: frozenset[EntityType]


def swap_mentions(examples: Sequence[Example], copies: int, seed: int) -> Iterator[Example]:
    """Yield `copies` of each example that names a disease or drug, half of these names exchanged for others' names.

    A name is exchanged for one name throughout a text, so that a text stays about its subject.
    """
    rng = random.Random(seed)
    names: dict[EntityType, set[str]] = {kind: set() for kind in SWAPPED}
    for example in examples:
        for start, end, kind in example.spans:
            if kind in SWAPPED:
                names[kind].add(example.text[start:end])
    pools = {kind: sorted(found) for kind, found in names.items()}
    for _ in range(copies):
        yield from (swap(e, pools, rng) for e in examples if any(kind in SWAPPED for _, _, kind in e.spans))


def swap(example: Example, pools: Mapping[EntityType, Sequence[str]], rng: random.Random) -> Example:
    """Return one copy of an example; of spans that overlap the longest stays, the others are dropped."""
    chosen: dict[tuple[str, EntityType], str] = {}
    parts: list[str] = []
    spans: list[tuple[int, int, EntityType]] = []
    at = length = 0
    for start, end, kind in sorted(example.spans, key=lambda s: (s[0], -s[1])):
        if start < at:
            continue
        name = example.text[start:end]
        if (name, kind) not in chosen:
            chosen[name, kind] = rng.choice(pools[kind]) if kind in pools and rng.random() < _SHARE else name
        parts += [example.text[at:start], chosen[name, kind]]
        length += start - at
        spans.append((length, length + len(chosen[name, kind]), kind))
        length, at = length + len(chosen[name, kind]), end
    return replace(example, text="".join([*parts, example.text[at:]]), spans=tuple(spans))
