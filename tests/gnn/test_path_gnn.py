"""The path GNN never walks the answer, and finds the class on the toy world."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gnn.listwise import ListwiseConfig
from gnn.path_batch import build_batch
from gnn.path_gnn import PathGnnConfig, SparseProduct, build_path_gnn, fit_path_gnn, score_path_gnn
from gnn.path_graph import PathData, build_path_data
from gnn.ranking import rank_targets
from gnn.space import TaskGraph, build_task_graph
from gnn.task import LinkTask, Queries, build_task, build_training_queries
from gnn.triples import Row, build_triples
from tests.gnn.toy import toy_rows, toy_triples

CONFIG = PathGnnConfig(dim=4, num_layers=4, dropout=0.0, hop_dropout=0.0, fit=ListwiseConfig(10, 16, 2e-2, 0.0))


def toy_graph() -> TaskGraph:
    triples = toy_triples()
    return build_task_graph(triples, build_task(triples, "treats"))


def data_of(graph: TaskGraph) -> PathData:
    return build_path_data(graph, CONFIG.num_layers, CONFIG.max_edges)


def without_row(task: LinkTask, row: int) -> TaskGraph:
    """The graph built again without one known pair, everything else numbered as before."""
    triples = toy_triples()
    head, tail = task.heads[task.pairs[row, 0]], task.tails[task.pairs[row, 1]]
    names = (triples.entities[head], "treats", triples.entities[tail])
    rest = build_triples([r for r in toy_rows() if r != names], extra_entities=triples.entities)
    return build_task_graph(rest, build_task(rest, "treats"))


def test_a_query_is_told_as_if_its_own_edge_were_not_in_the_graph() -> None:
    graph = toy_graph()
    data, queries = data_of(graph), build_training_queries(graph.task)
    torch.manual_seed(0)
    network = build_path_gnn(data, CONFIG, queries)
    scores = score_path_gnn(network, data, queries)
    for row in range(0, len(queries), 7):
        asked = queries.take(slice(row, row + 1))
        alone = score_path_gnn(network, data_of(without_row(graph.task, row)), asked)
        assert scores[row] == pytest.approx(alone[0], abs=1e-5)


def test_an_open_query_walks_everything() -> None:
    graph = toy_graph()
    data, queries = data_of(graph), build_training_queries(graph.task)
    torch.manual_seed(0)
    network = build_path_gnn(data, CONFIG, queries)
    asked = queries.take(slice(0, 1))
    unasked = Queries(asked.heads, graph.task.known()[asked.heads], np.array([-1]))
    assert not np.allclose(score_path_gnn(network, data, asked), score_path_gnn(network, data, unasked))


def test_what_no_walk_reaches_stays_at_zero() -> None:
    # drug 00 and its class bind gene 0, which is linked to diseases 0 and 4 alone; effects are shared across classes
    graph = toy_graph()
    data = build_path_data(graph, 2, 100)
    queries = build_training_queries(graph.task).take(slice(0, 1))
    network = build_path_gnn(data, CONFIG, queries)
    batch = build_batch(data, queries)
    states = network.walk(data, batch, 1, network.start(data, batch))[data.tail_type]
    reached = np.flatnonzero(states[:, 0].sum(dim=-1).detach().numpy())
    assert reached.tolist() == [0, 4]


@pytest.mark.parametrize(
    "rows",
    [
        [("Drug::1", "treats", "Disease::1"), ("Drug::2", "treats", "Disease::2")],
        [
            ("x.y::1", "treats", "x.y::2"),
            ("x.y::2", "treats", "x.y::3"),
            ("x.y::1", "in", "z::1"),
            ("x.y::3", "in", "z::1"),
        ],
    ],
    ids=["nothing but the pairs", "one type, with a dot in its name"],
)
def test_bare_graphs_are_scored(rows: list[Row]) -> None:
    triples = build_triples(rows)
    graph = build_task_graph(triples, build_task(triples, "treats"))
    data, queries = data_of(graph), build_training_queries(graph.task)
    network = fit_path_gnn(CONFIG, data, queries, 0)
    scores = score_path_gnn(network, data, queries)
    assert scores.shape == (2, graph.task.shape[1])
    assert np.isfinite(scores).all()


def test_the_toy_world_is_learnt() -> None:
    graph = toy_graph()
    data, queries = data_of(graph), build_training_queries(graph.task)
    network = fit_path_gnn(CONFIG, data, queries, 0)
    ranks = rank_targets(score_path_gnn(network, data, queries), queries.targets, queries.hidden)
    assert (1.0 / ranks).mean() > 0.6  # a constant scorer reaches about 1 / 4.4


def test_the_gradient_is_that_of_a_dense_product() -> None:
    matrix = torch.tensor([[0.0, 2.0], [1.0, 0.0], [0.0, 3.0]])
    dense = torch.ones(2, 4, requires_grad=True)
    product = SparseProduct.apply(matrix.to_sparse_csr(), matrix.T.contiguous().to_sparse_csr(), dense)
    product.sum().backward()
    assert torch.equal(product.detach(), matrix @ torch.ones(2, 4))
    assert dense.grad is not None
    assert dense.grad[:, 0].tolist() == [1.0, 5.0]
