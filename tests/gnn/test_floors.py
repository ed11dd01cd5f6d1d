"""Floors on three heads and three tails, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.floors import score_co_treatment, score_popularity
from gnn.task import build_task, build_test_queries, build_training_queries
from gnn.triples import build_triples

# a treats x, y; b treats x; c treats z
ROWS = [("H::a", "t", "T::x"), ("H::a", "t", "T::y"), ("H::b", "t", "T::x"), ("H::c", "t", "T::z")]


def test_popularity_leaves_the_heads_own_pairs_out() -> None:
    task = build_task(build_triples(ROWS), "t")
    queries = build_test_queries(task, np.array([[1, 1]]))
    assert score_popularity(task, queries).tolist() == [[1.0, 1.0, 1.0]]


def test_co_treatment_prefers_what_treats_the_same() -> None:
    # b shares x with a; a also has y: cosine 1 / (sqrt(1) · sqrt(2)) speaks for x and y, nothing for z
    task = build_task(build_triples(ROWS), "t")
    scores = score_co_treatment(task, build_test_queries(task, np.array([[1, 1]])))[0]
    assert scores[1] == pytest.approx(2**-0.5, abs=2e-3)
    assert scores[1] > scores[2]


def test_a_training_pair_does_not_see_its_own_edge() -> None:
    # without b's only edge nothing is shared, so co-treatment falls back to popularity among the other heads
    task = build_task(build_triples(ROWS), "t")
    queries = build_training_queries(task)
    row = int(np.flatnonzero((queries.heads == 1) & (queries.targets == 0))[0])
    assert queries.known[row].sum() == 0
    assert score_co_treatment(task, queries)[row].max() <= 1e-3
