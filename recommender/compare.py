"""What differs between the plans of two graphs for the same patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recommender.difference import Difference, find_difference
from recommender.plan import Plan


@dataclass(frozen=True, slots=True)
class PlanChange:
    """How one patient's plan differs: its lines and exclusions, alerts that came or went, abstention before and after.

    `reason` is why the later plan abstains.
    """

    patient: str
    difference: Difference
    abstained: tuple[bool, bool]
    reason: str
    new_alerts: tuple[str, ...]
    gone_alerts: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both plans say the same."""
        lines = self.difference
        listed = (lines.moves, lines.newly_excluded, lines.no_longer_excluded, self.new_alerts, self.gone_alerts)
        return not any(listed) and self.abstained[0] == self.abstained[1]


def compare_plans(before: Mapping[str, Plan], after: Mapping[str, Plan]) -> tuple[PlanChange, ...]:
    """Return the change of every patient who has a plan in both and whose plans differ, sorted by patient."""
    both = sorted(before.keys() & after.keys())
    changes = (_compare(patient, before[patient], after[patient]) for patient in both)
    return tuple(change for change in changes if not change.is_empty)


def _compare(patient: str, before: Plan, after: Plan) -> PlanChange:
    old, new = _alerts(before), _alerts(after)
    return PlanChange(
        patient,
        find_difference(before, after),
        (before.abstained, after.abstained),
        after.reason,
        tuple(alert for alert in new if alert not in old),
        tuple(alert for alert in old if alert not in new),
    )


def _alerts(plan: Plan) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{plan.name(v.drug)}: {v.outcome.value}, {v.rule}" for v in plan.alerts))
