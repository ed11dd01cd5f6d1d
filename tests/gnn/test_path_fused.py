"""Hops fused into segments carry what the stacked sparse products carry, forwards and in the gradient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gnn.path_batch import build_batch, build_whole
from gnn.path_fused import DAMPED_TAILS, can_fuse, cut_segments, fuse_hops
from gnn.path_gnn import PathGnn, PathGnnConfig, build_path_gnn, fit_path_gnn, score_path_gnn
from gnn.path_graph import PathData, build_path_data
from gnn.ranking import rank_targets
from gnn.space import build_task_graph
from gnn.task import Queries, build_task, build_training_queries
from tests.gnn.toy import toy_triples

CONFIG = PathGnnConfig(dim=4, num_layers=3, dropout=0.0, hop_dropout=0.0)


def toy_world() -> tuple[PathData, Queries, PathGnn]:
    triples = toy_triples()
    graph = build_task_graph(triples, build_task(triples, "treats"))
    queries = build_training_queries(graph.task)
    data = build_path_data(graph, CONFIG.num_layers, CONFIG.max_edges)
    torch.manual_seed(0)
    return data, queries, build_path_gnn(data, CONFIG, queries)


def fused(data: PathData) -> PathData:
    source_of = {data.num_relations - 1: DAMPED_TAILS}
    return replace(data, bundles=(), fused=tuple(fuse_hops(hops, source_of) for hops in data.hops[1:]))


def test_fused_hops_give_the_same_scores_and_gradients() -> None:
    data, queries, network = toy_world()
    batch = build_batch(data, queries)
    answers = torch.from_numpy(queries.targets)
    found = []
    for walked in (data, fused(data)):
        network.zero_grad()
        scores = network(walked, batch)
        torch.nn.functional.cross_entropy(scores, answers).backward()
        found.append((scores.detach(), {name: p.grad.clone() for name, p in network.named_parameters()}))
    (plain, by_bundle), (again, by_segment) = found
    torch.testing.assert_close(again, plain, rtol=1e-5, atol=1e-5)
    for name, gradient in by_bundle.items():
        torch.testing.assert_close(by_segment[name], gradient, rtol=1e-4, atol=1e-6)
    assert by_bundle["relations"].abs().sum() > 0


def test_segments_hold_every_edge_once_and_stay_short() -> None:
    random = np.random.default_rng(0)
    rows, relations, nodes = random.integers(0, 5, 400), random.integers(0, 3, 400), random.integers(0, 50, 400)
    values = random.random(400).astype(np.float32)
    segments = cut_segments(rows, relations, nodes, values)
    lengths = segments.starts.diff()
    assert lengths.min() >= 1
    assert lengths.max() == 32
    owner = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
    told = zip(segments.rows[owner].tolist(), segments.relations[owner].tolist(), segments.nodes.tolist(), strict=True)
    assert sorted(told) == sorted(zip(rows.tolist(), relations.tolist(), nodes.tolist(), strict=True))
    assert float(segments.values.sum()) == pytest.approx(float(values.sum()), rel=1e-5)


def test_queries_looked_up_together_are_told_what_they_are_told_alone() -> None:
    data, queries, network = toy_world()
    rows = torch.tensor([3, 0, 5])
    whole = build_whole(data, queries, torch.device("cpu"))
    assert whole is not None
    alone = build_batch(data, queries.take(rows.numpy()))
    torch.testing.assert_close(network(data, whole.take(rows)), network(data, alone))


@pytest.mark.skipif(not can_fuse(CONFIG.dim), reason="needs a CUDA GPU and Triton")
def test_a_gpu_trains_what_a_processor_trains() -> None:
    data, queries, _ = toy_world()
    scores = [
        score_path_gnn(fit_path_gnn(CONFIG, data, queries, 0, device), data, queries) for device in ("cpu", "cuda")
    ]
    ranks = [rank_targets(values, queries.targets, queries.hidden) for values in scores]
    assert np.mean(1.0 / ranks[1]) == pytest.approx(np.mean(1.0 / ranks[0]), abs=0.05)
