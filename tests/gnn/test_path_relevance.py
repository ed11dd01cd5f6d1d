"""Shares of walks: they sum to one, follow the graph's edges, and fall when an edge is taken away."""

from __future__ import annotations

import pytest
import torch

from gnn.path_gnn import PathGnn, PathGnnConfig, build_path_gnn
from gnn.path_graph import PathData, build_path_data
from gnn.path_relevance import node_relevance, rank_walks
from gnn.space import build_task_graph
from gnn.task import Queries, build_task, build_training_queries
from tests.gnn.toy import toy_triples

CONFIG = PathGnnConfig(dim=4, num_layers=3)


def build() -> tuple[PathGnn, PathData, Queries]:
    triples = toy_triples()
    data = build_path_data(build_task_graph(triples, build_task(triples, "treats")), CONFIG.num_layers, 100)
    queries = build_training_queries(data.task)
    torch.manual_seed(0)
    network = build_path_gnn(data, CONFIG, queries)
    torch.nn.init.constant_(network.linear.weight, 0.1)
    return network, data, queries.take(slice(0, 1))


def test_the_shares_of_all_walks_sum_to_one() -> None:
    network, data, query = build()
    walks = rank_walks(network, data, query, 0, 10_000)
    assert sum(walk.share for walk in walks) == pytest.approx(1.0, abs=1e-4)
    assert [walk.share for walk in walks] == sorted((walk.share for walk in walks), reverse=True)


def test_walks_follow_edges_and_end_at_the_tail() -> None:
    # drug 00 binds gene 0, which is linked to disease 0; the walk of two hops is the only one without another drug
    network, data, query = build()
    walks = rank_walks(network, data, query, 0, 10_000)
    assert {walk.places[-1] for walk in walks} == {0}
    short = [walk for walk in walks if len(walk.steps) == 2]
    assert [[step.name for step in walk.steps] for walk in short] == [["binds", "linked_to"]]
    assert short[0].places == (0, 0)


def test_no_walk_takes_the_pairs_own_edge_or_returns_to_the_head() -> None:
    network, data, query = build()
    head = int(query.heads[0])
    for walk in rank_walks(network, data, query, 0, 10_000):
        assert walk.steps[0].relation != "treats"
        drugs = [place for step, place in zip(walk.steps, walk.places, strict=True) if step.target == "Drug"]
        assert head not in drugs


def test_a_nodes_share_is_that_of_the_walks_through_it() -> None:
    network, data, query = build()
    shares = node_relevance(network, data, query, 0)
    summed: dict[tuple[str, int], float] = {}
    for walk in rank_walks(network, data, query, 0, 10_000):
        for step, place in zip(walk.steps, walk.places, strict=True):
            summed[step.target, place] = summed.get((step.target, place), 0.0) + walk.share
    assert shares == pytest.approx(summed, abs=1e-5)


def test_a_tail_that_nothing_reaches_has_no_walk() -> None:
    _, data, query = build()
    two_hops = build_path_data(build_task_graph(toy_triples(), data.task), 2, 100)
    short = build_path_gnn(two_hops, CONFIG, query)
    assert rank_walks(short, two_hops, query, 2, 5) == []
