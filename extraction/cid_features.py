"""Evidence of the drug–disease pairs of a document, as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extraction.cid import INDUCED, Habits, Pair
from extraction.concepts import ConceptTable
from extraction.cues import CUES, FoundCues, find_cues
from kg.model import Mention

_FAR = 12
_WINDOW = 60
_NEAR = 250
_ADJACENT = 40
_NUM_AROUND = 12
_DISEASE_TREES = ("F0", *(f"C{n:02}" for n in (1, 4, 6, 8, 10, 11, 12, 14, 15, 16, 18, 20, 23, 25)))
_DRUG_TREES = ("D01", "D02", "D03", "D04", "D06", "D12", "D27")
_REMEMBERED = 10_000
_MOST_DISTANCES = 2_000_000

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DocumentView:
    """What the pairs of one document share; `pairs` are those of every drug with every disease, drug by drug.

    `blamed` is what the document is known to blame, when a model learns from it.
    """

    text: str
    sentences: tuple[tuple[int, int], ...]
    pairs: tuple[Pair, ...]
    table: ConceptTable
    habits: Habits
    blamed: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class _Side:
    """The drugs, or the diseases, of a document: N concepts and their M mentions, those of a concept side by side."""

    first: NDArray[np.intp]  # [N], the place of a concept's first mention
    counts: Numbers  # [N], its mentions
    named_in: Numbers  # [N, S], 1 for the sentences that name it
    starts: NDArray[np.int32]  # [M]
    ends: NDArray[np.int32]  # [M]
    sentences: NDArray[np.intp]  # [M]
    is_inducing: Numbers  # [M], 1 where "induced" or the like follows
    concepts: NDArray[np.intp]  # [M]

    def sum(self, values: Numbers) -> Numbers:
        """[M, …] of mentions → [N, …], the sums over a concept's mentions."""
        return np.asarray(np.add.reduceat(values, self.first, axis=0))

    def parts(self, most: int) -> Iterator[_Side]:
        """Yield the concepts in parts of at most `most` mentions, a concept with more alone."""
        ends = self.first + self.counts.astype(int)
        begin = 0
        while begin < len(ends):
            end = max(begin + 1, int(np.searchsorted(ends, self.first[begin] + most, side="right")))
            start, stop = self.first[begin], ends[end - 1]
            yield _Side(
                self.first[begin:end] - start,
                self.counts[begin:end],
                self.named_in[begin:end],
                self.starts[start:stop],
                self.ends[start:stop],
                self.sentences[start:stop],
                self.is_inducing[start:stop],
                self.concepts[start:stop] - begin,
            )
            begin = end


@dataclass(frozen=True, slots=True)
class _Tree:
    """Where MeSH has a concept: its tree numbers, those above them, their depth, and which of some trees it is in."""

    numbers: frozenset[str]
    above: frozenset[str]
    depth: int
    tops: tuple[bool, ...]


def document_features(view: DocumentView) -> NDArray[np.float32]:
    """Return [P, F], the numbers of the document's P pairs in their order."""
    drug_mentions = {p.drug: p.drug_mentions for p in view.pairs}
    disease_mentions = {p.disease: p.disease_mentions for p in view.pairs}
    drugs, diseases = _read_side(view, drug_mentions), _read_side(view, disease_mentions)
    cues = find_cues(view.text)

    def of_pairs(of_drugs: Numbers, of_diseases: Numbers) -> tuple[Numbers, Numbers]:
        return np.repeat(of_drugs, len(disease_mentions), axis=0), np.tile(of_diseases, (len(drug_mentions), 1))

    last = max(1, len(view.sentences) - 1)
    parts = list(drugs.parts(_MOST_DISTANCES // len(diseases.starts) + 1))
    columns = (
        np.stack(of_pairs(_frequencies(drugs), _frequencies(diseases)), axis=2).reshape(len(view.pairs), -1),
        np.full((len(view.pairs), 2), (len(drug_mentions), len(disease_mentions))),
        *of_pairs(_places(drugs, last), _places(diseases, last)),
        np.concatenate([_closest(part, diseases) for part in parts]),
        np.concatenate([_between(part, diseases, cues) for part in parts]),
        *of_pairs(_around(drugs, cues), _around(diseases, cues)),
        *of_pairs(
            _hierarchy(view.table, drug_mentions, _DRUG_TREES), _hierarchy(view.table, disease_mentions, _DISEASE_TREES)
        )[::-1],
        _habits(view),
    )
    return np.concatenate(columns, axis=1, dtype=np.float32)


def _read_side(view: DocumentView, concepts: Mapping[str, Sequence[Mention]]) -> _Side:
    mentions = [mention for found in concepts.values() for mention in found]
    counts = np.array([len(found) for found in concepts.values()])
    starts = np.array([m.start for m in mentions], np.int32)
    sentences = np.searchsorted([start for start, _ in view.sentences], starts, side="right").clip(min=1) - 1
    of_mention = np.repeat(np.arange(len(counts)), counts)
    named_in = np.zeros((len(counts), max(1, len(view.sentences))))
    named_in[of_mention, sentences] = 1
    return _Side(
        counts.cumsum() - counts,
        counts.astype(float),
        named_in,
        starts,
        np.array([m.end for m in mentions], np.int32),
        sentences,
        np.array([INDUCED.match(view.text, m.end) is not None for m in mentions], float),
        of_mention,
    )


def _frequencies(side: _Side) -> Numbers:
    """[N, 3]: a concept's mentions, beside the most of any concept, and how many concepts have more."""
    counts = side.counts
    return np.stack([counts, counts / counts.max(), (counts > counts[:, None]).sum(axis=1)], axis=1)


def _places(side: _Side, last: int) -> Numbers:
    """[N, 5]: whether and where a concept is named first and last, and in how many sentences."""
    begins, ends = side.sentences[side.first], side.sentences[side.first + side.counts.astype(int) - 1]
    columns = [begins == 0, begins / last, ends / last, ends >= last - 1, side.named_in.sum(axis=1)]
    return np.stack(columns, axis=1)


def _closest(drugs: _Side, diseases: _Side) -> Numbers:
    """[P, 5]: shared sentences, sentences and characters between, whether the first one is, how often first."""
    gaps = abs(drugs.sentences[:, None] - diseases.sentences)
    before = (drugs.sentences[:, None] < diseases.sentences).astype(float)
    columns = [
        drugs.named_in @ diseases.named_in.T,
        np.minimum(_least(gaps, drugs, diseases), _FAR),
        np.log1p(_least(_distances(drugs, diseases), drugs, diseases).clip(min=0)),
        drugs.named_in[:, :1] * diseases.named_in[:, 0],
        diseases.sum(drugs.sum(before).T).T / (drugs.counts[:, None] * diseases.counts),
    ]
    return np.stack([column.ravel() for column in columns], axis=1)


def _distances(drugs: _Side, diseases: _Side) -> NDArray[np.int32]:
    """[M, M]: the characters between mentions, negative where they overlap."""
    starts = np.maximum(drugs.starts[:, None], diseases.starts)
    return np.asarray(starts - np.minimum(drugs.ends[:, None], diseases.ends))


def _least(values: NDArray[np.signedinteger[Any]], drugs: _Side, diseases: _Side) -> NDArray[np.signedinteger[Any]]:
    """[M, M] of mentions → [N, N] of concepts, the least."""
    return np.asarray(np.minimum.reduceat(np.minimum.reduceat(values, drugs.first, axis=0), diseases.first, axis=1))


def _between(drugs: _Side, diseases: _Side, cues: FoundCues) -> Numbers:
    """[P, 3 C + 1] of near mentions: the cues between all, those where the drug is first, those of the nearest two.

    The last number counts what a drug right before a disease is said to have induced.
    """
    distances = _distances(drugs, diseases)
    drug, disease = np.nonzero((distances <= _NEAR) & (drugs.sentences[:, None] == diseases.sentences))
    distance = distances[drug, disease]
    pair = drugs.concepts[drug] * len(diseases.counts) + diseases.concepts[disease]
    is_first = drugs.starts[drug] < diseases.starts[disease]
    starts = np.where(is_first, drugs.ends[drug], diseases.ends[disease])
    held = cues.within(starts, np.where(is_first, diseases.starts[disease], drugs.starts[drug]))
    num_cues = len(CUES)
    found = np.zeros((len(drugs.counts) * len(diseases.counts), 3 * num_cues + 1))
    np.add.at(found[:, :num_cues], pair, held)
    np.add.at(found[:, num_cues : 2 * num_cues], pair, held * is_first[:, None])
    by_distance = np.argsort(distance, kind="stable")
    near, nearest = np.unique(pair[by_distance], return_index=True)
    found[near, 2 * num_cues : -1] = held[by_distance[nearest]]
    np.add.at(found[:, -1], pair, is_first * (distance < _ADJACENT) * drugs.is_inducing[drug])
    return found


def _around(side: _Side, cues: FoundCues) -> Numbers:
    """[N, 25]: the share of a concept's mentions that have each cue before, and behind them, and how many induce."""
    starts = np.concatenate([(side.starts - _WINDOW).clip(min=0), side.ends])
    held = cues.within(starts, np.concatenate([side.starts, side.ends + _WINDOW]))[:, :_NUM_AROUND]
    before, behind = np.split(held, 2)
    shares = side.sum(np.concatenate([before, behind], axis=1)) / side.counts[:, None]
    return np.concatenate([shares, side.sum(side.is_inducing)[:, None]], axis=1)


def _hierarchy(table: ConceptTable, concepts: Iterable[str], tops: tuple[str, ...]) -> Numbers:
    """[N, 3 + T]: whether the document names a narrower or broader concept, the depth, and the T trees."""
    trees = [_read_tree(table.tree_numbers(curie), tops) for curie in concepts]
    rows = []
    for own in trees:
        others = [tree for tree in trees if tree is not own]
        has_narrower = any(not own.numbers.isdisjoint(other.above) for other in others)
        has_broader = any(not own.above.isdisjoint(other.numbers) for other in others)
        rows.append([has_narrower, has_broader, own.depth, *own.tops])
    return np.array(rows, float)


@lru_cache(_REMEMBERED)
def _read_tree(numbers: tuple[str, ...], tops: tuple[str, ...]) -> _Tree:
    above = {number[:place] for number in numbers for place, mark in enumerate(number) if mark == "."}
    depth = max((number.count(".") for number in numbers), default=-1)
    return _Tree(
        frozenset(numbers), frozenset(above), depth, tuple(any(n.startswith(top) for n in numbers) for top in tops)
    )


def _habits(view: DocumentView) -> Numbers:
    """[P, 6]: how often other documents blame, and name, the drug, the disease and the pair."""
    drugs = {c for c, _ in view.blamed}
    diseases = {d for _, d in view.blamed}
    seen, named, rate = view.habits.includes_document, view.habits.named, view.habits.rate
    rows = []
    for pair in view.pairs:
        drug, disease = view.table.to_own(pair.drug), view.table.to_own(pair.disease)
        both = f"{drug} {disease}"
        rows.append(
            [
                rate(drug, seen, drug in drugs),
                rate(disease, seen, disease in diseases),
                rate(both, seen, (drug, disease) in view.blamed),
                *(named.get(key, 0) - seen for key in (drug, disease, both)),
            ]
        )
    return np.array(rows, float)
