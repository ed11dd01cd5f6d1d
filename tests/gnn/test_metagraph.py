"""Typed hops on a graph of five nodes, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.metagraph import Step, build_metagraph, damp, to_dense
from gnn.triples import build_triples

ROWS = [
    ("C::1", "binds", "G::1"),
    ("C::2", "binds", "G::1"),
    ("C::2", "binds", "G::2"),
    ("G::1", "meets", "G::2"),
    ("C::1", "treats", "D::1"),
]


def test_each_hop_goes_both_ways_and_the_hidden_relation_nowhere() -> None:
    metagraph = build_metagraph(build_triples(ROWS), without=["treats"])
    assert set(metagraph.adjacency) == {
        Step("binds", "C", "G"),
        Step("binds", "G", "C", inverse=True),
        Step("meets", "G", "G"),
    }
    assert to_dense(metagraph.adjacency[Step("binds", "C", "G")]).tolist() == [[1, 0], [1, 1]]
    assert to_dense(metagraph.adjacency[Step("meets", "G", "G")]).tolist() == [[0, 1], [1, 0]]


def test_a_type_without_edges_keeps_its_members() -> None:
    metagraph = build_metagraph(build_triples(ROWS), without=["treats"])
    assert metagraph.members["D"].tolist() == [2]


def test_merged_types_are_one() -> None:
    metagraph = build_metagraph(build_triples(ROWS), merge=[{"C", "D"}])
    assert Step("treats", "C+D", "C+D") in metagraph.adjacency


def test_the_inverse_is_marked_in_the_name() -> None:
    assert Step("binds", "G", "C", inverse=True).name == "<binds"


def test_degree_weights_by_hand() -> None:
    # degrees of the rows 1 and 2, of the columns 2 and 1; exponent 1 divides by both
    metagraph = build_metagraph(build_triples(ROWS), without=["treats"])
    damped = to_dense(damp(metagraph.adjacency[Step("binds", "C", "G")], 1.0))
    assert damped == pytest.approx(np.array([[0.5, 0.0], [0.25, 0.5]]))
