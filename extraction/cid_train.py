"""Training the model of chemical-induced disease on annotated documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from extraction.cid import Habits, read_pairs
from extraction.cid_features import DocumentView, document_features
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
    parts = [part for document in documents if (part := _read_examples(document, table, habits)) is not None]
    features, right = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    data = lightgbm.Dataset(features, right)
    booster = lightgbm.train({**_SHAPE, "seed": seed}, data, num_boost_round=rounds)
    return CidModel(booster, Habits(habits.named, habits.blamed), table, lowest)


def _read_examples(
    document: BlamingDocument, table: ConceptTable, habits: Habits
) -> tuple[NDArray[np.float32], NDArray[np.bool_]] | None:
    """Return [P, F] and [P], the document's pairs and which of them it blames; None when it has no pair."""
    pairs = tuple(read_pairs(document.mentions))
    if not pairs:
        return None
    view = DocumentView(document.text, document.sentences, pairs, table, habits, document.blamed)
    return document_features(view), np.array([(pair.drug, pair.disease) in document.blamed for pair in pairs])
