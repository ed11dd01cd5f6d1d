"""Ranks, anchors and the combined similarity, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.similarity import choose_anchors, rank_similarity, to_similarity

KERNEL = np.array([[0.0, 0.9, 0.1], [0.9, 0.0, 0.5], [0.1, 0.5, 0.0]], np.float32)
ALL = np.arange(3)


def test_mutual_nearest_neighbours_get_one() -> None:
    # node 0: nearest is 1, then 2; node 1: nearest is 0, then 2; node 2: nearest is 1, then 0
    ranked = rank_similarity(KERNEL, ALL)
    assert ranked[0, 1] == pytest.approx(1.0)
    assert ranked[1, 2] == pytest.approx(np.sqrt(1 / 2 * 1))
    assert ranked[0, 2] == pytest.approx(np.sqrt(1 / 2 * 1 / 2))


def test_unlike_nodes_and_the_node_itself_stay_zero() -> None:
    kernel = KERNEL.copy()
    kernel[0, 2] = kernel[2, 0] = 0.0
    ranked = rank_similarity(kernel, ALL)
    assert ranked[0, 2] == 0.0
    assert np.diag(ranked).tolist() == [0.0, 0.0, 0.0]


def test_ranks_forget_the_scale() -> None:
    assert rank_similarity(KERNEL * 7, ALL) == pytest.approx(rank_similarity(KERNEL, ALL))


def test_all_channels_are_added_as_one_more() -> None:
    side = to_similarity(["a", "b"], [KERNEL, KERNEL], ALL, 3)
    assert side.names == ("a", "b", "all channels")
    assert side.scaled.shape == (3, 3, 3)
    assert side.scaled[2] == pytest.approx(side.scaled[0])
    assert side.combined.max() <= 1.0
    assert side.anchor_square() == pytest.approx(side.anchor_square().T)


def test_without_channels_everything_is_equally_unlike() -> None:
    side = to_similarity([], [], ALL, 3)
    assert side.scaled.shape == (1, 3, 3)
    assert not side.scaled.any()
    assert not side.combined.any()


def test_anchors_hold_what_is_needed() -> None:
    assert choose_anchors(3, np.array([1]), 10, 0).tolist() == [0, 1, 2]
    few = choose_anchors(100, np.array([7, 42]), 5, 0)
    assert len(few) == 5
    assert {7, 42} <= set(few.tolist())
    assert few.tolist() == choose_anchors(100, np.array([7, 42]), 5, 0).tolist()
