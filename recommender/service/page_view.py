"""A plan as the page's template shows it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from recommender.difference import Difference
from recommender.draw import draw_paths
from recommender.plan import RECOMMENDED, Line, Plan
from recommender.safety.verdict import Check, Outcome, Verdict
from recommender.to_json import to_not_assessed

BAR: int = 120  # px of the widest bar


def to_view(plan: Plan, difference: Difference | None) -> dict[str, Any]:
    """Return what the template needs, ready to be shown."""
    lines = [_to_line(number, line, plan) for number, line in enumerate(plan.lines, start=1)]
    return {
        "plan": plan,
        "difference": difference,
        "recommended": [x for x in lines if x["line"].role == RECOMMENDED],
        "alternatives": [x for x in lines if x["line"].role != RECOMMENDED],
        "not_assessed": to_not_assessed(plan),
        "open_conditions": [c for c in plan.conditions if not c.is_treated],
        "measures": [(c.condition.name, m) for c in plan.conditions for m in c.non_drug_measures],
        "name": plan.name,
    }


def _to_line(number: int, line: Line, plan: Plan) -> dict[str, Any]:
    widest = max((abs(c.value) for c in line.contributions), default=1)
    return {
        "number": number,
        "line": line,
        "drugs": line.regimen,
        "curies": " ".join(d.curie for d in line.drugs),
        "bars": [(c, max(1, round(BAR * abs(c.value) / widest))) for c in line.contributions],
        "checks": [(check, _outcome(found), found) for check in Check if (found := _of(line, check))],
        "svg": Markup(draw_paths(line.evidence.paths, plan)),
    }


def _of(line: Line, check: Check) -> list[Verdict]:
    return [v for v in line.verdicts if v.check is check]


def _outcome(verdicts: list[Verdict]) -> Outcome:
    return max((v.outcome for v in verdicts), key=lambda o: o.rank)
