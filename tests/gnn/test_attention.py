"""Walks by hand, with the attention networks at their starting weights."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gnn.attention import AttentionConfig, WalkData, build_attention, build_walk_data, fit_attention, score_attention
from gnn.listwise import ListwiseConfig
from gnn.similarity import to_similarity
from gnn.task import LinkTask, build_training_queries

PAIRS = np.array([[0, 0], [1, 0], [1, 1]])
TASK = LinkTask("r", ("H",), ("T",), np.arange(2), np.arange(2, 5), PAIRS)
ALIKE = np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)
CONFIG = AttentionConfig(hidden=4, fit=ListwiseConfig(epochs=2))


def data() -> WalkData:
    heads = to_similarity(["x"], [ALIKE], np.arange(2), 2)
    tails = to_similarity([], [], np.arange(3), 3)
    return build_walk_data(TASK, heads, tails, np.zeros((2, 3, 1), np.float32))


def test_an_untrained_score_is_the_log_weight_of_the_walks() -> None:
    walks = data()
    queries = build_training_queries(TASK).take(slice(0, 1))
    scores = score_attention(build_attention(CONFIG, walks), walks, queries)
    # both channels ("x" and all) are asinh(1) · 2: exp(2 · 2 asinh 1 - 4) to head 1, which has tails 0 and 1;
    # every known tail then leads to every other by exp(-5), the prior adds exp(-6) · (popularity + 0.1)
    to_head = math.exp(4 * math.asinh(1) - 4)
    across = to_head * math.exp(-5)
    damped = 0.3 * math.log(2)
    expected = [
        math.log(to_head + across + math.exp(-6) * 2.1) - damped * math.log(3),
        math.log(to_head + across + math.exp(-6) * 1.1) - damped * math.log(2),
        math.log(2 * across + math.exp(-6) * 0.1),
    ]
    assert scores[0] == pytest.approx(expected, abs=1e-4)


def test_training_is_the_same_for_the_same_seed() -> None:
    walks = data()
    queries = build_training_queries(TASK)
    first, second = (fit_attention(CONFIG, walks, queries, 3).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
