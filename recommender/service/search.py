"""Finding concepts by name: exact before prefix before anywhere inside.

All names stand in one text that is searched as a whole: on 80,000 concepts a question takes milliseconds, where a look
at each name in turn keeps every other thread waiting for a tenth of a second.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Final

from recommender.facts import Concept

KEPT_QUESTIONS: Final = 32  # for the next pages; each keeps at most four bytes a concept


@dataclass(frozen=True, slots=True)
class Found:
    """One page of matches and how many there are in all."""

    concepts: tuple[Concept, ...]
    total: int


class ConceptIndex:
    """Concepts sorted by name, and their names, synonyms and CURIEs in lower case as one UTF-8 text, a name a line."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self._concepts = sorted(concepts, key=lambda c: (c.name.lower(), c.curie))
        blocks = [_to_block(c) for c in self._concepts]
        self._text = b"".join(blocks) + b"\n"
        self._starts = array("I", accumulate(map(len, blocks), initial=0))
        self._rank = lru_cache(maxsize=KEPT_QUESTIONS)(self._find_numbers)

    def find(self, text: str, *, category: str = "", limit: int = 20, offset: int = 0) -> Found:
        """Return the concepts that a text names, the closest first, ties by name."""
        numbers = self._rank(_to_line(text), category)
        return Found(tuple(self._concepts[n] for n in numbers[offset : offset + limit]), len(numbers))

    def _find_numbers(self, wanted: bytes, category: str) -> array[int]:
        """The numbers of all matches in the order in which they are shown."""
        exact, prefix, inside = array("I"), array("I"), array("I")
        for number in self._holding(wanted):
            if not category or self._concepts[number].category == category:
                block = self._text[self._starts[number] : self._starts[number + 1] + 1]
                place = exact if b"\n%b\n" % wanted in block else prefix if b"\n%b" % wanted in block else inside
                place.append(number)
        return exact + prefix + inside

    def _holding(self, wanted: bytes) -> Iterator[int]:
        """The numbers of the concepts with a line that holds the text, once each."""
        place = self._text.find(wanted)
        while 0 <= place < self._starts[-1]:
            number = bisect_right(self._starts, place) - 1
            yield number
            place = self._text.find(wanted, self._starts[number + 1])


def _to_block(concept: Concept) -> bytes:
    """The lines of one concept; each begins with its line break, so that a name's beginning can be searched for."""
    return b"".join(b"\n" + _to_line(name) for name in (concept.name, *concept.synonyms, concept.curie))


def _to_line(text: str) -> bytes:
    return " ".join(text.lower().split()).encode()
