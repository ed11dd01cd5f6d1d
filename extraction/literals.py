"""What a pattern cannot match without: of many patterns only those are tried whose literal text a sentence holds.

A pattern is taken apart as Python parses it, and what it needs is a set of literals of which every match holds one at
least; those of parts that match in any case are in lower case, and found in the text in lower case. The literals of all
patterns are looked for in one pass (Aho and Corasick 1975). The scheme is that of RE2's prefilter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from ahocorasick import Automaton

_MOST_LITERALS = 64
_LETTERS = 27
_AHEAD = 1

Literals = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a pattern: all texts that it takes up, None for too many, and what must stand there or ahead, if known.

    The texts are a superset: what looks ahead or behind takes up nothing.
    """

    exact: Literals | None
    needed: Literals | None


_EMPTY = _Part(frozenset({""}), None)
_ANYTHING = _Part(None, None)


class Prefilter:
    """Tells which of several patterns may match a text."""

    def __init__(self, patterns: Iterable[re.Pattern[str]]) -> None:
        self._always: list[int] = []
        places: dict[str, list[int]] = {}
        for place, pattern in enumerate(patterns):
            needed = find_needed(pattern)
            if needed is None or any(len(literal) == 1 and literal.isalpha() for literal in needed):
                self._always.append(place)  # a letter stands in every text
                continue
            for literal in needed:
                places.setdefault(literal, []).append(place)
        self._places = list(places.values())
        self._literals = Automaton()
        for number, literal in enumerate(places):
            self._literals.add_word(literal, number)
        self._literals.make_automaton()

    def find(self, text: str) -> list[int]:
        """Return the places of the patterns that may match a text, in order; the others do not."""
        literals = {number for _, number in self._literals.iter(text)}
        if (lowered := text.lower()) != text:
            literals |= {number for _, number in self._literals.iter(lowered)}
        return sorted({*self._always}.union(*(self._places[number] for number in literals)))


def find_needed(pattern: re.Pattern[str]) -> Literals | None:
    """Return literals of which every match holds at least one, None when there are none to tell.

    >>> sorted(find_needed(re.compile(r"\\bden(?:y|ies) (?:any )?\\w+")))
    ['denies ', 'deny ']
    """
    return _needed_by(_read_sequence(parser.parse(pattern.pattern, pattern.flags), bool(pattern.flags & re.I)))


def _read_sequence(items: Iterable[tuple[Any, Any]], folds: bool) -> _Part:
    """Join parts that follow each other: the texts of neighbours are multiplied out as long as there are few.

    `folds` says that upper and lower case are alike there.
    """
    run: Literals = frozenset({""})
    needed: list[Literals | None] = []
    is_whole = True
    for part in (_read_item(item, folds) for item in items):
        needed.append(part.needed)
        if part.exact is not None and len(part.exact) * len(run) <= _MOST_LITERALS:
            run = frozenset(a + b for a, b in product(run, part.exact))
            continue
        needed.append(run)
        run, is_whole = part.exact or frozenset({""}), False
    needed.append(run)
    return _Part(run if is_whole else None, _surest(needed))


def _read_item(item: tuple[Any, Any], folds: bool) -> _Part:
    kind, value = item
    if kind in (code.AT, code.ASSERT_NOT):
        return _EMPTY
    if kind is code.ASSERT:
        direction, items = value
        return _Part(_EMPTY.exact, _needed_by(_read_sequence(items, folds)) if direction == _AHEAD else None)
    if kind is code.LITERAL:
        return _read_characters([item], folds)
    if kind is code.IN:
        return _read_characters(value, folds)
    if kind is code.BRANCH:
        return _read_branches([_read_sequence(branch, folds) for branch in value[1]])
    if kind is code.SUBPATTERN:
        return _read_group(*value, folds=folds)
    if kind in (code.MAX_REPEAT, code.MIN_REPEAT):
        return _read_repeat(*value, folds=folds)
    return _ANYTHING


def _read_characters(members: Sequence[tuple[Any, Any]], folds: bool) -> _Part:
    if any(kind is not code.LITERAL for kind, _ in members):
        return _ANYTHING
    return _Part(frozenset(chr(value).lower() if folds else chr(value) for _, value in members), None)


def _read_group(_number: int | None, on: int, off: int, items: Iterable[tuple[Any, Any]], *, folds: bool) -> _Part:
    """Read a group, which may change whether case counts; its texts then do not go on into its neighbours'."""
    inside = (folds or bool(on & re.I)) and not off & re.I
    part = _read_sequence(items, inside)
    return part if inside == folds else _Part(None, _needed_by(part))


def _read_branches(branches: Sequence[_Part]) -> _Part:
    exact = [part.exact for part in branches if part.exact is not None]
    needed = [literals for part in branches if (literals := _needed_by(part)) is not None]
    return _Part(*(frozenset().union(*sets) if len(sets) == len(branches) else None for sets in (exact, needed)))


def _read_repeat(least: int, most: int, items: Iterable[tuple[Any, Any]], *, folds: bool) -> _Part:
    part = _read_sequence(items, folds)
    if (least, most) == (0, 1) and part.exact is not None:
        return _Part(part.exact | {""}, None)
    return _Part(None, _needed_by(part)) if least else _ANYTHING


def _needed_by(part: _Part) -> Literals | None:
    return _surest([part.exact, part.needed])


def _surest(sets: Sequence[Literals | None]) -> Literals | None:
    """Return the set that the fewest texts hold if all letters were alike; without the literals that hold another."""
    known = [literals for literals in sets if literals and "" not in literals]
    if not known:
        return None
    best = min(known, key=lambda literals: sum(_LETTERS ** -len(literal) for literal in literals))
    return frozenset(x for x in best if not any(y in x for y in best if y != x))
