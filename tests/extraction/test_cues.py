"""Cues in pieces of a text, told by hand."""

import numpy as np
import pytest

from extraction.cues import CUES, find_cues

INDUCED, NEGATED, LISTED = 0, 11, 13


def cues_of(text: str, start: int, end: int) -> set[int]:
    held = find_cues(text).within(np.array([start], np.int32), np.array([end], np.int32))
    return set(np.flatnonzero(held[0]))


def test_case_does_not_matter_and_a_piece_must_hold_all_of_a_cue() -> None:
    assert cues_of("was INDUCED by", 0, 14) == {INDUCED}
    assert cues_of("was INDUCED by", 4, 9) == {INDUCED}
    assert cues_of("was INDUCED by", 4, 8) == set()
    assert cues_of("was INDUCED by", 5, 14) == set()


@pytest.mark.parametrize(
    ("piece", "is_negated"), [("snow or no snow", True), ("snow", False), ("now", False), ("no", True), ("sno", False)]
)
def test_no_is_a_whole_word_of_its_piece(piece: str, is_negated: bool) -> None:
    text = "snow or no snow"
    start = text.index(piece)
    assert (NEGATED in cues_of(text, start, start + len(piece))) == is_negated


def test_every_spelling_counts_once() -> None:
    held = find_cues("a, b and c; resulted in").within(np.array([0], np.int32), np.array([23], np.int32))
    assert held.shape == (1, len(CUES))
    assert set(np.flatnonzero(held[0])) == {3, LISTED}
    assert held.max() == 1


def test_a_text_without_cues() -> None:
    assert cues_of("bleeding", 0, 8) == set()
    assert find_cues("").within(np.zeros(0, np.int32), np.zeros(0, np.int32)).shape == (0, len(CUES))


def test_many_pieces_are_told_apart() -> None:
    text = "induced " * 600
    starts = np.arange(0, len(text), 8, dtype=np.int32)[::-1]
    held = find_cues(text).within(starts, starts + np.where(starts % 16 == 0, 8, 4).astype(np.int32))
    assert held[:, INDUCED].tolist() == (starts % 16 == 0).astype(float).tolist()
