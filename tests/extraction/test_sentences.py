"""Sentence borders."""

from itertools import pairwise

import pytest

from extraction.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fever. Cough.", ["Fever.", "Cough."]),
        ("Given 5 mg p.o. daily. No rash.", ["Given 5 mg p.o. daily.", "No rash."]),
        ("Seen by Dr. Smith. He is well.", ["Seen by Dr. Smith.", "He is well."]),
        ("The dose was 2.5 mg. It helped!", ["The dose was 2.5 mg.", "It helped!"]),
        ("e.g. vitamin C. Next one.", ["e.g. vitamin C.", "Next one."]),
        ("1. Diabetes\n2. Hypertension", ["1. Diabetes", "2. Hypertension"]),
        ("Short line\nAnother line", ["Short line", "Another line"]),
        ("PLAN\n\nRest.", ["PLAN", "Rest."]),
        ("", []),
        ("  \n \n", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in split_sentences(text)] == expected


def test_wrapped_line_goes_on() -> None:
    text = "The patient was admitted because of worsening shortness of\nbreath over three days. No fever."
    assert len(split_sentences(text)) == 2


def test_sentences_are_in_order_and_do_not_overlap() -> None:
    text = "A b c. D e f?\n- item one\n- item two (x. y)\n\nEnd of it"
    spans = split_sentences(text)
    assert all(a < b for a, b in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
