"""Counts of patients with noise, so that nobody learns whether one patient is among them; and what was spent on it.

The noise is OpenDP's discrete Laplace mechanism (exact sampling: no floating-point leak). A patient counts in one group
at most, so adding or removing one changes the counts by one (L1) and a question costs exactly its epsilon.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kg.errors import ResourceError, TheraGraphError
from recommender.service.chained_log import ChainedLog

CONFIDENCE: Final = 0.95


class BudgetError(TheraGraphError):
    """An analyst has not enough privacy budget left for a question."""


@dataclass(frozen=True, slots=True)
class NoisyCounts:
    """Counts with noise, none below zero; with 95 % probability each was off by at most `error` before that."""

    counts: tuple[int, ...]
    error: int


def count_privately(counts: Sequence[int], epsilon_thousandths: int) -> NoisyCounts:
    """Return counts of disjoint groups under epsilon-differential privacy; ResourceError without OpenDP."""
    dp = _import_opendp()
    scale = 1000 / epsilon_thousandths
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
    measure = dp.m.make_laplace(*space, scale=scale)
    error = dp.discrete_laplacian_scale_to_accuracy(scale=scale, alpha=1 - CONFIDENCE)
    return NoisyCounts(tuple(max(0, int(n)) for n in measure(list(counts))), int(error))


def load_mechanism() -> None:
    """Import OpenDP, which takes seconds, before the first question; where it is not installed a question says so."""
    with suppress(ResourceError):
        _import_opendp()


class BudgetLedger:
    """Who has spent how much, in thousandths of epsilon, in a hash-chained log; paid before a question is asked."""

    def __init__(self, path: Path, budget_thousandths: int) -> None:
        self.budget = budget_thousandths
        self._log = ChainedLog(path)
        self._spent: dict[str, int] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            self._spent[entry["who"]] = self._spent.get(entry["who"], 0) + int(entry["epsilon_thousandths"])

    def left(self, who: str) -> int:
        """What an analyst may still spend."""
        return max(0, self.budget - self._spent.get(who, 0))

    def pay(self, who: str, epsilon_thousandths: int, question: str) -> None:
        """Write the price down, on the disk; BudgetError when it is more than is left."""
        left = self.left(who)
        if epsilon_thousandths > left:
            raise BudgetError(
                f"This question costs epsilon {epsilon_thousandths / 1000:g} and {left / 1000:g} of "
                f"{self.budget / 1000:g} is left; it is not asked, and what was spent does not come back."
            )
        self._log.append({"who": who, "epsilon_thousandths": epsilon_thousandths, "question": question})
        self._spent[who] = self._spent.get(who, 0) + epsilon_thousandths

    def close(self) -> None:
        """Let another service write."""
        self._log.close()


def _import_opendp() -> Any:
    try:
        import opendp.prelude as dp
    except ImportError:
        raise ResourceError('Cohort counts need OpenDP; run pip install "theragraph[privacy]".') from None
    dp.enable_features("contrib")
    return dp
