"""Taking a walk out takes its edges out everywhere, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.fidelity import measure_fidelity, remove_walk
from gnn.path_gnn import score_path_gnn
from gnn.path_relevance import rank_walks
from tests.gnn.test_path_relevance import build


def test_the_removed_walks_edges_are_gone_in_every_layer_and_both_directions() -> None:
    network, data, query = build()
    walk = next(w for w in rank_walks(network, data, query, 0, 100) if len(w.steps) == 2)
    without, _ = remove_walk(data, query, walk)
    # drug 00 – gene 0 and gene 0 – disease 0, each wherever it is walked
    lost = [
        (hop.step.name, hop.matrix.astype(bool).sum() - kept.matrix.astype(bool).sum())
        for before, after in zip(data.hops, without.hops, strict=True)
        for hop, kept in zip(before, after, strict=True)
    ]
    assert {name for name, number in lost if number} == {"binds", "<binds", "linked_to", "<linked_to"}
    assert all(number <= 1 for _, number in lost)
    assert data.hops[0][0].matrix.astype(bool).sum() == 20  # the data itself are untouched


def test_no_walk_runs_along_a_removed_edge() -> None:
    network, data, query = build()
    walks = rank_walks(network, data, query, 0, 10_000)
    short = next(walk for walk in walks if len(walk.steps) == 2)
    left = rank_walks(network, *remove_walk(data, query, short), 0, 10_000)
    assert short.places not in {walk.places for walk in left if walk.steps == short.steps}
    assert len(left) < len(walks)


def test_the_fall_is_that_of_scoring_again() -> None:
    network, data, query = build()
    measured = measure_fidelity(network, data, query, 0, np.random.default_rng(0))
    assert measured is not None
    best = rank_walks(network, data, query, 0, 1)[0]
    scores = [score_path_gnn(network, data, query)[0], score_path_gnn(network, *remove_walk(data, query, best))[0]]
    shown = ~query.hidden[0]
    logs = [s[0] - np.log(np.exp(s[shown]).sum()) for s in scores]
    assert measured.best == pytest.approx(logs[0] - logs[1], abs=1e-4)
    assert measured.share == pytest.approx(best.share)
