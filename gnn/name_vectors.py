"""What a node's name means: sentence vectors by the packaged MiniLM, which has read general text.

They are the one thing in this room that the graph does not say itself. A graph without names has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gnn.metagraph import Dense
from kg.sentence_vectors import WIDTH, encode_texts


@dataclass(frozen=True, slots=True)
class NameVectors:
    """Unit vectors (num_texts, WIDTH) of sorted texts, in half precision as they are kept."""

    texts: tuple[str, ...]
    vectors: NDArray[np.float16]

    def of(self, names: Sequence[str]) -> Dense:
        """Return (len(names), WIDTH) vectors about their mean, of unit length; zeros for a name that is not known."""
        places = {text: place for place, text in enumerate(self.texts)}
        rows = np.array([places.get(to_text(name), -1) for name in names])
        known = rows >= 0
        found = np.zeros((len(names), WIDTH), np.float32)
        if known.any():
            found[known] = self.vectors[rows[known]]
            found[known] -= found[known].mean(axis=0)
        return to_unit(found)

    def only(self, names: Iterable[str]) -> NameVectors:
        """Return the vectors of the given names alone."""
        wanted = {to_text(name) for name in names}
        rows = [row for row, text in enumerate(self.texts) if text in wanted]
        return NameVectors(tuple(self.texts[row] for row in rows), self.vectors[rows])


NO_NAMES = NameVectors((), np.zeros((0, WIDTH), np.float16))


def to_unit(rows: Dense) -> Dense:
    """Return rows of unit length; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Dense = (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    return unit


def to_text(name: str) -> str:
    """Return a name as it is looked up: case and outer blanks tell the encoder nothing."""
    return name.strip().lower()


def add_names(known: NameVectors, names: Iterable[str]) -> NameVectors:
    """Return `known` with every further name encoded; what is known keeps its vector to the last bit."""
    missing = sorted({to_text(name) for name in names} - {"", *known.texts})
    if not missing:
        return known
    texts = (*known.texts, *missing)
    vectors = np.concatenate([known.vectors, _encode(tuple(missing))])
    order = sorted(range(len(texts)), key=lambda place: texts[place])
    return NameVectors(tuple(texts[place] for place in order), vectors[order])


@lru_cache(maxsize=2)
def _encode(texts: tuple[str, ...]) -> NDArray[np.float16]:
    """Encode texts to half precision; several seeds encode once."""
    return encode_texts(texts).astype(np.float16)
