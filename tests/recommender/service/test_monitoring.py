"""Rates counted by hand, and the alarm about a safety source that is not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from recommender.service.monitoring import find_alarms, find_releases, find_stale, find_undated, to_monitoring
from tests.recommender.service.service_world import MemoryStore, open_client, plain
from tests.recommender.service.test_cds_routes import SIGN, VIEW, bundle, call, order
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
        ("orders", "checked"): 4,
        ("unmapped", "condition"): 1,
        ("order_card", "critical"): 1,
        ("order_card", "info"): 9,
        ("plan", "planned"): 2,
    }
    rows = {
        row["measure"]: row["value"]
        for row in to_monitoring((), entries, events, {"age": 0.1, "sex": 0.3, "score": None})["rows"]
    }
    assert rows["override rate of s"] == 0.333
    assert rows["override rate of page"] == 1.0
    assert rows["alerts per 100 orders"] == 25.0
    assert rows["unmapped entries per plan"] == 0.5
    assert (rows["PSI of age"], rows["PSI of sex"], rows["PSI of score"]) == (0.1, 0.3, None)
    assert rows["alarm"].startswith("Drift: sex")
    assert rows["plan: planned"] == 2


def test_nothing_counted_is_not_a_rate_of_zero() -> None:
    rows = to_monitoring((), [], {}, {})["rows"]
    assert [row["value"] for row in rows] == [None, None]


def test_a_stale_safety_source_raises_an_alarm() -> None:
    def stale(release: str) -> tuple[str, ...]:
        sources = [{"infores": "infores:test", "release": release}, {"infores": "infores:other", "release": "1999"}]
        return find_stale(find_releases(small_rows(), sources), date(2026, 9, 14), 730)

    assert stale("2025-01-16") == ()
    assert stale("2024-09-14") == ()
    assert "over 730 days" in stale("2024-09-13")[0]
    assert stale("1.0") == ()
    assert "unknown age" in find_undated({"infores:test": "1.0", "infores:dated": "2025-01-16"})[0]


def test_a_stale_source_stands_on_every_card_and_plan(tmp_path: Path) -> None:
    store = MemoryStore()
    store.sources = [{"infores": "infores:test", "release": "2001-01-01"}]
    with open_client(tmp_path, store) as client:
        plan = client.post("/v1/plans", json=plain()).json()
        assert any("stale" in note for note in plan["notes"])
        for path, body in (
            (VIEW, call("patient-view")),
            (SIGN, call("order-sign", draftOrders=bundle(order("1", "penicillin")))),
        ):
            cards = client.post(path, json=body).json()["cards"]
            assert cards
            assert all("Safety source stale" in card["detail"] for card in cards)
        assert "Safety source stale" in client.get("/").text
        rows = client.get("/v1/monitoring").json()["rows"]
        assert next(row["value"] for row in rows if row["measure"] == "alarm").startswith("Safety source stale")


def test_what_is_planned_is_counted_for_drift(tmp_path: Path) -> None:
    with open_client(tmp_path) as client:
        client.post("/v1/plans", json=plain())
        psi = client.app.state.parts.drift.to_psi()  # type: ignore[attr-defined]
    assert set(psi) >= {"age", "sex", "eGFR", "best score", "unmapped entries"}
