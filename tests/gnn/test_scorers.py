"""Both scorers find the one feature that marks the answer."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.listwise import ListwiseConfig
from gnn.metagraph import Dense
from gnn.ranking import Mask, rank_targets
from gnn.scorers import NetworkConfig, TreesConfig, fit_network, fit_trees, score_network, score_trees
from gnn.triples import Ids

NUM_QUERIES, NUM_CANDIDATES = 60, 6


def task() -> tuple[Dense, Ids, Mask]:
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(NUM_QUERIES, NUM_CANDIDATES, 3)).astype(np.float32)
    targets = generator.integers(0, NUM_CANDIDATES, NUM_QUERIES)
    inputs[np.arange(NUM_QUERIES), targets, 1] += 4.0
    return inputs, targets, np.zeros((NUM_QUERIES, NUM_CANDIDATES), bool)


@pytest.mark.parametrize("hidden_width", [0, 4])
def test_the_network_ranks_the_marked_candidate_first(hidden_width: int) -> None:
    inputs, targets, hidden = task()
    config = NetworkConfig(hidden=hidden_width, feature_dropout=0.1, fit=ListwiseConfig(30, 16, 3e-2))
    scores = score_network(fit_network(config, inputs, targets, hidden, 0), inputs)
    assert rank_targets(scores, targets, hidden).mean() < 1.2
    again = score_network(fit_network(config, inputs, targets, hidden, 0), inputs)
    assert np.array_equal(scores, again)


def test_the_trees_rank_the_marked_candidate_first() -> None:
    inputs, targets, hidden = task()
    config = TreesConfig(num_trees=20, min_rows_in_leaf=5, feature_fraction=1.0)
    scores = score_trees(fit_trees(config, inputs, targets, hidden, 0), inputs)
    assert scores.shape == (NUM_QUERIES, NUM_CANDIDATES)
    assert rank_targets(scores, targets, hidden).mean() < 1.3
