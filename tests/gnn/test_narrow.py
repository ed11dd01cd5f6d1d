"""Fewer candidates, the same scores for those that stay."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.kernel_ridge import RidgeConfig, fit_kernel_ridge, to_spectrum
from gnn.narrow import choose_columns, narrow_ridge, narrow_space
from gnn.space import Space, SpaceConfig, build_space, build_task_graph, choose_space
from gnn.task import build_task, build_training_queries
from gnn.triples import build_triples
from tests.gnn.toy import toy_rows

UNTREATED = [(f"Disease::{number}", "linked_to", "Gene::0") for number in range(20, 26)]


def space() -> Space:
    triples = build_triples([*toy_rows(), *UNTREATED])
    graph = build_task_graph(triples, build_task(triples, "treats"))
    return build_space(graph, choose_space(graph, SpaceConfig(max_tail_anchors=9)), 3)


def test_columns_hold_known_tails_and_anchors() -> None:
    whole = space()
    columns = choose_columns(whole, 10, 0)
    assert len(columns) == 10
    assert set(np.unique(whole.task.pairs[:, 1]).tolist()) | set(whole.tails.anchors.tolist()) <= set(columns.tolist())


def test_what_stays_scores_the_same() -> None:
    whole = space()
    columns = choose_columns(whole, 10, 0)
    ridge = fit_kernel_ridge(RidgeConfig(), whole.task, to_spectrum(whole.heads), to_spectrum(whole.tails))
    few = narrow_ridge(ridge, columns).score(build_training_queries(narrow_space(whole, columns).task))
    assert few == pytest.approx(ridge.score(build_training_queries(whole.task))[:, columns], abs=1e-6)


def test_the_narrow_space_keeps_its_pairs() -> None:
    whole = space()
    columns = choose_columns(whole, 10, 0)
    narrow = narrow_space(whole, columns)
    assert narrow.task.tails[narrow.task.pairs[:, 1]].tolist() == whole.task.tails[whole.task.pairs[:, 1]].tolist()
    assert narrow.tails.combined.shape == (10, 9)
    assert narrow.metapaths.shape == (len(whole.metapath_names), 20, 10)
