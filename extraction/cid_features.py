"""Evidence of one drug–disease pair of a document, as numbers."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from extraction.cid import CUE_PATTERNS, INDUCED, Habits, Pair, mention_distance
from extraction.concepts import ConceptTable
from kg.model import Mention

_FAR = 12
_WINDOW = 60
_NEAR = 250
_NUM_AROUND = 12
_DISEASE_TREES = ("F0", *(f"C{n:02}" for n in (1, 4, 6, 8, 10, 11, 12, 14, 15, 16, 18, 20, 23, 25)))
_DRUG_TREES = ("D01", "D02", "D03", "D04", "D06", "D12", "D27")


@dataclass(frozen=True, slots=True)
class DocumentView:
    """What the pairs of one document share: its sentences, the counts of its concepts, all its linked mentions."""

    text: str
    sentences: tuple[tuple[int, int], ...]
    pairs: tuple[Pair, ...]
    table: ConceptTable
    habits: Habits
    blamed: frozenset[tuple[str, str]] = frozenset()
    cues: dict[str, tuple[bool, ...]] = field(default_factory=dict)

    def cues_in(self, start: int, end: int) -> tuple[bool, ...]:
        """Return which of the first twelve cues a piece of the text holds; pairs share most pieces."""
        piece = self.text[max(0, start) : end]
        if piece not in self.cues:
            self.cues[piece] = tuple(p.search(piece) is not None for p in CUE_PATTERNS[:_NUM_AROUND])
        return self.cues[piece]

    def sentence_of(self, mention: Mention) -> int:
        """Return the number of the sentence in which a mention begins."""
        return max(0, bisect_right([start for start, _ in self.sentences], mention.start) - 1)


def pair_features(view: DocumentView, pair: Pair) -> list[float]:
    """Return the numbers for one pair; the same length for every pair."""
    return [
        *_frequencies(view, pair),
        *_places(view, pair),
        *_closest(view, pair),
        *_cues(view, pair),
        *_hierarchy(view, pair),
        *_habits(view, pair),
    ]


def _frequencies(view: DocumentView, pair: Pair) -> list[float]:
    drugs = Counter({p.drug: len(p.drug_mentions) for p in view.pairs})
    diseases = Counter({p.disease: len(p.disease_mentions) for p in view.pairs})
    return [
        drugs[pair.drug],
        diseases[pair.disease],
        drugs[pair.drug] / max(drugs.values()),
        diseases[pair.disease] / max(diseases.values()),
        sum(n > drugs[pair.drug] for n in drugs.values()),
        sum(n > diseases[pair.disease] for n in diseases.values()),
        len(drugs),
        len(diseases),
    ]


def _places(view: DocumentView, pair: Pair) -> list[float]:
    last = max(1, len(view.sentences) - 1)
    values: list[float] = []
    for mentions in (pair.drug_mentions, pair.disease_mentions):
        where = [view.sentence_of(m) for m in mentions]
        values += [where[0] == 0, where[0] / last, where[-1] / last, where[-1] >= last - 1, len(set(where))]
    return [float(v) for v in values]


def _closest(view: DocumentView, pair: Pair) -> list[float]:
    drugs = [view.sentence_of(m) for m in pair.drug_mentions]
    diseases = [view.sentence_of(m) for m in pair.disease_mentions]
    shared = set(drugs) & set(diseases)
    gap = min(abs(a - b) for a in drugs for b in diseases)
    chars = min(mention_distance(a, b) for a in pair.drug_mentions for b in pair.disease_mentions)
    before = sum(a < b for a in drugs for b in diseases) / (len(drugs) * len(diseases))
    return [len(shared), min(gap, _FAR), math.log1p(max(0, chars)), float(0 in shared), before]


def _cues(view: DocumentView, pair: Pair) -> list[float]:
    """Cue counts between near mentions, the best over them, and the cues around each concept's mentions."""
    between = np.zeros(len(CUE_PATTERNS))
    forward = np.zeros(len(CUE_PATTERNS))
    induced, nearest, closest_cues = 0.0, math.inf, np.zeros(len(CUE_PATTERNS))
    for drug in pair.drug_mentions:
        for disease in pair.disease_mentions:
            distance = mention_distance(drug, disease)
            if distance > _NEAR or view.sentence_of(drug) != view.sentence_of(disease):
                continue
            left, right = (drug, disease) if drug.start < disease.start else (disease, drug)
            middle = view.text[left.end : right.start]
            cues = np.array([bool(p.search(middle)) for p in CUE_PATTERNS], float)
            between += cues
            forward += cues * (drug.start < disease.start)
            induced += bool(left is drug and distance < 40 and INDUCED.match(view.text, drug.end))
            if distance < nearest:
                nearest, closest_cues = distance, cues
    return [*between, *forward, *closest_cues, induced, *_around(view, pair)]


def _around(view: DocumentView, pair: Pair) -> list[float]:
    values: list[float] = []
    for mentions in (pair.drug_mentions, pair.disease_mentions):
        before = [view.cues_in(m.start - _WINDOW, m.start) for m in mentions]
        after = [view.cues_in(m.end, m.end + _WINDOW) for m in mentions]
        for cues in (before, after):
            values += [sum(found) / len(mentions) for found in zip(*cues, strict=True)]
        values.append(sum(bool(INDUCED.match(view.text, m.end)) for m in mentions))
    return values


def _hierarchy(view: DocumentView, pair: Pair) -> list[float]:
    """Whether the document names a narrower or broader disease or drug, and the top of their trees."""
    values: list[float] = []
    for own, others, tops in (
        (pair.disease, {p.disease for p in view.pairs}, _DISEASE_TREES),
        (pair.drug, {p.drug for p in view.pairs}, _DRUG_TREES),
    ):
        trees = view.table.tree_numbers(own)
        other_trees = [t for curie in others - {own} for t in view.table.tree_numbers(curie)]
        values.append(float(any(o.startswith(t + ".") for t in trees for o in other_trees)))
        values.append(float(any(t.startswith(o + ".") for t in trees for o in other_trees)))
        values.append(float(max((t.count(".") for t in trees), default=-1)))
        values += [float(any(t.startswith(top) for t in trees)) for top in tops]
    return values


def _habits(view: DocumentView, pair: Pair) -> list[float]:
    """How often other documents blame the drug, the disease, the pair; `blamed` is what this one is known to blame."""
    drugs = {c for c, _ in view.blamed}
    diseases = {d for _, d in view.blamed}
    seen = view.habits.includes_document
    drug, disease = view.table.to_own(pair.drug), view.table.to_own(pair.disease)
    both = f"{drug} {disease}"
    return [
        view.habits.rate(drug, seen, drug in drugs),
        view.habits.rate(disease, seen, disease in diseases),
        view.habits.rate(both, seen, (drug, disease) in view.blamed),
        view.habits.named.get(drug, 0) - seen,
        view.habits.named.get(disease, 0) - seen,
        view.habits.named.get(both, 0) - seen,
    ]
