"""Blending and calibration, by hand and by limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gnn.blend import (
    Blend,
    expected_calibration_error,
    fit_blend,
    fit_calibration,
    row_spread,
    to_row_log_probabilities,
)

NOTHING = np.zeros((1, 2), bool)


def test_a_row_sums_to_one_over_what_is_shown() -> None:
    rows = to_row_log_probabilities(np.array([[1.0, 1.0, 9.0]], np.float32), np.array([[False, False, True]]))
    assert np.exp(rows[0, :2]) == pytest.approx([0.5, 0.5])
    assert rows[0, 2] == pytest.approx(math.log(0.5) + 8.0)


def test_one_member_of_weight_one_is_itself() -> None:
    scores = np.array([[2.0, 0.0]], np.float32)
    blend = Blend(("a",), (1.0,), (1.0,))
    assert blend.score({"a": scores}, NOTHING) == pytest.approx(to_row_log_probabilities(scores, NOTHING))
    assert blend.probability(np.array([[0.0]], np.float32)) == pytest.approx(0.5)


def test_without_held_out_queries_the_priors_are_the_weights() -> None:
    empty = {"a": np.zeros((0, 2), np.float32), "b": np.zeros((0, 2), np.float32)}
    blend = fit_blend(empty, np.zeros(0, np.int64), np.zeros((0, 2), bool), {"a": 1, "b": 3}, spreads={"a": 1, "b": 2})
    assert (blend.weights, blend.spreads) == ((1.0, 3.0), (1.0, 2.0))


def test_the_member_that_is_right_gains_weight() -> None:
    targets = np.zeros(30, np.int64)
    right = np.tile(np.array([[1.0, 0.0]], np.float32), (30, 1))
    scores = {"right": right, "wrong": -right}
    hidden = np.zeros((30, 2), bool)
    blend = fit_blend(scores, targets, hidden, {"right": 1, "wrong": 1}, spreads={"right": 1, "wrong": 1})
    weights = dict(zip(blend.members, blend.weights, strict=True))
    assert weights["right"] > 1 > weights["wrong"] > 0


def test_spread_leaves_hidden_candidates_out() -> None:
    scores = np.array([[0.0, 2.0, 50.0]], np.float32)
    assert row_spread(scores, np.array([[False, False, True]])) == pytest.approx(1.0)


def test_calibration_never_claims_certainty() -> None:
    combined = np.array([[0.0, -9.0]] * 5, np.float32)
    slope, offset = fit_calibration(combined, np.zeros(5, np.int64), np.zeros((5, 2), bool))
    assert 0 < slope < 10
    assert 1 / (1 + math.exp(-offset)) < 0.999


def test_calibration_error_by_hand() -> None:
    probability = np.array([0.2, 0.2, 0.8, 0.8], np.float32)
    truth = np.array([False, False, True, True])
    assert expected_calibration_error(probability, truth, num_bins=2) == pytest.approx(0.2)
