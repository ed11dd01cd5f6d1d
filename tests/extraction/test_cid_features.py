"""Numbers for a pair, on a text worked out by hand."""

import math

import pytest

from extraction.cid import Habits, read_pairs
from extraction.cid_features import DocumentView, document_features
from kg.model import Mention
from tests.extraction.concept_examples import ASPIRIN, CLONIDINE, HYPOTENSION, VASCULAR, make_table

TEXT = "Clonidine-induced hypotension. Aspirin was given."
MENTIONS = (
    Mention("d", 0, 9, "Clonidine", "drug", CLONIDINE),
    Mention("d", 18, 29, "hypotension", "disease", HYPOTENSION),
    Mention("d", 31, 38, "Aspirin", "drug", ASPIRIN),
)


def make_view(
    *more: Mention, habits: Habits | None = None, blamed: frozenset[tuple[str, str]] = frozenset()
) -> DocumentView:
    pairs = tuple(read_pairs([*MENTIONS, *more]))
    return DocumentView(TEXT, ((0, 30), (31, 49)), pairs, make_table(), habits or Habits({}, {}), blamed)


def features_of(view: DocumentView, drug: str) -> list[float]:
    rows = zip(view.pairs, document_features(view).tolist(), strict=True)
    return next(row for p, row in rows if (p.drug, p.disease) == (drug, HYPOTENSION))


FREQUENCIES, PLACES, CLOSEST = slice(0, 8), slice(8, 18), slice(18, 23)
BETWEEN, FIRST, NEAREST = slice(23, 39), slice(39, 55), slice(55, 71)
INDUCES = 71


def test_how_often_and_where_drug_and_disease_are_named() -> None:
    features = features_of(make_view(), ASPIRIN)
    assert features[FREQUENCIES] == [1, 1, 1, 1, 0, 0, 2, 1]
    assert features[PLACES] == [0, 1, 1, 1, 1, 1, 0, 0, 1, 1]
    assert features[CLOSEST] == pytest.approx([0, 1, math.log1p(2), 0, 0])
    assert features_of(make_view(), CLONIDINE)[CLOSEST] == pytest.approx([1, 0, math.log1p(9), 1, 0])


def test_the_words_between_drug_and_disease() -> None:
    blamed, other = features_of(make_view(), CLONIDINE), features_of(make_view(), ASPIRIN)
    only_induced = [1.0, *[0.0] * 15]
    assert blamed[BETWEEN] == blamed[FIRST] == blamed[NEAREST] == only_induced
    assert blamed[INDUCES] == 1
    assert not any(other[BETWEEN] + other[FIRST] + other[NEAREST])
    assert other[INDUCES] == 0


def test_the_nearest_of_two_mentions_speaks() -> None:
    text = "Clonidine, hypotension or clonidine with hypotension"
    places = ((0, 9, CLONIDINE), (26, 35, CLONIDINE), (11, 22, HYPOTENSION), (41, 52, HYPOTENSION))
    mentions = [
        Mention("d", start, end, text[start:end], "drug" if curie == CLONIDINE else "disease", curie)
        for start, end, curie in places
    ]
    view = DocumentView(text, ((0, 52),), tuple(read_pairs(mentions)), make_table(), Habits({}, {}))
    features = document_features(view)[0].tolist()
    listed, accompanied = 13, 14
    assert features[BETWEEN][listed] == 3
    assert features[FIRST][listed] == 2
    assert features[NEAREST][listed] == 1
    assert (features[BETWEEN][accompanied], features[NEAREST][accompanied]) == (2, 0)


def test_the_blamed_drug_stands_apart() -> None:
    view = make_view()
    assert features_of(view, CLONIDINE) != features_of(view, ASPIRIN)


def test_the_own_documents_annotation_is_taken_out_of_the_habits() -> None:
    both = f"{CLONIDINE} {HYPOTENSION}"
    counts = {CLONIDINE: 1, ASPIRIN: 1, HYPOTENSION: 1, both: 1, f"{ASPIRIN} {HYPOTENSION}": 1}
    seen = Habits(counts, {CLONIDINE: 1, HYPOTENSION: 1, both: 1}, includes_document=True)
    view = make_view(habits=seen, blamed=frozenset({(CLONIDINE, HYPOTENSION)}))
    assert features_of(view, CLONIDINE)[-6:] == pytest.approx([0.3, 0.3, 0.3, 0, 0, 0])


def test_a_narrower_disease_of_the_document_is_noticed() -> None:
    broad = Mention("d", 18, 29, "hypotension", "disease", VASCULAR)
    with_broad = make_view(broad)
    rows = zip(with_broad.pairs, document_features(with_broad).tolist(), strict=True)
    values = {p.disease: row for p, row in rows if p.drug == CLONIDINE}
    assert values[VASCULAR] != values[HYPOTENSION]


def test_a_long_document_is_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    mentions = [
        Mention("d", 4 * n, 4 * n + 3, TEXT[4 * n : 4 * n + 3], ("drug", "disease")[n % 2], f"{n % 2}:{n // 2 % 3}")
        for n in range(12)
    ]
    view = DocumentView(TEXT, ((0, 30), (31, 49)), tuple(read_pairs(mentions)), make_table(), Habits({}, {}))
    whole = document_features(view)
    monkeypatch.setattr("extraction.cid_features._MOST_DISTANCES", 1)
    assert document_features(view).tolist() == whole.tolist()
    assert len(whole) == 9
