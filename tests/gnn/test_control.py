"""The rewired graph: same degrees, same pairs to be learnt, other edges."""

from __future__ import annotations

from collections import Counter

import numpy as np

from gnn.control import permute_edges
from gnn.triples import Triples, build_triples


def dense_graph() -> Triples:
    generator = np.random.default_rng(1)
    rows = [(f"D::{a}", "binds", f"G::{b}") for a, b in generator.integers(0, 30, (200, 2)).tolist()]
    rows += [(f"D::{a}", "binds", f"D::{b}") for a, b in generator.integers(0, 30, (60, 2)).tolist() if a != b]
    return build_triples([*rows, *((f"D::{n}", "treats", f"X::{n % 7}") for n in range(30))])


def degrees(triples: Triples) -> Counter[tuple[str, int, int, str]]:
    found: Counter[tuple[str, int, int, str]] = Counter()
    for head, relation, tail in triples.edges.tolist():
        found["out", head, relation, triples.types[tail]] += 1
        found["in", tail, relation, triples.types[head]] += 1
    return found


def test_degrees_stay_and_edges_move() -> None:
    triples = dense_graph()
    permuted = permute_edges(triples, "treats", seed=0)
    assert degrees(permuted) == degrees(triples)
    assert len(permuted.edges) == len(triples.edges)
    kept = {tuple(edge) for edge in permuted.edges.tolist()} & {tuple(edge) for edge in triples.edges.tolist()}
    binds = len(triples.edges) - 30
    assert len(kept) - 30 < binds / 2
    assert (permuted.edges[:, 0] != permuted.edges[:, 2]).all()


def test_the_pairs_to_be_learnt_stay() -> None:
    triples = dense_graph()
    assert np.array_equal(permute_edges(triples, "treats", 0).pairs_of("treats"), triples.pairs_of("treats"))


def test_the_seed_decides() -> None:
    triples = dense_graph()
    first, again, other = (permute_edges(triples, "treats", seed).content_hash for seed in (0, 0, 1))
    assert first == again != other
