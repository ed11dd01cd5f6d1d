"""Drift: the index by hand, the reference that freezes, and a population that changes."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from kg.errors import FormatError
from recommender.service.drift import ALARM, MIN_WINDOW, REFERENCE, DriftMonitor, measure_psi


def test_the_index_is_that_of_a_hand_calculation() -> None:
    """Counts 99 and 99 against 149 and 49, each raised by a half: shares .5, .5 and .7513, .2487."""
    expected = (0.7513 - 0.5) * math.log(0.7513 / 0.5) + (0.2487 - 0.5) * math.log(0.2487 / 0.5)
    assert measure_psi({"a": 99, "b": 99}, {"a": 149, "b": 49}) == pytest.approx(expected, abs=1e-3)
    assert measure_psi({"a": 5}, {"a": 500}) == 0.0
    assert math.isfinite(measure_psi({"a": 100}, {"b": 100}))


def test_the_first_plans_are_the_reference_and_later_ones_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "drift.json"
    monitor = DriftMonitor(path)
    for number in range(REFERENCE):
        assert not path.exists()
        monitor.add((("sex", "female" if number % 2 else "male"),))
    assert path.exists()
    assert monitor.to_psi() == {"sex": None}
    for number in range(MIN_WINDOW):
        monitor.add((("sex", "female" if number % 2 else "male"),))
    stable = monitor.to_psi()["sex"]
    assert stable is not None
    assert stable < 0.1
    again = DriftMonitor(path)
    for _ in range(MIN_WINDOW):
        again.add((("sex", "female"),))
    moved = again.to_psi()["sex"]
    assert moved is not None
    assert moved > ALARM


def test_a_damaged_reference_is_said(tmp_path: Path) -> None:
    (tmp_path / "drift.json").write_text("[1]")
    with pytest.raises(FormatError, match="drift reference"):
        DriftMonitor(tmp_path / "drift.json")
