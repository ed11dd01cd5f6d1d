"""Closed-form leave-one-out against solving the ridge again without the label."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.kernel_ridge import KernelRidge, RidgeConfig, fit_kernel_ridge, to_spectrum
from gnn.similarity import Similarity, to_similarity
from gnn.task import LinkTask, Queries, build_training_queries

PAIRS = np.array([[0, 0], [0, 1], [1, 0], [2, 2]])


def random_side(num_nodes: int, num_anchors: int, seed: int) -> Similarity:
    profiles = np.random.default_rng(seed).random((num_nodes, 6))
    kernel = (profiles @ profiles.T)[:, :num_anchors].astype(np.float32)
    kernel[np.arange(num_anchors), np.arange(num_anchors)] = 0.0
    return to_similarity(["x"], [kernel], np.arange(num_anchors), num_nodes)


def build_case(num_anchors: tuple[int, int]) -> tuple[LinkTask, Similarity, Similarity]:
    task = LinkTask("r", ("H",), ("T",), np.arange(4), np.arange(10, 14), PAIRS)
    return task, random_side(4, num_anchors[0], 0), random_side(4, num_anchors[1], 1)


def fit(task: LinkTask, heads: Similarity, tails: Similarity) -> KernelRidge:
    return fit_kernel_ridge(RidgeConfig(), task, to_spectrum(heads), to_spectrum(tails))


def without(task: LinkTask, row: int) -> LinkTask:
    return LinkTask("r", ("H",), ("T",), task.heads, task.tails, np.delete(task.pairs, row, axis=0))


@pytest.mark.parametrize("num_anchors", [(4, 4), (4, 3), (3, 4)])
def test_a_training_query_scores_as_if_its_edge_had_never_been(num_anchors: tuple[int, int]) -> None:
    task, heads, tails = build_case(num_anchors)
    queries = build_training_queries(task)
    scores = fit(task, heads, tails).score(queries)
    for row in range(len(queries)):
        alone = fit(without(task, row), heads, tails)
        question = Queries(queries.heads[[row]], queries.known[[row]], np.array([-1]))
        assert scores[row] == pytest.approx(alone.score(question)[0], abs=1e-5)


def test_leaving_out_equals_solving_the_ridge_without_that_pair() -> None:
    task, heads, tails = build_case((4, 4))
    model = fit(task, heads, tails)
    queries = Queries(np.array([0]), task.known()[[0]], np.array([-1]))
    kernels = [(s.vectors * s.values) @ s.vectors.T for s in (model.heads, model.tails)]
    kernel = np.kron(kernels[0], kernels[1])
    labels = task.known().ravel()
    for tail in range(4):
        rest = np.delete(np.arange(16), tail)
        weights = np.linalg.solve(kernel[np.ix_(rest, rest)] + model.penalty * np.eye(15), labels[rest])
        assert model.score(queries)[0, tail] == pytest.approx(float(kernel[tail, rest] @ weights), abs=1e-5)
