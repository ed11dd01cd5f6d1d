"""Words, look-up keys and word pieces."""

import pytest

from extraction.words import WordPieces, read_words, to_key, to_phrase_key, to_plain, to_singular


def test_words_are_runs_of_letters_and_digits_and_single_marks() -> None:
    text = "5-HT(2A) agonists."
    assert [text[a:b] for a, b in read_words(text)] == ["5", "-", "HT", "(", "2A", ")", "agonists", "."]


@pytest.mark.parametrize(
    ("word", "singular"),
    [("tumors", "tumor"), ("nephritis", "nephritis"), ("virus", "virus"), ("loss", "loss"), ("gas", "gas")],
)
def test_only_a_plural_s_goes(word: str, singular: str) -> None:
    assert to_singular(word) == singular


def test_key_forgets_case_marks_and_number() -> None:
    assert to_phrase_key("Beta-Blockers") == to_key(["beta", "blocker"]) == "beta blocker"
    assert to_phrase_key("(-)") == ""


def test_pieces_are_the_longest_that_fit() -> None:
    pieces = WordPieces(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "nal", "##ox", "##one", "##o", "naloxo"))
    assert pieces.split("Naloxone") == (1,)
    assert pieces.split("Nalox") == (4, 5)
    assert pieces.split("naloxo") == (8,)
    assert pieces.split("x") == (1,)


def test_accents_go_with_case() -> None:
    assert to_plain("Ménière") == "meniere"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extraction.words._REMEMBERED", 3)
    pieces = WordPieces(("[UNK]", "a", "##a"))
    assert [pieces.split("a" * n) for n in range(1, 9)] == [(1, *[2] * (n - 1)) for n in range(1, 9)]
    assert len(pieces._seen) <= 3
