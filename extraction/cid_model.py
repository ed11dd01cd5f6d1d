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
class RelatedDocument:
    """A document with its mentions, its sentences and what rules read from it."""

    document_id: str
    text: str
    mentions: tuple[Mention, ...]
    sentences: tuple[tuple[int, int], ...]
    statements: tuple[Statement, ...] = ()


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
        return self.score_documents([RelatedDocument("", text, tuple(mentions), tuple(sentences))])[0]

    def score_documents(self, documents: Iterable[RelatedDocument]) -> list[list[tuple[Pair, float]]]:
        """Return the scored pairs of each document; the trees judge all documents' pairs at once."""
        views = [
            DocumentView(d.text, d.sentences, tuple(read_pairs(d.mentions)), self.table, self.habits) for d in documents
        ]
        features = [document_features(view) for view in views if view.pairs]
        scores = iter(self.predict(np.concatenate(features)).tolist() if features else ())
        return [[(pair, next(scores)) for pair in view.pairs] for view in views]

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """[N, F] → [N] probabilities."""
        return np.asarray(self.booster.predict(features, num_threads=1))

    def read(self, documents: Sequence[RelatedDocument]) -> list[tuple[Statement, ...]]:
        """Return the pairs that each document states, each with the sentence in which its mentions are closest."""
        return [
            tuple(_to_statement(document, pair, score) for pair, score in keep_stated(scored, self.lowest))
            for document, scored in zip(documents, self.score_documents(documents), strict=True)
        ]


def read_induced(documents: Sequence[RelatedDocument], *, is_corpus: bool = False) -> list[tuple[Statement, ...]]:
    """Return each document's statements with its drug–disease `causes` decided by the shipped model.

    The model has seen the whole document: what a rule read from one sentence stays only where the model agrees. It
    knows concepts by MeSH heading; mentions and statements keep the identifiers that they came with.
    `is_corpus` says that the texts come from a corpus in which nearly every document blames a drug; any other text
    blames one more seldom, so there the model adds only what it holds for likely, and nothing of a pair that a rule
    reads as treatment.
    """
    model = load_cid_model()
    headings = [_read_headings(model.table, document.mentions) for document in documents]
    renamed = [
        replace(d, mentions=tuple(_with_curie(m, known[m.curie]) for m in d.mentions if _is_asserted(m)))
        for d, known in zip(documents, headings, strict=True)
    ]
    return [
        _decide(document, known, {(p.drug, p.disease) for p in read_pairs(other.mentions)}, stated, is_corpus)
        for document, known, other, stated in zip(documents, headings, renamed, model.read(renamed), strict=True)
    ]


def _with_curie(mention: Mention, curie: str) -> Mention:
    return mention if curie == mention.curie else replace(mention, curie=curie)


def _is_asserted(mention: Mention) -> bool:
    return bool(mention.curie) and not (mention.negated or mention.family)


def _read_headings(table: ConceptTable, mentions: Iterable[Mention]) -> dict[str, str]:
    """Return the table's CURIE of each asserted mention's."""
    return {m.curie: to_heading(table, m) for m in mentions if _is_asserted(m)}


def _decide(
    document: RelatedDocument,
    headings: dict[str, str],
    judged: set[tuple[str, str]],
    stated: Sequence[Statement],
    is_corpus: bool,
) -> tuple[Statement, ...]:
    """Join what rules read and what the model states of the `judged` pairs of headings."""

    def to_pair(statement: Statement) -> tuple[str, str]:
        return headings.get(statement.subject, statement.subject), headings.get(statement.object, statement.object)

    agreed = {(s.subject, s.object) for s in stated}
    kept, known = [], set()
    for statement in document.statements:
        if statement.predicate != Predicate.CAUSES or statement.negated:
            kept.append(statement)
        elif to_pair(statement) not in judged - agreed:
            kept.append(statement)
            known.add(to_pair(statement))
    if not is_corpus:
        known |= {to_pair(s) for s in document.statements if s.predicate in _TREATMENT and not s.negated}
    lowest = 0.0 if is_corpus else _LIKELY
    new = [s for s in stated if (s.subject, s.object) not in known and (s.confidence or 0.0) >= lowest]
    known_as = {heading: curie for curie, heading in reversed(headings.items())}
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


def _to_statement(document: RelatedDocument, pair: Pair, score: float) -> Statement:
    drug, disease = pair.closest()
    first = min(drug.start, disease.start)
    start, end = next(((a, b) for a, b in document.sentences if a <= first < b), (drug.start, drug.end))
    return Statement(
        document.document_id,
        pair.drug,
        Predicate.CAUSES,
        pair.disease,
        start,
        end,
        document.text[start:end],
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
