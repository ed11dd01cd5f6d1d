"""The path GNN never walks the answer, and finds the class on the toy world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from gnn.listwise import ListwiseConfig
from gnn.path_gnn import PathData, PathGnn, PathGnnConfig, build_path_data, fit_path_gnn, keep_heaviest, score_path_gnn
from gnn.ranking import rank_targets
from gnn.space import TaskGraph, build_task_graph
from gnn.task import Queries, build_task, build_training_queries
from tests.gnn.toy import toy_triples

CONFIG = PathGnnConfig(dim=4, num_layers=3, dropout=0.0, fit=ListwiseConfig(6, 16, 2e-2, 0.0))


def toy_graph() -> TaskGraph:
    triples = toy_triples()
    return build_task_graph(triples, build_task(triples, "treats"))


def without_edge(data: PathData, head: int, tail: int) -> PathData:
    edges = data.edges.clone()
    edges[head, tail] = 0.0
    return replace(data, edges=edges)


def test_a_querys_own_edge_is_walked_in_neither_direction() -> None:
    graph = toy_graph()
    data = build_path_data(graph, CONFIG)
    torch.manual_seed(0)
    network = PathGnn(data, CONFIG).eval()
    queries = build_training_queries(graph.task)
    scores = score_path_gnn(network, data, queries)
    for row in range(0, len(queries), 9):
        head, tail = int(queries.heads[row]), int(queries.targets[row])
        alone = score_path_gnn(network, without_edge(data, head, tail), queries.take(slice(row, row + 1)))
        assert scores[row] == pytest.approx(alone[0], abs=1e-5)


def test_an_open_query_walks_everything() -> None:
    graph = toy_graph()
    data = build_path_data(graph, CONFIG)
    torch.manual_seed(0)
    network = PathGnn(data, CONFIG).eval()
    asked = build_training_queries(graph.task).take(slice(0, 1))
    unasked = Queries(asked.heads, asked.known, np.array([-1]))
    assert not np.allclose(score_path_gnn(network, data, asked), score_path_gnn(network, data, unasked))


def test_the_toy_world_is_learnt() -> None:
    graph = toy_graph()
    data = build_path_data(graph, CONFIG)
    queries = build_training_queries(graph.task)
    network = fit_path_gnn(CONFIG, data, queries, 0)
    ranks = rank_targets(score_path_gnn(network, data, queries), queries.targets, queries.hidden)
    assert (1.0 / ranks).mean() > 0.6  # a constant scorer reaches about 1 / 4.4


def test_the_gradient_is_that_of_a_dense_product() -> None:
    from gnn.path_gnn import _SparseProduct

    matrix = torch.tensor([[0.0, 2.0], [1.0, 0.0], [0.0, 3.0]])
    dense = torch.ones(2, 4, requires_grad=True)
    product = _SparseProduct.apply(matrix.to_sparse_csr(), matrix.T.contiguous().to_sparse_csr(), dense)
    product.sum().backward()
    assert torch.equal(product.detach(), matrix @ torch.ones(2, 4))
    assert dense.grad is not None
    assert dense.grad[:, 0].tolist() == [1.0, 5.0]


def test_the_heaviest_edges_are_kept() -> None:
    matrix = sp.csr_matrix(np.array([[1.0, 3.0], [2.0, 2.0]]))
    assert keep_heaviest(matrix, 2).toarray().tolist() == [[0.0, 3.0], [2.0, 0.0]]
    assert keep_heaviest(matrix, 4) is matrix
