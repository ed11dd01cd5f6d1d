"""Ranks by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.ranking import Mask, average_precision, bootstrap_interval, paired_difference, rank_targets, to_metrics
from kg.errors import InputError


def no_mask(shape: tuple[int, int]) -> Mask:
    return np.zeros(shape, dtype=bool)


def test_a_constant_scorer_ranks_in_the_middle() -> None:
    # ten options that all score the same: optimistic rank 1, pessimistic 10, realistic 5.5
    assert rank_targets(np.ones((1, 10)), np.array([7]), no_mask((1, 10))).tolist() == [5.5]


def test_other_true_answers_are_left_out() -> None:
    scores = np.array([[0.9, 0.5, 0.8, 0.1]])
    hidden = np.array([[True, False, False, False]])
    assert rank_targets(scores, np.array([1]), no_mask((1, 4))).tolist() == [3.0]
    assert rank_targets(scores, np.array([1]), hidden).tolist() == [2.0]


def test_the_target_is_ranked_even_where_it_is_hidden() -> None:
    hidden = np.array([[False, True]])
    assert rank_targets(np.array([[0.9, 0.5]]), np.array([1]), hidden).tolist() == [2.0]


def test_not_a_number_is_an_error_and_never_a_rank() -> None:
    with pytest.raises(InputError, match="not a number"):
        rank_targets(np.array([[np.nan, 1.0]]), np.array([0]), no_mask((1, 2)))


def test_metrics_of_ranks_one_two_and_ten() -> None:
    metrics = to_metrics(np.array([1.0, 2.0, 10.0]))
    assert metrics.mrr == pytest.approx((1 + 0.5 + 0.1) / 3)
    assert dict(metrics.hits) == pytest.approx({1: 1 / 3, 3: 2 / 3, 10: 1.0})
    assert metrics.n == 3
    assert metrics.interval[0] <= metrics.mrr <= metrics.interval[1]


def test_an_empty_split_is_an_error() -> None:
    with pytest.raises(InputError, match="empty"):
        to_metrics(np.array([]))


def test_the_interval_of_a_constant_is_that_constant() -> None:
    assert bootstrap_interval(np.full(5, 0.25)) == (0.25, 0.25)


def test_a_difference_against_itself_is_zero() -> None:
    ranks = np.array([1.0, 4.0])
    assert paired_difference(ranks, ranks) == (0.0, 0.0, 0.0)
    mean, low, high = paired_difference(np.array([1.0, 1.0]), np.array([2.0, 2.0]))
    assert (mean, low, high) == (0.5, 0.5, 0.5)


def test_pairing_needs_the_same_queries() -> None:
    with pytest.raises(InputError, match="paired"):
        paired_difference(np.array([1.0]), np.array([1.0, 2.0]))


def test_average_precision_by_hand() -> None:
    # true answers at places 1 and 3 of 4: (1/1 + 2/3) / 2
    scores = np.array([0.9, 0.8, 0.7, 0.1])
    assert average_precision(scores, np.array([True, False, True, False])) == pytest.approx((1 + 2 / 3) / 2)


def test_average_precision_shares_ties_pessimistically() -> None:
    assert average_precision(np.zeros(2), np.array([True, False])) == pytest.approx(0.5)
