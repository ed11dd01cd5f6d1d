"""Second thoughts about doubtful links: what the name and its surroundings mean, beside what the concepts are called.

A name whose best candidate is not likely is compared with its best few by sentence vectors (`kg.sentence_vectors`), and
a second small model weighs these likenesses with the first one's odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extraction.concepts import ConceptTable
from extraction.ranker import Candidates, Chances, to_chances
from kg.device import number_format
from kg.sentence_vectors import WIDTH, encode_texts

LIKENESSES = ("odds", "name", "context")
DOUBT = 0.6
MOST = 3
_LEAST = 1e-9
_SURELY_NIL = 0.8


@dataclass(frozen=True, slots=True)
class Meaning:
    """The second model's weights, one per likeness; NIL's score is `nil`."""

    odds: float
    name: float
    context: float
    nil: float

    def rerank(
        self, asked: Sequence[Candidates], chances: Sequence[Chances], table: ConceptTable
    ) -> list[tuple[int, Chances]]:
        """Return the place of each doubtful name among `asked` and its new chances, of the best few candidates."""
        places = find_doubtful(chances)
        likenesses = compare([asked[i] for i in places], [chances[i] for i in places], table)
        weights = np.array([self.odds, self.name, self.context])
        found = []
        for place, (best, values) in zip(places, likenesses, strict=True):
            anew = np.zeros(len(chances[place]))
            anew[best] = to_chances(values @ weights, self.nil)
            found.append((place, anew))
        return found


def find_doubtful(chances: Sequence[Chances]) -> list[int]:
    """Return the places of names with several candidates of which none is likely, nor that it is none of them."""
    return [i for i, own in enumerate(chances) if len(own) > 1 and own.max() < DOUBT and 1 - own.sum() < _SURELY_NIL]


def compare(
    asked: Sequence[Candidates], chances: Sequence[Chances], table: ConceptTable
) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Return per name the places [K] of its best candidates, best first, and their likenesses [K, 3].

    These are the logarithm of the odds against NIL, and the cosines of the concept's name with the most similar name
    and with the words around it; a concept whose name is not known is like nothing.
    """
    best = [np.argsort(-own, kind="stable")[:MOST] for own in chances]
    called = [[table.name_of(one.curies[i]) for i in few] for one, few in zip(asked, best, strict=True)]
    texts = sorted({text for one, own in zip(asked, called, strict=True) for text in (*_texts_of(one), *own)} - {""})
    vectors = dict(zip(texts, encode_texts(texts, number_format()), strict=True)) | {"": np.zeros(WIDTH, np.float32)}
    found = []
    for one, own, few, names in zip(asked, chances, best, called, strict=True):
        concepts = np.stack([vectors[name] for name in names])
        *keys, context = (vectors[text] for text in _texts_of(one))
        odds = np.log(np.maximum(own[few], _LEAST)) - np.log(max(1 - own.sum(), _LEAST))
        found.append((few, np.stack([odds, (concepts @ np.stack(keys).T).max(axis=1), concepts @ context], axis=1)))
    return found


def _texts_of(one: Candidates) -> tuple[str, ...]:
    return (*(name.key for name in one.names), one.context)
