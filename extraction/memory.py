"""What annotators called what: counts of (type, name) → identifier in annotated corpora."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from extraction.concepts import CONCEPT_TYPE
from extraction.document import EntityType
from extraction.words import to_phrase_key
from kg.errors import ModelError
from kg.model import Mention

NIL = "-"


@dataclass(frozen=True, slots=True)
class Memory:
    """Counts by (type, key) and by identifier; identifiers are as annotated, several joined by `|`, NIL is `-`."""

    counts: Mapping[tuple[str, str], Mapping[str, int]]
    totals: Mapping[str, int]


def build_memory(mentions: Iterable[Mention]) -> Memory:
    """Return the memory of gold mentions; those of types that are not linked are passed over."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    totals: Counter[str] = Counter()
    for mention in mentions:
        kind = CONCEPT_TYPE.get(EntityType(mention.type))
        key = to_phrase_key(mention.text)
        if kind is None or not key:
            continue
        curie = mention.curie or NIL
        counts.setdefault((kind, key), Counter())[curie] += 1
        totals[curie] += 1
    return Memory(counts, totals)


def to_lines(memory: Memory) -> list[str]:
    """Return the memory as sorted lines `type<TAB>key<TAB>curie<TAB>count`."""
    return [
        f"{kind}\t{key}\t{curie}\t{count}"
        for (kind, key), counts in sorted(memory.counts.items())
        for curie, count in sorted(counts.items())
    ]


@cache
def read_memory(path: Path) -> Memory:
    """Read a memory; ModelError when it is missing."""
    if not path.is_file():
        raise ModelError(f"{path}: the linker's memory is missing; install the package again.")
    counts: dict[tuple[str, str], dict[str, int]] = {}
    totals: Counter[str] = Counter()
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            kind, key, curie, count = line.rstrip("\n").split("\t")
            counts.setdefault((kind, key), {})[curie] = int(count)
            totals[curie] += int(count)
    return Memory(counts, totals)
