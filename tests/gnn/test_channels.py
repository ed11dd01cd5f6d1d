"""Similarities by hand on two drugs that share one of two genes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gnn.channels import build_profiles, discover_channels, name_profiles, to_kernel, to_scaled
from gnn.metagraph import Metagraph, build_metagraph
from gnn.triples import build_triples

ROWS = [
    ("C::1", "binds", "G::1"),
    ("C::2", "binds", "G::1"),
    ("C::2", "binds", "G::2"),
    ("G::1", "in", "P::1"),
    ("C::1", "like", "C::2"),
]
BOTH = np.array([0, 1])


@pytest.fixture
def metagraph() -> Metagraph:
    return build_metagraph(build_triples(ROWS))


def test_channels_of_one_and_two_hops(metagraph: Metagraph) -> None:
    names = [channel.name for channel in discover_channels(metagraph, "C", with_names=True)]
    assert sorted(names) == ["binds", "binds · in", "like", "like (adjacent)", "name"]


def test_a_shared_gene_counts_less_the_more_drugs_bind_it(metagraph: Metagraph) -> None:
    # G1 is bound by both (weight 1/sqrt 2), G2 by one (weight 1): C1 = (1, 0), C2 = (1/sqrt 2, 1) normalised;
    # their cosine is (1/sqrt 2) / sqrt(1/2 + 1)
    channel = next(c for c in discover_channels(metagraph, "C", with_names=False) if c.name == "binds")
    kernel = to_kernel(metagraph, channel, ["", ""], BOTH, BOTH)
    expected = math.sqrt(0.5) / math.sqrt(1.5)
    assert kernel == pytest.approx(np.array([[0.0, expected], [expected, 0.0]]), abs=1e-6)


def test_a_bare_neighbourhood_is_one_for_neighbours(metagraph: Metagraph) -> None:
    channel = next(c for c in discover_channels(metagraph, "C", with_names=False) if c.direct)
    kernel = to_kernel(metagraph, channel, ["", ""], BOTH, np.array([1]))
    assert kernel is not None
    assert kernel.tolist() == [[1.0], [0.0]]


def test_rows_have_unit_length(metagraph: Metagraph) -> None:
    for channel in discover_channels(metagraph, "C", with_names=False):
        profiles = build_profiles(metagraph, channel, ["", ""])
        assert profiles is not None
        lengths = np.sqrt(profiles.multiply(profiles).sum(axis=1)).A1
        assert all(length == pytest.approx(1.0, abs=1e-6) or length == 0.0 for length in lengths)


def test_names_that_share_a_stem_are_alike() -> None:
    profiles = name_profiles(["captopril", "enalapril", "aspirin"])
    assert profiles is not None
    kernel = (profiles @ profiles.T).toarray()
    assert kernel[0, 1] > kernel[0, 2]


def test_without_names_there_is_no_name_channel() -> None:
    assert name_profiles(["", ""]) is None


def test_scaling_keeps_zero_and_order() -> None:
    scaled = to_scaled(np.array([[0.0, 0.1, 1.0]], np.float32))
    assert scaled[0, 0] == 0.0
    assert scaled[0, 0] < scaled[0, 1] < scaled[0, 2]
    assert to_scaled(np.zeros((1, 2), np.float32)).tolist() == [[0.0, 0.0]]
