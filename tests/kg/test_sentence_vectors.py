"""Sentence vectors: one row a text, the same whatever stands beside it."""

import numpy as np
import pytest
import torch

from kg.sentence_vectors import WIDTH, encode_texts

TEXTS = ["gout", "an attack of gout in the left foot", "myocardial infarction", "heart attack"]


def test_rows_are_unit_vectors_in_the_order_of_the_texts() -> None:
    rows = encode_texts(TEXTS)
    assert rows.shape == (4, WIDTH)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert encode_texts(TEXTS[::-1])[::-1] == pytest.approx(rows, abs=1e-5)
    assert rows[2] @ rows[3] > rows[0] @ rows[3] + 0.2


def test_half_the_digits_give_nearly_the_same() -> None:
    assert encode_texts(TEXTS, torch.bfloat16) == pytest.approx(encode_texts(TEXTS), abs=0.02)


def test_no_text_gives_no_row() -> None:
    assert encode_texts([]).shape == (0, WIDTH)
