"""A relation as heads against tails."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.task import build_open_queries, build_task, build_test_queries, build_training_queries, to_places
from gnn.triples import build_triples, to_pair_ids
from kg.errors import InputError

ROWS = [("H::a", "t", "T::x"), ("H::a", "t", "T::y"), ("H::b", "t", "T::x"), ("H::c", "other", "G::1")]


def test_every_entity_of_the_types_is_a_candidate() -> None:
    task = build_task(build_triples(ROWS), "t")
    assert task.shape == (3, 2)
    assert task.head_types == ("H",)
    assert task.tail_types == ("T",)
    assert task.known().tolist() == [[1, 1], [1, 0], [0, 0]]


def test_a_training_query_hides_its_own_edge_only() -> None:
    queries = build_training_queries(build_task(build_triples(ROWS), "t"))
    assert queries.heads.tolist() == [0, 0, 1]
    assert queries.targets.tolist() == [0, 1, 0]
    assert queries.known.tolist() == [[0, 1], [1, 0], [0, 0]]
    assert queries.take(slice(0, 1)).hidden.tolist() == [[False, True]]


def test_test_and_open_queries_know_all_training_pairs() -> None:
    task = build_task(build_triples(ROWS), "t")
    assert build_test_queries(task, np.array([[1, 1]])).known.tolist() == [[1, 0]]
    assert build_open_queries(task, np.array([0, 2])).known.tolist() == [[1, 1], [0, 0]]


def test_places_and_pairs_of_other_types() -> None:
    triples = build_triples(ROWS)
    task = build_task(triples, "t")
    assert to_places(task, to_pair_ids(triples, [("H::c", "T::y")])).tolist() == [[2, 1]]
    with pytest.raises(InputError, match="not of the types"):
        to_places(task, to_pair_ids(triples, [("H::c", "G::1")]))


def test_one_pair_is_too_few() -> None:
    with pytest.raises(InputError, match="at least two"):
        build_task(build_triples([("a", "t", "b")]), "t")


def test_too_many_candidates_get_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnn.task.MAX_CANDIDATE_PAIRS", 5)
    with pytest.raises(InputError, match="3 heads with 2 tails"):
        build_task(build_triples(ROWS), "t")
