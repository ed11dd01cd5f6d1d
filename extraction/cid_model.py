"""The shipped model of chemical-induced disease: gradient-boosted trees over pair features."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import lightgbm
import numpy as np
from numpy.typing import NDArray

from extraction.cid import Habits, Pair, read_pairs
from extraction.cid_features import DocumentView, document_features
from extraction.concepts import CONCEPT_TYPE, ConceptTable, read_concepts
from extraction.document import EntityType
from extraction.words import to_phrase_key
from kg.errors import ModelError
from kg.model import Mention, Statement
from ontologies.biolink import Predicate

FOLDER = Path(__file__).parent / "models" / "cid"
RULE = "cid"
_LIKELY = 0.5
_TREATMENT = frozenset({Predicate.TREATS, Predicate.PREVENTS})


@dataclass(frozen=True, slots=True)
class CidModel:
    """Trees, habits and the probability from which a pair is stated."""

    booster: lightgbm.Booster
    habits: Habits
    table: ConceptTable
    lowest: float

    def score(
        self, text: str, mentions: Iterable[Mention], sentences: Sequence[tuple[int, int]]
    ) -> list[tuple[Pair, float]]:
        """Return every pair of a linked drug and disease with the probability that the text blames the drug."""
        pairs = tuple(read_pairs(mentions))
        if not pairs:
            return []
        view = DocumentView(text, tuple(sentences), pairs, self.table, self.habits)
        return list(zip(pairs, self.predict(document_features(view)).tolist(), strict=True))

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """[N, F] → [N] probabilities."""
        return np.asarray(self.booster.predict(features, num_threads=1))

    def read(
        self, document_id: str, text: str, mentions: Iterable[Mention], sentences: Sequence[tuple[int, int]]
    ) -> tuple[Statement, ...]:
        """Return the pairs that the document states, each with the sentence in which its mentions are closest."""
        scored = self.score(text, mentions, sentences)
        return tuple(
            _to_statement(document_id, text, pair, score, sentences) for pair, score in keep_stated(scored, self.lowest)
        )


def read_induced(
    document_id: str,
    text: str,
    mentions: Sequence[Mention],
    sentences: Sequence[tuple[int, int]],
    statements: Sequence[Statement],
    *,
    is_corpus: bool = False,
) -> tuple[Statement, ...]:
    """Return a document's statements with its drug–disease `causes` decided by the shipped model.

    The model has seen the whole document: what a rule read from one sentence stays only where the model agrees. It
    knows concepts by MeSH heading; mentions and statements keep the identifiers that they came with.
    `is_corpus` says that the text comes from a corpus in which nearly every document blames a drug; any other text
    blames one more seldom, so there the model adds only what it holds for likely, and nothing of a pair that a rule
    reads as treatment.
    """
    model = load_cid_model()
    asserted = [m for m in mentions if m.curie and not (m.negated or m.family)]
    headings = {m.curie: to_heading(model.table, m) for m in asserted}
    known_as = {heading: curie for curie, heading in reversed(headings.items())}
    renamed = [replace(m, curie=headings[m.curie]) for m in asserted]
    stated = model.read(document_id, text, renamed, sentences)
    judged = {(pair.drug, pair.disease) for pair in read_pairs(renamed)}
    agreed = {(s.subject, s.object) for s in stated}
    kept, known = [], set()
    for statement in statements:
        pair = (headings.get(statement.subject, statement.subject), headings.get(statement.object, statement.object))
        if statement.predicate != Predicate.CAUSES or statement.negated:
            kept.append(statement)
        elif pair not in judged - agreed:
            kept.append(statement)
            known.add(pair)
    if not is_corpus:
        known |= {
            (headings.get(s.subject, s.subject), headings.get(s.object, s.object))
            for s in statements
            if s.predicate in _TREATMENT and not s.negated
        }
    lowest = 0.0 if is_corpus else _LIKELY
    new = [s for s in stated if (s.subject, s.object) not in known and (s.confidence or 0.0) >= lowest]
    return (*kept, *(_with_names(s, known_as) for s in new))


def to_heading(table: ConceptTable, mention: Mention) -> str:
    """Return the CURIE under which the table knows a mention's concept: by the concept, else by its name as written."""
    own = table.to_own(mention.curie)
    if own in table.places or "|" in own:
        return own
    kind = CONCEPT_TYPE.get(EntityType(mention.type))
    key = to_phrase_key(mention.text)
    places = (table.find_name(kind, key) or table.find_synonym(kind, key)) if kind is not None else ()
    return table.curies[places[0]] if places else own


def _with_names(statement: Statement, known_as: Mapping[str, str]) -> Statement:
    subject, target = statement.subject, statement.object
    return replace(statement, subject=known_as.get(subject, subject), object=known_as.get(target, target))


def keep_stated(scored: Sequence[tuple[Pair, float]], lowest: float) -> list[tuple[Pair, float]]:
    """Return the pairs of at least `lowest`; where there is none, the best one if it has at least half of it."""
    stated = [(pair, score) for pair, score in scored if score >= lowest]
    if not stated and scored:
        best = max(scored, key=lambda item: item[1])
        stated = [best] if best[1] >= lowest / 2 else []
    return stated


def _to_statement(
    document_id: str, text: str, pair: Pair, score: float, sentences: Sequence[tuple[int, int]]
) -> Statement:
    drug, disease = pair.closest()
    first = min(drug.start, disease.start)
    start, end = next(((a, b) for a, b in sentences if a <= first < b), (drug.start, drug.end))
    return Statement(
        document_id,
        pair.drug,
        Predicate.CAUSES,
        pair.disease,
        start,
        end,
        text[start:end],
        confidence=round(score, 4),
        rule=RULE,
        subject_span=(drug.start, drug.end),
        object_span=(disease.start, disease.end),
    )


def write_cid_model(model: CidModel, folder: Path) -> None:
    """Write a model into a folder: trees as LightGBM's text, habits and threshold as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "trees.txt.gz", model.booster.model_to_string())
    habits = {"lowest": model.lowest, "named": dict(model.habits.named), "blamed": dict(model.habits.blamed)}
    _write(folder / "habits.json.gz", json.dumps(habits, sort_keys=True))


def _write(path: Path, text: str) -> None:
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write(text.encode())


@cache
def load_cid_model(folder: Path = FOLDER) -> CidModel:
    """Read a model; ModelError when it is missing or damaged."""
    try:
        trees = gzip.decompress((folder / "trees.txt.gz").read_bytes()).decode()
        values = json.loads(gzip.decompress((folder / "habits.json.gz").read_bytes()))
        booster = lightgbm.Booster(model_str=trees)
    except (OSError, ValueError, lightgbm.basic.LightGBMError) as error:
        raise ModelError(f"{folder}: no usable relation model ({error}); install the package again.") from error
    return CidModel(booster, Habits(values["named"], values["blamed"]), read_concepts(), values["lowest"])
