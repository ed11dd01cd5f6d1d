"""Deleting, adding or changing any one rule of the safety tables differs from the reviewed list."""

from __future__ import annotations

import pytest

from tests.ontologies.safety_rules import TABLES, find_differences, read_list, read_rules


@pytest.mark.parametrize("table", TABLES)
def test_the_table_is_as_it_was_reviewed(table: str) -> None:
    reviewed = [rule for rule in read_list() if rule[0] == table]
    assert reviewed
    assert find_differences(reviewed, read_rules(table)) == []


@pytest.mark.parametrize("table", TABLES)
def test_the_deletion_of_any_one_row_is_noticed(table: str) -> None:
    reviewed = {rule for rule in read_list() if rule[0] == table}
    rules = read_rules(table)
    unnoticed = [row for row in rules if not reviewed.difference(r for r in rules if r is not row)]
    assert unnoticed == []


def test_a_changed_verdict_is_noticed_from_both_sides() -> None:
    reviewed = [("renal_limits", "metformin", "egfr_ml_min_1_73m2 below 30", "blocked")]
    changed = [("renal_limits", "metformin", "egfr_ml_min_1_73m2 below 30", "caution")]
    gone, new = find_differences(reviewed, changed)
    assert gone.startswith("missing from renal_limits.tsv: metformin")
    assert new.endswith("below 30; caution")
