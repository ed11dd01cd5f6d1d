"""Each edge knows what states it, through files, exclusions and a model's folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gnn.control import permute_edges
from gnn.read import read_triples
from gnn.triples import Triples, build_triples, exclude_pairs, from_arrays, to_arrays

ROWS = [
    ("A::1", "r", "B::1"),
    ("A::1", "q", "B::1"),
    ("A::1", "r", "B::1"),
    ("A::2", "r", "B::2"),
    ("A::1", "r", "B::1"),
]
STATED = ["two", "one", "one", "two", "two"]


def source_of(triples: Triples, head: str, relation: str, tail: str) -> tuple[str, ...]:
    return triples.sources.of(triples.entities.index(head), triples.relation_id(relation), triples.entities.index(tail))


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_an_edge_has_all_that_state_it(order: slice) -> None:
    triples = build_triples(ROWS[order], sources=STATED[order])
    assert source_of(triples, "A::1", "r", "B::1") == ("one", "two")
    assert source_of(triples, "A::1", "q", "B::1") == ("one",)
    assert source_of(triples, "A::2", "r", "B::2") == ("two",)
    assert source_of(triples, "A::2", "q", "B::1") == ()
    assert triples.content_hash == build_triples(ROWS).content_hash


def test_files_are_the_sources_of_their_edges(tmp_path: Path) -> None:
    (tmp_path / "one.tsv").write_text("A::1\tr\tB::1\nA::1\tq\tB::1\n", encoding="utf-8")
    (tmp_path / "two.tsv").write_text("A::1\tr\tB::1\nA::2\tr\tB::2\n", encoding="utf-8")
    triples = read_triples([tmp_path / "one.tsv", tmp_path / "two.tsv"])
    assert source_of(triples, "A::1", "r", "B::1") == ("one.tsv", "two.tsv")
    assert source_of(triples, "A::2", "r", "B::2") == ("two.tsv",)
    assert source_of(read_triples([tmp_path / "two.tsv"]), "A::2", "r", "B::2") == ("two.tsv",)


def test_what_is_kept_of_a_smaller_graph_is_what_states_its_edges() -> None:
    triples = build_triples(ROWS, sources=STATED)
    fewer = exclude_pairs(triples, "q", np.array([[0, 2]]))
    again = from_arrays(to_arrays(fewer))
    assert len(again.edges) == 2
    assert source_of(again, "A::1", "r", "B::1") == ("one", "two")
    assert again.sources.of(0, triples.relation_id("q"), 2) == ()
    assert from_arrays(to_arrays(build_triples(ROWS))).sources.codes.tolist() == [0, 0, 0]


def test_a_rewired_edge_is_stated_by_nobody() -> None:
    rows = [(f"A::{n}", "r", f"B::{n}") for n in range(40)]
    wired = permute_edges(build_triples(rows, sources=["file"] * 40), "", 0)
    stated = {(wired.entities.index(f"A::{n}"), 0, wired.entities.index(f"B::{n}")) for n in range(40)}
    told = {tuple(edge): wired.sources.of(*edge) for edge in wired.edges.tolist()}
    assert told.keys() - stated
    assert all(bool(sources) == (edge in stated) for edge, sources in told.items())
