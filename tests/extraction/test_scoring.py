"""Counting right and wrong, by hand."""

import pytest

from extraction.scoring import Counts, add_up, bootstrap_f1, bootstrap_share, count_partial, count_strict, is_linked

GOLD = [(0, 4, "drug"), (10, 20, "disease"), (30, 35, "drug")]


def test_strict_wants_start_end_and_type() -> None:
    found = [(0, 4, "drug"), (10, 19, "disease"), (30, 35, "disease")]
    assert count_strict(found, GOLD) == Counts(1, 3, 3)


def test_partial_gives_half_for_overlap_of_the_same_type() -> None:
    found = [(0, 4, "drug"), (10, 19, "disease"), (30, 35, "disease")]
    assert count_partial(found, GOLD) == Counts(1.5, 3, 3)


def test_a_gold_span_pays_once() -> None:
    assert count_partial([(10, 12, "disease"), (13, 20, "disease")], GOLD).right == 0.5


def test_precision_recall_f1() -> None:
    counts = Counts(2, 4, 5)
    assert (counts.precision, counts.recall) == (0.5, 0.4)
    assert counts.f1 == pytest.approx(4 / 9)
    assert (Counts().precision, Counts().recall, Counts().f1) == (0.0, 0.0, 0.0)


def test_counts_add_up() -> None:
    assert add_up([Counts(1, 2, 3), Counts(1, 1, 1)]) == Counts(2, 3, 4)


def test_composite_links_are_right_with_one_of_their_concepts() -> None:
    assert is_linked("MESH:D2", "MESH:D1|MESH:D2")
    assert not is_linked("", "MESH:D1")
    assert is_linked("", "")


def test_the_interval_of_equal_documents_is_a_point() -> None:
    assert bootstrap_f1([Counts(1, 2, 2)] * 5) == (0.5, 0.5)
    assert bootstrap_share([Counts(1, 4, 4)] * 5) == (0.25, 0.25)
    assert bootstrap_f1([]) == (0.0, 0.0)


def test_the_interval_holds_the_value() -> None:
    low, high = bootstrap_f1([Counts(1, 1, 1), Counts(0, 1, 1), Counts(1, 1, 1), Counts(1, 2, 1)])
    assert low < Counts(3, 5, 4).f1 < high
