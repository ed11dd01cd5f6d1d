"""The plan as one self-contained HTML page: no script, no link to anything outside, everything escaped."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from recommender.draw import draw_paths
from recommender.plan import DISCLAIMER, RECOMMENDED, Line, Plan
from recommender.safety.verdict import Check, Outcome
from recommender.to_json import to_not_assessed

_TEMPLATE: Final = "report.html.j2"
_WORDS: Final = {
    Outcome.BLOCKED: "blocked",
    Outcome.CAUTION: "caution",
    Outcome.NOT_ASSESSED: "not assessed",
    Outcome.OK: "ok",
}


def to_html(plans: Plan | tuple[Plan, ...], title: str = "Treatment plan") -> str:
    """Return the page for one plan or several."""
    several = (plans,) if isinstance(plans, Plan) else plans
    template = _environment().get_template(_TEMPLATE)
    return template.render(title=title, plans=[_view(plan) for plan in several], disclaimer=DISCLAIMER)


@cache
def _environment() -> Environment:
    source = resources.files("recommender").joinpath(_TEMPLATE).read_text(encoding="utf-8")
    environment = Environment(
        loader=DictLoader({_TEMPLATE: source}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = _WORDS.get
    environment.filters["check_label"] = _to_label
    return environment


def _to_label(check: str) -> str:
    return Check(check).label


def _view(plan: Plan) -> dict[str, Any]:
    """What the template needs of a plan, ready to be shown."""
    return {
        "plan": plan,
        "recommended": [_line_view(line, plan) for line in plan.lines if line.role == RECOMMENDED],
        "alternatives": [_line_view(line, plan) for line in plan.lines if line.role != RECOMMENDED],
        "not_assessed": to_not_assessed(plan),
        "short": [(c.condition.name, plan.actions(c.condition), c.reason) for c in plan.conditions],
        "measures": [(c.condition.name, m) for c in plan.conditions for m in c.non_drug_measures],
        "name": plan.name,
    }


def _line_view(line: Line, plan: Plan) -> dict[str, Any]:
    widest = max((abs(c.value) for c in line.contributions), default=1)
    return {
        "line": line,
        "drugs": line.regimen,
        "name": plan.name,
        "bars": [(c, round(100 * abs(c.value) / widest)) for c in line.contributions],
        "checks": [(check, _of_check(line, check)) for check in Check],
        "svg": Markup(draw_paths(line.evidence.paths, plan)),  # draw_paths escapes every text
    }


def _of_check(line: Line, check: Check) -> tuple[Outcome, list[Any]]:
    verdicts = [v for v in line.verdicts if v.check is check]
    return max((v.outcome for v in verdicts), key=lambda o: o.rank, default=Outcome.OK), verdicts
