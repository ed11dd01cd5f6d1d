"""Training the model of chemical-induced disease on annotated documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np

from extraction.cid import Habits, read_pairs
from extraction.cid_features import DocumentView, pair_features
from extraction.cid_model import CidModel
from extraction.concepts import ConceptTable
from kg.model import Mention

_SHAPE = {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "num_threads": 1,
    "deterministic": True,
    "verbose": -1,
}


@dataclass(frozen=True, slots=True)
class BlamingDocument:
    """A text with its gold mentions, its sentences and the (drug, disease) pairs that it states."""

    text: str
    mentions: tuple[Mention, ...]
    sentences: tuple[tuple[int, int], ...]
    blamed: frozenset[tuple[str, str]]


def build_habits(documents: Iterable[BlamingDocument]) -> Habits:
    """Count in how many documents each concept and pair is named, and blamed."""
    named: Counter[str] = Counter()
    blamed: Counter[str] = Counter()
    for document in documents:
        pairs = read_pairs(document.mentions)
        named.update({name for p in pairs for name in (p.drug, p.disease, f"{p.drug} {p.disease}")})
        blamed.update({name for c, d in document.blamed for name in (c, d, f"{c} {d}")})
    return Habits(named, blamed, includes_document=True)


def train_cid(
    documents: Sequence[BlamingDocument], table: ConceptTable, lowest: float = 0.36, rounds: int = 450, seed: int = 1
) -> CidModel:
    """Return a model; a document's own annotations are taken out of the habits when its pairs are learnt."""
    habits = build_habits(documents)
    rows = [row for document in documents for row in _rows(document, table, habits)]
    features = np.array([values for values, _ in rows], np.float32)
    data = lightgbm.Dataset(features, np.array([right for _, right in rows]))
    booster = lightgbm.train({**_SHAPE, "seed": seed}, data, num_boost_round=rounds)
    return CidModel(booster, Habits(habits.named, habits.blamed), table, lowest)


def _rows(document: BlamingDocument, table: ConceptTable, habits: Habits) -> Iterator[tuple[list[float], bool]]:
    pairs = tuple(read_pairs(document.mentions))
    view = DocumentView(document.text, document.sentences, pairs, table, habits, document.blamed)
    for pair in pairs:
        yield pair_features(view, pair), (pair.drug, pair.disease) in document.blamed
