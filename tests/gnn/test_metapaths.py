"""Metapaths found and counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.metagraph import build_metagraph
from gnn.metapaths import DAMPING, count_metapath, damped_steps, discover_metapaths
from gnn.triples import build_triples

ROWS = [
    ("C::1", "binds", "G::1"),
    ("C::2", "binds", "G::1"),
    ("D::1", "linked", "G::1"),
    ("D::2", "linked", "G::2"),
    ("G::1", "meets", "G::2"),
    ("C::1", "treats", "D::1"),
]


def test_chains_of_up_to_three_hops() -> None:
    metagraph = build_metagraph(build_triples(ROWS), without=["treats"])
    names = [metapath.name for metapath in discover_metapaths(metagraph, "C", "D")]
    assert names == ["binds · <linked", "binds · meets · <linked"]


@pytest.mark.parametrize("rows", [[0, 1], [0]])
def test_counts_by_hand(rows: list[int]) -> None:
    # C1 binds G1 (degrees 1 and 2), G1 is linked to D1 (1 and 1): 2 to the power of minus the damping.
    # C1 to D2: the same hop to G1, then G1 meets G2 (1 and 1), G2 is linked to D2 (1 and 1).
    metagraph = build_metagraph(build_triples(ROWS), without=["treats"])
    metapaths = discover_metapaths(metagraph, "C", "D")
    steps = damped_steps(metagraph, metapaths)
    places = np.array(rows)
    weight = 2.0**-DAMPING
    short = count_metapath(steps, metapaths[0], places, np.array([0, 1]))
    long = count_metapath(steps, metapaths[1], places, np.array([0, 1]))
    assert short == pytest.approx(np.array([[weight, 0.0]] * len(rows)))
    assert long == pytest.approx(np.array([[0.0, weight]] * len(rows)))


def test_both_directions_of_multiplication_agree() -> None:
    metagraph = build_metagraph(build_triples(ROWS), without=["treats"])
    metapath = discover_metapaths(metagraph, "C", "D")[1]
    steps = damped_steps(metagraph, [metapath])
    from_left = count_metapath(steps, metapath, np.array([0]), np.array([0, 1]))
    from_right = count_metapath(steps, metapath, np.array([0, 1]), np.array([1]))
    assert from_left[0, 1] == pytest.approx(from_right[0, 0])
