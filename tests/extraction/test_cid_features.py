"""Numbers for a pair, on a text worked out by hand."""

from extraction.cid import Habits, read_pairs
from extraction.cid_features import DocumentView, pair_features
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
    return next(pair_features(view, p) for p in view.pairs if (p.drug, p.disease) == (drug, HYPOTENSION))


def test_every_pair_has_as_many_numbers() -> None:
    view = make_view()
    assert len({len(pair_features(view, pair)) for pair in view.pairs}) == 1


def test_sentences_are_found_by_their_start() -> None:
    view = make_view()
    assert [view.sentence_of(m) for m in MENTIONS] == [0, 0, 1]


def test_the_blamed_drug_stands_apart() -> None:
    view = make_view()
    assert features_of(view, CLONIDINE) != features_of(view, ASPIRIN)


def test_the_own_documents_annotation_is_taken_out_of_the_habits() -> None:
    both = f"{CLONIDINE} {HYPOTENSION}"
    counts = {CLONIDINE: 1, ASPIRIN: 1, HYPOTENSION: 1, both: 1, f"{ASPIRIN} {HYPOTENSION}": 1}
    seen = Habits(counts, {CLONIDINE: 1, HYPOTENSION: 1, both: 1}, includes_document=True)
    view = make_view(habits=seen, blamed=frozenset({(CLONIDINE, HYPOTENSION)}))
    assert features_of(view, CLONIDINE)[-6:] == [0.3, 0.3, 0.3, 0, 0, 0]


def test_a_narrower_disease_of_the_document_is_noticed() -> None:
    broad = Mention("d", 18, 29, "hypotension", "disease", VASCULAR)
    with_broad = make_view(broad)
    values = {p.disease: pair_features(with_broad, p) for p in with_broad.pairs if p.drug == CLONIDINE}
    assert values[VASCULAR] != values[HYPOTENSION]
