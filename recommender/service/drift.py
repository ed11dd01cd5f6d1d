"""Whether the patients and scores of today are those of the beginning: the population stability index per feature.

Only counts by bin are kept, never a patient. The reference is the first `REFERENCE` plans, frozen and on the disk from
then on; it is compared with the newest `WINDOW`. PSI = Σ (p − q) ln(p / q) over the bins, each count raised by one half
so that an empty bin stays finite; the customary reading (N. Siddiqi, Credit Risk Scorecards, 2006) is: below 0.1
stable, up to 0.25 moved, above it another population.
"""

from __future__ import annotations

import json
import math
import threading
from collections import Counter, deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kg.errors import FormatError
from recommender.patient import Patient
from recommender.plan import Plan
from recommender.service.cohort import SEXES, to_decade

REFERENCE: Final = 500
WINDOW: Final = 500
MIN_WINDOW: Final = 100
ALARM: Final = 0.25

Bins = tuple[tuple[str, str], ...]
_EGFR: Final = "egfr_ml_min_1_73m2"


def to_bins(patient: Patient, plan: Plan) -> Bins:
    """Return each feature's bin for one planned patient."""
    egfr = patient.series(_EGFR)
    num_recorded = len(patient.conditions) + len(patient.medications) + len(patient.allergies)
    return (
        ("age", to_decade(patient.age_years)),
        ("sex", patient.sex if patient.sex in SEXES else "unknown"),
        ("number of conditions", _to_range(len(patient.conditions), (0, 1, 2, 5, 10))),
        ("number of medications", _to_range(len(patient.medications), (0, 1, 2, 5, 10))),
        ("number of allergies", _to_range(len(patient.allergies), (0, 1, 2))),
        ("eGFR", _to_range(egfr[-1].value, (29, 59, 89)) if egfr else "unknown"),
        ("unmapped entries", _to_range(100 * len(plan.unmapped) / max(1, num_recorded), (0, 25, 50))),
        ("best score", _to_range(plan.lines[0].score, (200, 400, 600, 800)) if plan.lines else "none"),
    )


class DriftMonitor:
    """Counts bins; the reference stands in a file, the window in memory."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._window: deque[Bins] = deque(maxlen=WINDOW)
        self._reference: dict[str, Counter[str]] = _read(path)
        self._is_frozen = bool(self._reference)

    def add(self, bins: Bins) -> None:
        """Count one plan; the last of the reference freezes it onto the disk."""
        with self._lock:
            if self._is_frozen:
                self._window.append(bins)
                return
            for feature, found in bins:
                self._reference.setdefault(feature, Counter())[found] += 1
            if bins and sum(self._reference[bins[0][0]].values()) >= REFERENCE:
                self._path.write_text(json.dumps(self._reference), encoding="utf-8")
                self._is_frozen = True

    def to_psi(self) -> dict[str, float | None]:
        """Return PSI by feature; None while fewer than `MIN_WINDOW` plans stand against a frozen reference."""
        with self._lock:
            if not self._is_frozen or len(self._window) < MIN_WINDOW:
                return dict.fromkeys(self._reference)
            now: dict[str, Counter[str]] = {}
            for bins in self._window:
                for feature, found in bins:
                    now.setdefault(feature, Counter())[found] += 1
            return {name: measure_psi(counts, now.get(name, Counter())) for name, counts in self._reference.items()}


def measure_psi(reference: Mapping[str, int], current: Mapping[str, int]) -> float:
    """Return the population stability index of two histograms.

    >>> round(measure_psi({"a": 50, "b": 50}, {"a": 50, "b": 50}), 3)
    0.0
    >>> round(measure_psi({"a": 99, "b": 99}, {"a": 149, "b": 49}), 3)
    0.271
    """
    bins = sorted(reference.keys() | current.keys())
    sizes = [sum(counts.values()) + 0.5 * len(bins) for counts in (reference, current)]
    shares = [((reference.get(b, 0) + 0.5) / sizes[0], (current.get(b, 0) + 0.5) / sizes[1]) for b in bins]
    return sum((q - p) * math.log(q / p) for p, q in shares)


def _to_range(value: float, limits: tuple[int, ...]) -> str:
    """The first limit that holds the value, or above the last."""
    return next((f"to {limit}" for limit in limits if value <= limit), f"above {limits[-1]}")


def _read(path: Path) -> dict[str, Counter[str]]:
    if not path.exists():
        return {}
    try:
        rows: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return {feature: Counter({name: int(n) for name, n in counts.items()}) for feature, counts in rows.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise FormatError(path, "is no drift reference", "restore it, or remove it to begin anew") from error
