"""Batches of a bulk load hold what `to_edge_row` says, each key once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from kg.edge_batches import EdgeBatches
from kg.errors import InputError
from kg.model import Edge, Node
from kg.rows import Row, to_edge_row
from ontologies.biolink import Predicate
from tests.kg.graph_strategies import graphs
from tests.kg.graphs import edge

Form = tuple[Predicate, Row]


def read(edges: list[Edge], curies: list[str]) -> tuple[EdgeBatches[Form], list[dict[str, Any]]]:
    batches = EdgeBatches[Form]({curie: f"#{curie}" for curie in curies}, lambda p, row: (p, row))
    lines = [line for batch in batches.read(edges) for line in batch]
    hashes = [{"edge_key": line.edge_key, "content_hash": line.content_hash} for line in lines]
    rows = [
        {"ends": (line.subject, line.object), "predicate": line.form[0], "properties": line.form[1] | h}
        for line, h in zip(lines, hashes, strict=True)
    ]
    return batches, rows


@given(graphs())
def test_the_same_as_everyday_rows(graph: tuple[tuple[Node, ...], tuple[Edge, ...]]) -> None:
    nodes, edges = graph
    _, rows = read(list(edges), [node.curie for node in nodes])
    assert json.dumps(rows, sort_keys=True) == json.dumps(
        [
            {
                "ends": (f"#{e.subject}", f"#{e.object}"),
                "predicate": e.predicate,
                "properties": to_edge_row(e)["properties"],
            }
            for e in edges
        ],
        sort_keys=True,
    )


def test_one_and_one_point_zero_and_true_stay_apart() -> None:
    edges = [
        edge("X:1", predicate, "X:2", properties={"n": n})
        for n, predicate in ((1, Predicate.TREATS), (1.0, Predicate.CAUSES), (True, Predicate.BINDS))
    ]
    _, rows = read(edges, ["X:1", "X:2"])
    assert [repr(row["properties"]["n"]) for row in rows] == ["1", "1.0", "True"]
    assert len({row["properties"]["content_hash"] for row in rows}) == 3


def test_repeated_and_dangling_edges_are_counted_over_all_calls() -> None:
    one, two = edge("X:1", Predicate.TREATS, "X:2", release="a"), edge("X:1", Predicate.TREATS, "X:2", release="b")
    batches, rows = read([one, two, edge("X:1", Predicate.TREATS, "X:404")], ["X:1", "X:2"])
    assert [row["properties"]["release"] for row in rows] == ["a"]
    assert list(batches.read([one])) == [[]]
    assert (batches.num, batches.num_repeated, batches.num_missing) == (1, 2, 1)


@pytest.mark.parametrize(
    "wrong", [edge("X:1", Predicate.TREATS, "X:2", confidence=1.5), edge("X:1", Predicate.TREATS, "no curie")]
)
def test_what_may_not_be_written_is_refused(wrong: Edge) -> None:
    with pytest.raises(InputError, match=r"no curie|confidence 1\.5"):
        read([wrong], ["X:1", "X:2"])
