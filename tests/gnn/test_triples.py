"""Numbering that does not depend on the order of the input."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnn.triples import build_triples, exclude_pairs, to_pair_ids, type_of, with_inverses
from kg.errors import InputError, UnknownNameError

ROWS = [
    ("Drug::b", "treats", "Disease::y"),
    ("Drug::a", "treats", "Disease::x"),
    ("Drug::a", "like", "Drug::b"),
    ("Drug::a", "treats", "Disease::x"),
]


def test_numbering_is_sorted_and_repeats_are_dropped() -> None:
    triples = build_triples(ROWS)
    assert triples.entities == ("Disease::x", "Disease::y", "Drug::a", "Drug::b")
    assert triples.relations == ("like", "treats")
    assert triples.types == ("Disease", "Disease", "Drug", "Drug")
    assert triples.edges.tolist() == [[2, 0, 3], [2, 1, 0], [3, 1, 1]]


@given(st.randoms())
def test_permuting_the_input_changes_nothing(order: random.Random) -> None:
    shuffled = list(ROWS)
    order.shuffle(shuffled)
    assert build_triples(shuffled).content_hash == build_triples(ROWS).content_hash


def test_given_types_and_names_win_over_the_prefix() -> None:
    triples = build_triples([("D:1", "r", "D:2")], types={"D:1": "Drug"}, names={"D:2": "gout"})
    assert triples.types == ("Drug", "D")
    assert triples.names == ("", "gout")


@pytest.mark.parametrize(
    ("entity", "expected"), [("Gene::12", "Gene"), ("HP:0000001", "HP"), ("plain", "entity"), (":odd", "entity")]
)
def test_type_of(entity: str, expected: str) -> None:
    assert type_of(entity) == expected


def test_excluding_a_pair_keeps_the_numbering_and_other_relations() -> None:
    triples = build_triples([*ROWS, ("Drug::a", "harms", "Disease::x")])
    pairs = to_pair_ids(triples, [("Drug::a", "Disease::x")])
    rest = exclude_pairs(triples, "treats", pairs)
    assert rest.entities == triples.entities
    assert rest.pairs_of("treats").tolist() == [[3, 1]]
    assert len(rest.pairs_of("harms")) == 1


def test_excluding_also_removes_the_pair_written_the_other_way_round() -> None:
    triples = build_triples([("a", "like", "b"), ("b", "like", "a"), ("a", "like", "c")])
    rest = exclude_pairs(triples, "like", to_pair_ids(triples, [("a", "b")]))
    assert rest.pairs_of("like").tolist() == [[0, 2]]


def test_inverses_are_numbered_after_the_relations() -> None:
    assert with_inverses(build_triples([("a", "r", "b")])).tolist() == [[0, 0, 1], [1, 1, 0]]


def test_bad_names_get_a_sentence() -> None:
    triples = build_triples(ROWS)
    with pytest.raises(UnknownNameError, match="treats"):
        triples.pairs_of("treat")
    with pytest.raises(InputError, match="not an entity"):
        to_pair_ids(triples, [("Drug::z", "Disease::x")])
    with pytest.raises(InputError, match="not a single triple"):
        build_triples([])
