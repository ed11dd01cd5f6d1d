"""Rates counted by hand, and the alarm about a safety source that is not there."""

from __future__ import annotations

from dataclasses import replace

from recommender.service.monitoring import find_alarms, to_monitoring
from tests.recommender.worlds import small_rows


def test_a_missing_safety_source_raises_an_alarm() -> None:
    assert find_alarms(small_rows()) == ()
    (alarm,) = find_alarms(replace(small_rows(), interactions=()))
    assert "no interactions" in alarm


def test_rates_are_counted_by_service() -> None:
    entries = [
        {"kind": "cds", "service": "s", "outcome": "overridden"},
        {"kind": "cds", "service": "s", "outcome": "accepted"},
        {"kind": "cds", "service": "s", "outcome": "accepted"},
        {"kind": "card", "service": "s", "card": "1"},
        {"kind": "page", "outcome": "overridden"},
    ]
    events = {
        ("hook", "order-sign"): 4,
        ("order_card", "critical"): 1,
        ("order_card", "info"): 9,
        ("plan", "planned"): 2,
    }
    rows = {row["measure"]: row["value"] for row in to_monitoring((), entries, events)["rows"]}
    assert rows["override rate of s"] == 0.333
    assert rows["override rate of page"] == 1.0
    assert rows["alerts per 100 order calls"] == 25.0
    assert rows["plan: planned"] == 2


def test_nothing_counted_is_not_a_rate_of_zero() -> None:
    (row,) = to_monitoring((), [], {})["rows"]
    assert row["value"] is None
