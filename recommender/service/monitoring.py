"""How the service is doing as advice: what safety lacks, how often it is overridden, how much it cannot read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from recommender.facts import Rows

MAX_FEEDBACK: Final = 100_000
_ORDER_HOOKS: Final = ("order-select", "order-sign")


def find_alarms(rows: Rows) -> tuple[str, ...]:
    """What the graph holds no row of although safety rests on it."""
    kinds = {
        "contraindications": rows.contraindications,
        "interactions": rows.interactions,
        "drug classes": rows.memberships,
        "renal limits": rows.renal_limits,
    }
    return tuple(f"Safety source missing: the graph holds no {kind}." for kind, found in kinds.items() if not found)


def to_monitoring(
    alarms: tuple[str, ...], entries: Iterable[Mapping[str, Any]], events: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    """Return rows of measure and value; rates are null while nothing was counted."""
    outcomes = Counter((e.get("service") or e["kind"], e["outcome"]) for e in entries if "outcome" in e)
    rows: list[dict[str, Any]] = [{"measure": "alarm", "value": alarm} for alarm in alarms]
    for service in sorted({service for service, _ in outcomes}):
        overridden, accepted = outcomes[service, "overridden"], outcomes[service, "accepted"]
        rows.append({"measure": f"override rate of {service}", "value": _rate(overridden, overridden + accepted)})
    orders = sum(events.get(("hook", hook), 0) for hook in _ORDER_HOOKS)
    alerts = sum(events.get(("order_card", indicator), 0) for indicator in ("critical", "warning"))
    burden = _rate(alerts, orders)
    rows.append({"measure": "alerts per 100 order calls", "value": None if burden is None else round(100 * burden, 1)})
    rows += [
        {"measure": f"{kind}: {value}", "value": num}
        for (kind, value), num in sorted(events.items())
        if kind in ("plan", "unmapped", "planned_conditions")
    ]
    return {"rows": rows}


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
