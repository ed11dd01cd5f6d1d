"""Leaks planted by hand are found, a clean split is clean."""

from __future__ import annotations

from gnn.leakage import check_leakage
from gnn.triples import build_triples, to_pair_ids

AROUND = [(drug, "binds", f"G::{number}") for drug in ("D::a", "D::b") for number in range(3)]
ROWS = [("D::b", "treats", "X::1"), ("D::c", "treats", "X::2"), ("D::c", "binds", "G::9"), *AROUND]
ASIDE = [("D::a", "X::1")]


def leaks(rows: list[tuple[str, str, str]], aside: list[tuple[str, str]]) -> list[tuple[str, str, int]]:
    triples = build_triples([*rows, ("D::z", "other", "X::9")])
    found = check_leakage(triples, "treats", to_pair_ids(triples, aside))
    return [(leak.kind, leak.cause, leak.num_pairs) for leak in found]


def test_a_twin_with_the_same_three_neighbours_tells_the_answer() -> None:
    assert leaks(ROWS, ASIDE) == [("twin_head", "D::a and D::b", 1)]


def test_a_neighbour_more_is_no_twin() -> None:
    assert leaks([*ROWS, ("D::a", "binds", "G::9")], ASIDE) == []


def test_an_inverse_relation_tells_the_answer() -> None:
    rows = [*ROWS, ("X::1", "treated_by", "D::a"), ("D::a", "binds", "G::9")]
    assert leaks(rows, ASIDE) == [("repeated_relation", "treated_by", 1)]


def test_a_relation_on_few_of_the_pairs_is_no_repetition() -> None:
    aside = [("D::a", f"X::{number}") for number in range(1, 10)]
    rows = [*ROWS, ("D::a", "eases", "X::1"), *((f"D::{n}", "other", f"X::{n}") for n in range(1, 10))]
    assert not [leak for leak in leaks([*rows, ("D::a", "binds", "G::9")], aside) if leak[0] == "repeated_relation"]


def test_nine_tenths_of_the_neighbours_make_a_twin() -> None:
    many = [(drug, "binds", f"G::{number}") for drug in ("D::a", "D::b") for number in range(3, 10)]
    assert leaks([*ROWS, *many, ("D::a", "binds", "G::99")], ASIDE) == [("twin_head", "D::a and D::b", 1)]


def test_a_twin_of_the_tail_tells_the_answer() -> None:
    around = [(f"G::{number}", "linked", tail) for tail in ("X::1", "X::3") for number in range(3)]
    rows = [("D::a", "treats", "X::3"), ("D::c", "treats", "X::2"), *around]
    assert leaks(rows, ASIDE) == [("twin_tail", "X::1 and X::3", 1)]


def test_two_nodes_of_one_name_are_near_duplicates() -> None:
    rows = [("D::a", "binds", "G::1"), ("D::b", "treats", "X::1"), ("D::c", "treats", "X::2")]
    triples = build_triples(rows, names={"D::a": "Acetyl  salicylic acid", "D::b": "acetyl salicylic Acid"})
    found = check_leakage(triples, "treats", to_pair_ids(triples, ASIDE))
    assert [leak.cause for leak in found] == ["D::a and D::b"]
