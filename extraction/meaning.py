"""Second thoughts about doubtful links: what the name and its surroundings mean, beside what the concepts are called.

A name whose best candidate is not likely is compared with its best few by sentence vectors (`kg.sentence_vectors`), and
a second small model weighs these likenesses with the first one's odds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from extraction.concepts import ConceptTable
from extraction.ranker import Candidates, Chances, to_chances
from kg.sentence_vectors import encode_texts

LIKENESSES = ("odds", "name", "context")
DOUBT = 0.6
MOST = 3
_LEAST = 1e-9
_LOW = re.compile(r"\b(?:hypo|low|fall|fell|drop|decreas|reduced|reduction)|penia\b")
_HIGH = re.compile(r"\b(?:hyper|high|rais|rise|rose|elevat|increas)|cytosis\b")


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
    """Return the places of names with several candidates of which none is likely."""
    return [i for i, own in enumerate(chances) if len(own) > 1 and own.max() < DOUBT]


def compare(
    asked: Sequence[Candidates], chances: Sequence[Chances], table: ConceptTable
) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Return per name the places [K] of its best candidates, best first, and their likenesses [K, 3].

    These are the logarithm of the odds against NIL, and the cosines of the concept's name with the most similar name
    and with the words around it. They know little of directions: a name's opposite is like nothing.
    """
    best = [np.argsort(-own, kind="stable")[:MOST] for own in chances]
    called = [[table.name_of(one.curies[i]) for i in few] for one, few in zip(asked, best, strict=True)]
    texts = sorted({text for one, own in zip(asked, called, strict=True) for text in (*_texts_of(one), *own)})
    vectors = dict(zip(texts, encode_texts(texts, _number_format()), strict=True)) if texts else {}
    found = []
    for one, own, few, names in zip(asked, chances, best, called, strict=True):
        concepts = np.stack([vectors[name] for name in names])
        *keys, context = (vectors[text] for text in _texts_of(one))
        odds = np.log(np.maximum(own[few], _LEAST)) - np.log(max(1 - own.sum(), _LEAST))
        concepts[[are_opposite(one.names[0].key, name) for name in names]] = 0
        found.append((few, np.stack([odds, (concepts @ np.stack(keys).T).max(axis=1), concepts @ context], axis=1)))
    return found


def are_opposite(name: str, other: str) -> bool:
    """Tell whether one name says that something is low and the other that something is high.

    >>> are_opposite("drop in blood pressure", "hypertension"), are_opposite("low blood pressure", "hypotension")
    (True, False)
    """
    sides = [(bool(_LOW.search(key)), bool(_HIGH.search(key))) for key in (name, other)]
    return sides in ([(True, False), (False, True)], [(False, True), (True, False)])


def _texts_of(one: Candidates) -> tuple[str, ...]:
    return (*(name.key for name in one.names), one.context)


def _number_format() -> torch.dtype:
    """Return bfloat16 where the processor has it: a third of the time, and likenesses need no more digits."""
    return torch.bfloat16 if torch.ops.mkldnn._is_mkldnn_bf16_supported() else torch.float32
