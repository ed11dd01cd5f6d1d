"""What a judge asks, on numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.ranking import reciprocal_ranks, to_metrics
from gnn.referee import (
    calibration_errors,
    contraindicated_pairs,
    fit_temperature,
    rate_in_top,
    sign_flip_test,
    slice_masks,
)
from gnn.task import Queries, build_task, build_test_queries
from gnn.triples import build_triples

ROWS = [("D::a", "treats", "X::1"), ("D::b", "treats", "X::2"), ("D::b", "treats", "X::3"), ("D::a", "harms", "X::2")]


def test_harm_among_the_first_counts_new_suggestions_only() -> None:
    """a knows X::1; of the rest X::2 (harmful) is first. Of its two new suggestions, shown at most three, one is."""
    triples = build_triples(ROWS)
    task = build_task(triples, "treats")
    harmful = contraindicated_pairs(triples, task, ("harms", "absent"))
    assert harmful is not None
    assert harmful.tolist() == [[False, True, False], [False, False, False]]
    queries = build_test_queries(task, np.array([[0, 2]]))
    rates = rate_in_top(queries, np.array([[9.0, 2.0, 1.0]], np.float32), harmful)
    assert rates == {"1": 1.0, "3": pytest.approx(1 / 3), "10": pytest.approx(1 / 3)}
    assert contraindicated_pairs(triples, task, ("absent",)) is None


def test_slices_of_unseen_ends_and_areas() -> None:
    task = build_task(build_triples([*ROWS, ("D::c", "other", "X::4")]), "treats")
    pairs = np.array([[0, 1], [2, 0], [2, 3]])
    queries = Queries(pairs[:, 0], task.known()[pairs[:, 0]], pairs[:, 1])
    masks = slice_masks(task, queries, {})
    assert masks["unseen_head"].tolist() == [False, True, True]
    assert masks["unseen_tail"].tolist() == [False, False, True]
    many = queries.take(np.array([0, 0, 0, 0, 0, 1]))
    assert set(slice_masks(task, many, {1: "heart", 0: "skin"})) == {"unseen_head", "area: heart"}


def test_a_difference_in_one_direction_is_no_chance_and_none_is() -> None:
    better, worse = np.ones(12), np.full(12, 2.0)
    assert sign_flip_test(better, worse) == pytest.approx(2 / 2**12, abs=2e-3)
    assert sign_flip_test(better, better) == 1.0


def test_several_seeds_are_averaged_within_each_query() -> None:
    ranks = np.array([[1.0, 2.0], [1.0, 4.0]])
    assert reciprocal_ranks(ranks).tolist() == [1.0, 0.375]
    metrics = to_metrics(ranks)
    assert metrics.n == 2
    assert metrics.mrr == pytest.approx(0.6875)
    assert dict(metrics.hits)[3] == 0.75


def test_temperature_finds_the_factor_that_made_the_labels() -> None:
    """Scores ±2 that are right three times in four: the best factor makes 2 · factor = log 3."""
    scores = np.array([2.0] * 4 + [-2.0] * 4, np.float32)
    truth = np.array([True] * 3 + [False] + [False] * 3 + [True])
    assert fit_temperature(scores, truth) == pytest.approx(np.log(3.0) / 2, rel=1e-4)


def test_isotonic_scaling_repairs_what_is_out_of_scale() -> None:
    generator = np.random.default_rng(0)
    targets = generator.integers(0, 4, 300)
    scores = generator.normal(0, 0.1, (300, 4)).astype(np.float32) - 8.0
    scores[np.arange(300), targets] += 1.0
    part = (scores, targets, np.zeros((300, 4), bool))
    errors = calibration_errors(part, part, np.full((300, 4), 0.9, np.float32))
    assert errors["model"] == pytest.approx(0.65, abs=1e-6)
    assert errors["isotonic"] < 0.01 < errors["none"]
    nothing = (scores[:0], targets[:0], part[2][:0])
    assert set(calibration_errors(nothing, part, np.full((300, 4), 0.9, np.float32))) == {"model", "none"}
