"""How the service is doing as advice: what safety lacks, how often it is overridden, how much it cannot read."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from recommender.facts import Rows
from recommender.service.drift import ALARM

MAX_FEEDBACK: Final = 100_000
_DATE: Final = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?:[-./_]?(?P<month>\d{1,2})(?:[-./_]?(?P<day>\d{1,2}))?)?(?!\d)"
)


def find_alarms(rows: Rows) -> tuple[str, ...]:
    """What the graph holds no row of although safety rests on it."""
    kinds = {
        "contraindications": rows.contraindications,
        "interactions": rows.interactions,
        "drug classes": rows.memberships,
        "renal limits": rows.renal_limits,
    }
    return tuple(f"Safety source missing: the graph holds no {kind}." for kind, found in kinds.items() if not found)


def find_releases(rows: Rows, sources: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The releases of the sources that the gate checks with; `sources` are the properties of what was built."""
    used = {row.citation.source for row in rows.contraindications}
    used |= {row.citation.source for row in rows.interactions}
    used |= {row.citation.source for row in rows.memberships}
    used |= {row.citation.source for row in rows.renal_limits}
    stated = {name: str(s.get("release") or "") for s in sources for name in s.get("all_infores") or [s["infores"]]}
    return {infores: release for infores, release in sorted(stated.items()) if infores in used}


def find_stale(releases: Mapping[str, str], today: date, max_age_days: int) -> tuple[str, ...]:
    """Which were released too long ago; what does not say when is `find_undated`'s."""
    dated = [(infores, released) for infores, text in releases.items() if (released := read_date(text))]
    return tuple(
        f"Safety source stale: {infores} was released on {released}, over {max_age_days} days ago."
        for infores, released in dated
        if (today - released).days > max_age_days
    )


def find_undated(releases: Mapping[str, str]) -> tuple[str, ...]:
    """Which do not say when they were released: for those who run the service, since nobody can tell their age."""
    undated = (infores for infores, text in releases.items() if read_date(text) is None)
    return tuple(f"Safety source of unknown age: {infores} has a release without a date." for infores in undated)


def read_date(release: str) -> date | None:
    """The last day that a release's text can mean, None when it holds no date.

    >>> read_date("2025-01-16"), read_date("v2024.3"), read_date("releases/2023"), read_date("1.0")
    (datetime.date(2025, 1, 16), datetime.date(2024, 3, 31), datetime.date(2023, 12, 31), None)
    """
    match = _DATE.search(release)
    if match is None:
        return None
    year, month = int(match["year"]), min(12, max(1, int(match["month"] or 12)))
    last = monthrange(year, month)[1]
    return date(year, month, min(last, max(1, int(match["day"] or last))))


def to_monitoring(
    alarms: tuple[str, ...],
    entries: Iterable[Mapping[str, Any]],
    events: Mapping[tuple[str, str], int],
    psi: Mapping[str, float | None],
) -> dict[str, Any]:
    """Return rows of measure and value; rates are null while nothing was counted."""
    outcomes = Counter((e.get("service") or e["kind"], e["outcome"]) for e in entries if "outcome" in e)
    drifted = [name for name, value in psi.items() if value is not None and value > ALARM]
    rows: list[dict[str, Any]] = [{"measure": "alarm", "value": alarm} for alarm in alarms]
    rows += [
        {"measure": "alarm", "value": f"Drift: {name} is of another population than at first."} for name in drifted
    ]
    for service in sorted({service for service, _ in outcomes}):
        overridden, accepted = outcomes[service, "overridden"], outcomes[service, "accepted"]
        rows.append({"measure": f"override rate of {service}", "value": _rate(overridden, overridden + accepted)})
    alerts = sum(events.get(("order_card", indicator), 0) for indicator in ("critical", "warning"))
    burden = _rate(alerts, events.get(("orders", "checked"), 0))
    rows.append({"measure": "alerts per 100 orders", "value": None if burden is None else round(100 * burden, 1)})
    plans = sum(num for (kind, _), num in events.items() if kind == "plan")
    unmapped = sum(num for (kind, _), num in events.items() if kind == "unmapped")
    rows.append({"measure": "unmapped entries per plan", "value": _rate(unmapped, plans)})
    rows += [{"measure": f"PSI of {name}", "value": None if v is None else round(v, 3)} for name, v in psi.items()]
    rows += [
        {"measure": f"{kind}: {value}", "value": num}
        for (kind, value), num in sorted(events.items())
        if kind in ("plan", "unmapped", "orders")
    ]
    return {"rows": rows}


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
