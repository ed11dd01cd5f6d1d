"""The words that make a drug responsible for a disease, or speak against it, and where a text holds them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from ahocorasick import Automaton
from numpy.typing import NDArray

from extraction.words import to_lower

CUES = (
    ("induc",),
    ("associat",),
    ("caus",),
    (
        *("due to", "secondary to", "attribut"),
        *(f"result{ending} {word}" for ending in ("", "ed", "ing", "s") for word in ("in", "from")),
    ),
    ("after", "follow"),
    ("develop", "occur", "experienc", "present"),
    ("during", "while", "receiv", "taking", "given", "administ", "inject", "infus", "expos"),
    ("toxic", "adverse", "side effect", "complication", "reaction"),
    ("treat", "therap", "manag", "patients with", "used for", "used in"),
    (
        *("prevent", "protect", "attenuat", "reduc", "decreas", "inhibit", "revers", "block", "antagoni", "ameliorat"),
        *("suppress", "improv", "antidote"),
    ),
    (
        *("increas", "produc", "elicit", "provok", "precipitat", "exacerbat", "aggravat", "lead", "potentiat"),
        "enhanc",
    ),
    ("no", "not", "without", "lack", "absence", "neither", "fail"),
    ("risk", "incidence", "report", "case"),
    ("and", "or", ",", ";"),
    ("with", "stop", "discontinu", "cessation"),
    ("model", "rat", "mice", "animal"),
)
_WHOLE_WORDS = frozenset({"no", "not"})
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class FoundCues:
    """The H cues of a text by their first character: where they stand, and which of the C `CUES` each is.

    "no" and "not" must be whole words; one that goes on to the left or right is whole only where a piece cuts it off.
    """

    starts: NDArray[np.int32]  # [H], ascending
    ends: NDArray[np.int32]  # [H]
    kinds: NDArray[np.float32]  # [H, C], a single 1 in each row
    goes_on_left: NDArray[np.bool_]  # [H]
    goes_on_right: NDArray[np.bool_]  # [H]

    def within(self, starts: NDArray[np.int32], ends: NDArray[np.int32]) -> NDArray[np.float64]:
        """[P], [P] → [P, C], 1 where the piece of the text between start and end holds the cue, else 0."""
        held = np.zeros((len(starts), len(CUES)))
        order = starts.argsort(kind="stable")
        for first in range(0, len(order), _BLOCK):
            block = order[first : first + _BLOCK]
            held[block] = self._within(starts[block], ends[block])
        return held

    def _within(self, starts: NDArray[np.int32], ends: NDArray[np.int32]) -> NDArray[np.bool_]:
        near = slice(*self.starts.searchsorted((starts.min(), ends.max())))
        left, right = self.starts[near] - starts[:, None], ends[:, None] - self.ends[near]
        inside = (left >= 0) & (right >= 0)
        inside &= (left == 0) | ~self.goes_on_left[near]
        inside &= (right == 0) | ~self.goes_on_right[near]
        return np.asarray(inside.astype(np.float32) @ self.kinds[near] > 0)


def find_cues(text: str) -> FoundCues:
    """Return the cues of a text, whatever their case.

    >>> find_cues("Not induced").within(np.array([0, 0]), np.array([3, 11])).sum(axis=1).tolist()
    [1.0, 2.0]
    """
    lowered = to_lower(text)
    found = sorted(
        (last + 1 - length, last + 1, kind, whole) for last, (length, kind, whole) in _automaton().iter(lowered)
    )
    starts, ends, kinds, wholes = zip(*found, strict=True) if found else ((), (), (), ())
    one_hot = np.eye(len(CUES), dtype=np.float32)[list(kinds)]
    return FoundCues(
        np.array(starts, np.int32),
        np.array(ends, np.int32),
        one_hot,
        np.array([whole and _is_word(lowered[s - 1 : s]) for s, whole in zip(starts, wholes, strict=True)], bool),
        np.array([whole and _is_word(lowered[e : e + 1]) for e, whole in zip(ends, wholes, strict=True)], bool),
    )


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


@cache
def _automaton() -> Automaton:
    """Return all cues' words, each with its length, its place in `CUES` and whether it must be a whole word."""
    automaton = Automaton()
    for kind, words in enumerate(CUES):
        for word in words:
            automaton.add_word(word, (len(word), kind, word in _WHOLE_WORDS))
    automaton.make_automaton()
    return automaton
