"""A training pair is described without its own edge, whatever feature is looked at."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.features import Scaling, build_features, fit_scaling
from gnn.kernel_ridge import RidgeConfig, fit_kernel_ridge, to_spectrum
from gnn.metagraph import Dense
from gnn.space import SpaceConfig, build_space, build_task_graph, choose_space
from gnn.task import Queries, build_open_queries, build_task, build_training_queries
from gnn.triples import Triples, build_triples, exclude_pairs
from tests.gnn.toy import toy_triples


def describe(triples: Triples, queries: Queries | None = None) -> tuple[tuple[str, ...], Dense, Queries]:
    task = build_task(triples, "treats")
    graph = build_task_graph(triples, task)
    space = build_space(graph, choose_space(graph, SpaceConfig()), 3)
    ridge = fit_kernel_ridge(RidgeConfig(), task, to_spectrum(space.heads), to_spectrum(space.tails))
    asked = build_training_queries(task) if queries is None else queries
    return (*build_features(space, (ridge,), asked), asked)


@pytest.mark.parametrize("row", [0, 1, 9, 27])
def test_a_training_pair_reads_as_if_its_edge_had_never_been(row: int) -> None:
    triples = toy_triples()
    names, raw, queries = describe(triples)
    without = exclude_pairs(triples, "treats", triples.pairs_of("treats")[[row]])
    task = build_task(without, "treats", (("Drug",), ("Disease",)))
    _, alone, _ = describe(without, build_open_queries(task, queries.heads[[row]]))
    for column, name in enumerate(names):
        assert raw[row, :, column] == pytest.approx(alone[0, :, column], abs=1e-4), name


def test_features_by_hand() -> None:
    rows = [
        ("H::a", "treats", "T::x"),
        ("H::b", "treats", "T::x"),
        ("H::b", "treats", "T::y"),
        ("H::a", "binds", "G::1"),
        ("H::b", "binds", "G::1"),
    ]
    names, raw, queries = describe(build_triples(rows))
    row = int(np.flatnonzero((queries.heads == 0) & (queries.targets == 0))[0])
    # for (a, x) only b's pairs are left: x and y are each treated by one other head
    assert raw[row, :, names.index("popularity")].tolist() == [1.0, 1.0]
    assert raw[row, :, names.index("degree known tails")].tolist() == [0.0, 0.0]
    alike = raw[row, :, names.index("similar head by binds")]
    assert alike[0] == alike[1] > 0


def test_scaling_gives_unit_inputs_and_marks_the_best_of_a_row() -> None:
    raw = np.array([[[0.0, 1.0], [2.0, 1.0]], [[4.0, 1.0], [0.0, 1.0]]], np.float32)
    scaling = fit_scaling(raw, ("similar", "degree"))
    assert isinstance(scaling, Scaling)
    assert scaling.relative.tolist() == [True, False]
    inputs = scaling.apply(raw)
    assert inputs.shape == (2, 2, 3)
    assert inputs.mean(axis=(0, 1)) == pytest.approx(np.zeros(3), abs=1e-6)
    assert inputs[0, 1, 2] == inputs[1, 0, 2] > inputs[0, 0, 2]
