"""Taking back what a source or a run said."""

from __future__ import annotations

import pytest

from kg.errors import InputError
from kg.store import GraphStore
from ontologies.biolink import Predicate
from tests.kg.graphs import TWO, disease, drug, edge, prediction


def test_a_source_goes_with_its_edges_and_lonely_nodes(store: GraphStore) -> None:
    store.write_nodes([drug("X:1"), disease("X:2"), disease("X:3", source=TWO), disease("X:4", source=TWO)])
    store.write_edges(
        [
            edge("X:1", Predicate.TREATS, "X:2"),
            edge("X:1", Predicate.TREATS, "X:3"),
            edge("X:1", Predicate.TREATS, "X:2", source=TWO),
            edge("X:1", Predicate.CAUSES, "X:4", source=TWO),
        ]
    )
    assert store.retract(source=TWO) == 2
    assert [node.curie for node in store.read_nodes()] == ["X:1", "X:2", "X:3"]
    assert store.read_edges(Predicate.TREATS).objects == ("X:2", "X:3")
    assert store.read_edges(Predicate.CAUSES).objects == ()


def test_a_run_goes_alone(store: GraphStore) -> None:
    store.write_nodes([drug("X:1"), disease("X:2")])
    store.write_edges(
        [edge("X:1", Predicate.TREATS, "X:2"), prediction("X:1", "X:2"), prediction("X:1", "X:2", run="run-2")]
    )
    assert store.retract(run="run-1") == 1
    rows = store.cypher("MATCH ()-[r:TREATS]->() RETURN r.run AS run ORDER BY run")
    assert [row["run"] for row in rows] == ["", "run-2"]


def test_exactly_one_thing_is_named(store: GraphStore) -> None:
    for wrong in ({}, {"source": "a", "run": "b"}):
        with pytest.raises(InputError, match="exactly one"):
            store.retract(**wrong)


def test_text_is_retracted_by_document(store: GraphStore) -> None:
    with pytest.raises(InputError, match="--document"):
        store.retract(source="infores:theragraph-text")
