"""Windows and batches."""

from dataclasses import replace

import torch

from extraction.features import CHARACTERS, Featurizer, cut_windows, to_codes
from extraction.lexicon import build_lexicon
from extraction.words import WordPieces

PIECES = WordPieces(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "##b", "."))


def make_featurizer(window: int = 128) -> Featurizer:
    return Featurizer(PIECES, build_lexicon({"a": 1}), window)


def test_windows_end_at_sentences_and_cover_every_word() -> None:
    words = ["A", "b", ".", "C", "d", ".", "E"]
    assert list(cut_windows(words, [1] * 7, 5)) == [(0, 3), (3, 7)]


def test_a_sentence_longer_than_the_window_is_cut() -> None:
    assert list(cut_windows(["a"] * 5, [2] * 5, 4)) == [(0, 2), (2, 4), (4, 5)]


def test_no_text_no_window() -> None:
    assert list(make_featurizer().windows(["", "  "])) == []


def test_batch_holds_pieces_owners_and_lexicon_bits() -> None:
    featurizer = make_featurizer()
    batch = featurizer.batch(list(featurizer.windows(["a bb", "b"])))
    assert batch.pieces.tolist() == [[2, 4, 5, 6, 3], [2, 5, 3, 0, 0]]
    assert batch.word_of_piece.tolist() == [[4, 0, 1, 1, 4], [4, 2, 4, 4, 4]]
    assert batch.word_mask.tolist() == [[True, True], [True, False]]
    assert batch.lexicon[0, 0, 0] == 1
    assert batch.lexicon.sum() == 1


def test_spans_point_into_the_text() -> None:
    text = "b a."
    window = next(make_featurizer().windows([text]))
    assert [text[a:b] for a, b in window.spans] == list(window.words) == ["b", "a", "."]


def test_character_codes_keep_both_ends_of_a_long_word() -> None:
    codes = to_codes("abcdefgh" + "x" * 9 + "ijklmnop")
    assert codes == to_codes("abcdefghijklmnop")
    assert len(codes) == CHARACTERS


def test_characters_outside_latin_share_a_code() -> None:
    assert to_codes("β")[0] == to_codes("漢")[0] != 0


def test_dtype_is_what_embeddings_take() -> None:
    featurizer = make_featurizer()
    assert featurizer.batch(list(featurizer.windows(["a"]))).pieces.dtype == torch.int64


def test_batches_are_padded_to_a_multiple_of_the_step() -> None:
    batch = replace(make_featurizer(), step=4).batch(list(make_featurizer().windows(["a bb", "b"])))
    assert batch.pieces.tolist() == [[2, 4, 5, 6, 3, 0, 0, 0], [2, 5, 3, 0, 0, 0, 0, 0]]
    assert batch.word_mask.tolist() == [[True, True, False, False], [True, False, False, False]]
    assert batch.word_of_piece[1].tolist() == [8, 4, 8, 8, 8, 8, 8, 8]


def test_packed_windows_lie_end_to_end_with_a_padding_word_between() -> None:
    featurizer = make_featurizer()
    batch = featurizer.pack(list(featurizer.windows(["a bb", "b"])), step=8)
    assert batch.pieces.tolist() == [[4, 5, 6, 5, 0, 0, 0, 0]]
    assert batch.word_of_piece.tolist() == [[0, 1, 1, 3, 8, 8, 8, 8]]
    assert batch.piece_mask.sum() == 4
    assert batch.word_mask.tolist() == [[True, True, False, True, False, False, False, False]]
    assert batch.characters[0, :4, 0].tolist() == [ord("a") - 31, ord("b") - 31, 0, ord("b") - 31]
    assert batch.lexicon[0, :, 0].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
