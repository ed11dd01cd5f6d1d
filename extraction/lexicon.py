"""The lexicon: which word sequences are names of diseases, drugs, proteins, procedures or tests in MeSH, DO and others.

The tagger gets these matches as features, the linker uses the same keys (`extraction.words.to_key`).
"""

from __future__ import annotations

import gzip
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from extraction.words import to_singular
from kg.errors import ModelError

DATA = Path(__file__).parent / "data"

FAMILIES = (
    "mesh_disease",
    "mesh_sign",
    "other_disease",
    "mesh_chemical",
    "other_chemical",
    "protein",
    "procedure",
    "drug_name",
)
_REMEMBERED = 100_000
_SKIPPED = frozenset("-'/()[],’")


def family_bits(*families: str) -> int:
    """Return the number with the bits of families, for names that begin or go on at a word.

    >>> bin(family_bits("mesh_sign"))
    '0b1000000010'
    """
    begins = sum(1 << FAMILIES.index(family) for family in families)
    return begins | begins << len(FAMILIES)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Phrases by key; a value has one bit per family of `FAMILIES`. `longest` maps a first word to the most words.

    `phrases` are the keys in order.
    """

    families: Mapping[str, int]
    longest: Mapping[str, int]
    phrases: Sequence[str]
    _begins: dict[str, bool] = field(default_factory=dict, repr=False)

    def match(self, words: Sequence[str]) -> list[int]:
        """Return per word a number whose low 8 bits say in which families a name begins there, the next 8 goes on.

        `words` are as written; for each family the first of two overlapping names wins.
        """
        keys = [word.lower() for word in words]
        found = [0] * len(words)
        covered = [0] * len(FAMILIES)
        for start, key in enumerate(keys):
            if key in self.longest:
                self._match_at(keys, start, found, covered)
        return found

    def _match_at(self, keys: Sequence[str], start: int, found: list[int], covered: list[int]) -> None:
        mask, end = self._longest_at(keys, start)
        if not mask:
            return
        for bit in range(len(FAMILIES)):
            if mask >> bit & 1 and covered[bit] <= start:
                covered[bit] = end
                found[start] |= 1 << bit
                for place in range(start + 1, end):
                    found[place] |= 256 << bit

    def _longest_at(self, keys: Sequence[str], start: int) -> tuple[int, int]:
        """Return the families and the end (in words) of the longest name from `start`; (0, start) for none."""
        best, best_end, phrase, count = 0, start, "", 0
        limit = self.longest[keys[start]]
        for place in range(start, len(keys)):
            key = keys[place]
            if key in _SKIPPED:
                continue
            if count == limit or not key[0].isalnum() or (count > 1 and not self._begins_another(phrase)):
                break
            candidate = f"{phrase} {to_singular(key)}" if phrase else to_singular(key)
            mask = self.families.get(candidate)
            if mask:
                best, best_end = mask, place + 1
            phrase = f"{phrase} {key}" if phrase else key
            count += 1
        return best, best_end

    def _begins_another(self, phrase: str) -> bool:
        """Whether a longer phrase begins with these words, remembered for those last asked for."""
        if phrase not in self._begins:
            if len(self._begins) >= _REMEMBERED:
                self._begins.clear()
            beginning = f"{phrase} "
            place = bisect_left(self.phrases, beginning)
            self._begins[phrase] = place < len(self.phrases) and self.phrases[place].startswith(beginning)
        return self._begins[phrase]


def build_lexicon(families: Mapping[str, int]) -> Lexicon:
    """Return a lexicon of phrase keys and their family bits."""
    longest: dict[str, int] = {}
    for phrase in families:
        first, _, rest = phrase.partition(" ")
        count = 1 + (rest.count(" ") + 1 if rest else 0)
        if longest.get(first, 0) < count:
            longest[first] = count
        if count == 1 and first + "s" not in longest:
            longest[first + "s"] = 1
    return Lexicon(families, longest, sorted(families))


@cache
def read_lexicon(path: Path = DATA / "lexicon.tsv.gz") -> Lexicon:
    """Read the shipped lexicon: lines of `bits<TAB>phrase key`, bits in decimal; ModelError when it is missing."""
    if not path.is_file():
        raise ModelError(f"{path}: the lexicon is missing; install the package again.")
    families: dict[str, int] = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            bits, _, phrase = line.rstrip("\n").partition("\t")
            families[phrase] = int(bits)
    return build_lexicon(families)
