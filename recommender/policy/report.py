"""The policy's report: one self-contained HTML page with learning curve, forest plot, calibration and moves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from kg.errors import ResourceError
from recommender.plan import DISCLAIMER
from recommender.policy.arrays import Bools, Floats, rank_rows
from recommender.policy.contextual import ContextualConfig
from recommender.policy.episodes import Episodes, read_episodes
from recommender.policy.evaluate import check_fit
from recommender.policy.features import OPTION_FEATURES, OPTION_WIDTH
from recommender.policy.learner import Batch
from recommender.policy.monitor import find_drift, find_fairness
from recommender.policy.ope import Estimate, Evaluation, evaluate_offline
from recommender.policy.policy import Decisions, Policy
from recommender.policy.skill import measure_skill
from recommender.policy.state import States, build_states
from recommender.policy.train import load_policy

SHARES: Final = (0.1, 0.25, 0.5, 1.0)
NUM_BINS: Final = 10
NUM_MOVES: Final = 10
NUM_POINTS: Final = 60
_WIDTH: Final = 640
_TEMPLATE: Final = "policy_report.html.j2"


@dataclass(frozen=True, slots=True)
class ExampleMove:
    """One decision of the log in which the policy would leave the base ranking's first option."""

    episode: str
    step: int
    before: int
    after: int
    place: int
    value: float
    spread: float


def write_report(policy_dir: Path, episodes_path: Path, out: Path) -> None:
    """Evaluate the policy on the log and write the page; errors as `evaluate_policy`, ResourceError on writing."""
    policy, info = load_policy(policy_dir)
    episodes = read_episodes(episodes_path)
    check_fit(episodes, info)
    states = build_states(episodes, info.num_actions)
    decisions = policy.decide(states)
    found = evaluate_offline(episodes, states, decisions.action)
    page = _template().render(
        title=f"Ranking policy {info.version}",
        disclaimer=DISCLAIMER,
        info=info,
        found=found,
        drift=find_drift(episodes),
        fairness=find_fairness(
            np.array(found.contributions), episodes.episode, find_alerts(states, decisions), episodes.groups
        ),
        regret=Markup(draw_regret(measure_regret(episodes, found))),
        curve=Markup(draw_curve(measure_curve(episodes, states))),
        forest=Markup(draw_forest((*found.estimates, *_references(episodes, states)))),
        calibration=measure_calibration(policy, episodes, states),
        moves=find_example_moves(episodes, states, decisions),
        kept=float(decisions.kept_base.mean()),
    )
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ResourceError(f'The report "{out}" cannot be written ({error}); give another file.') from error


def measure_curve(episodes: Episodes, states: States) -> tuple[tuple[int, float], ...]:
    """Number of episodes and explained variance on held-out ones, for growing parts of the log."""
    return tuple(_skill_of(episodes, states, max(int(share * episodes.num_episodes), 10)) for share in SHARES)


def find_alerts(states: States, decisions: Decisions) -> Bools | None:
    """Whether what is decided carries a caution [N]; None where the options are not described as in plans."""
    if states.base is None or states.options.shape[2] < OPTION_WIDTH:
        return None
    chosen = states.options[np.arange(states.size), decisions.action]
    return np.asarray(chosen[:, OPTION_FEATURES.index("caution")] < 0)


def measure_regret(episodes: Episodes, found: Evaluation) -> tuple[tuple[int, float], ...]:
    """What was lost so far by not following the policy: its estimated contributions minus the returns, summed up."""
    lost = np.cumsum(np.array(found.contributions) - episodes.returns())
    places = np.unique(np.linspace(0, lost.size - 1, NUM_POINTS).astype(int))
    return tuple((int(i) + 1, float(lost[i])) for i in places)


def measure_calibration(policy: Policy, episodes: Episodes, states: States) -> tuple[tuple[float, float, int], ...]:
    """Mean predicted value and mean reward of what was done, by tenths of the prediction, with their sizes."""
    mean = policy.predict(states).mean(axis=0)[np.arange(states.size), episodes.action]
    parts = np.array_split(np.argsort(mean)[: int((~np.isnan(mean)).sum())], NUM_BINS)  # unknown actions come last
    return tuple((float(mean[p].mean()), float(episodes.reward[p].mean()), p.size) for p in parts if p.size)


def find_example_moves(episodes: Episodes, states: States, decisions: Decisions) -> tuple[ExampleMove, ...]:
    """The moves that the ensemble values most; none without a base ranking."""
    if states.base is None:
        return ()
    ranks = rank_rows(states.base, states.mask)
    moved = np.flatnonzero(~decisions.kept_base)
    return tuple(
        ExampleMove(
            episodes.ids[episodes.episode[i]],
            int(episodes.step[i]),
            int(np.argmin(ranks[i])),
            int(decisions.action[i]),
            int(ranks[i, decisions.action[i]]),
            float(decisions.value[i]),
            float(decisions.spread[i]),
        )
        for i in moved[np.argsort(-decisions.value[moved])][:NUM_MOVES]
    )


def draw_forest(estimates: tuple[Estimate, ...]) -> str:
    """An SVG with one line per estimate: its interval and its value."""
    low, high = min(e.low for e in estimates), max(e.high for e in estimates)
    scale = (_WIDTH - 240) / ((high - low) or 1.0)
    lines = []
    for i, e in enumerate(estimates):
        y, x = 24 + 28 * i, [120 + scale * (v - low) for v in (e.low, e.value, e.high)]
        lines.append(
            f'<text x="0" y="{y + 4}">{escape(e.method)}</text>'
            f'<line x1="{x[0]:.1f}" x2="{x[2]:.1f}" y1="{y}" y2="{y}"/><circle cx="{x[1]:.1f}" cy="{y}" r="4"/>'
            f'<text x="{_WIDTH - 115}" y="{y + 4}">{e.value:.3f} [{e.low:.2f}, {e.high:.2f}]</text>'
        )
    return _svg("Value by estimator with 95 % intervals", 28 * len(estimates) + 20, lines)


def draw_curve(points: tuple[tuple[int, float], ...]) -> str:
    """An SVG of the learning curve."""
    most, values = max(n for n, _ in points), [v for _, v in points]
    low, span = min(*values, 0.0), (max(*values, 0.0) - min(*values, 0.0)) or 1.0
    places = [(60 + (_WIDTH - 160) * n / most, 160 - 130 * (v - low) / span) for n, v in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    labels = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/><text x="{x + 6:.1f}" y="{y - 6:.1f}">{n}: {v:.1%}</text>'
        for (x, y), (n, v) in zip(places, points, strict=True)
    ]
    return _svg("Explained variance by number of episodes", 180, [f'<polyline points="{path}"/>', *labels])


def draw_regret(points: tuple[tuple[int, float], ...]) -> str:
    """An SVG of the regret that the log ran up against the policy."""
    most, values = max(n for n, _ in points), [v for _, v in points]
    low, high = min(*values, 0.0), max(*values, 0.0)
    places = [(60 + (_WIDTH - 160) * n / most, 160 - 130 * (v - low) / ((high - low) or 1.0)) for n, v in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    (x, y), last = places[-1], values[-1]
    label = f'<text x="{x + 6:.1f}" y="{y + 4:.1f}">{last:.1f} after {most}</text>'
    return _svg(
        "Regret of the log against the policy by number of episodes", 180, [f'<polyline points="{path}"/>', label]
    )


def _svg(title: str, height: int, parts: list[str]) -> str:
    head = f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}">'
    return f"{head}{''.join(parts)}</svg>"


def _skill_of(episodes: Episodes, states: States, size: int) -> tuple[int, float]:
    kept = episodes.episode < size
    part = episodes.take(np.arange(size))
    known: Floats = np.ones(part.action.size)
    batch = Batch(states.take(kept), part.episode, part.action, part.reward, known, part.is_last)
    return part.num_episodes, measure_skill(batch, 0, ContextualConfig(by_index=episodes.options is None)).share


def _references(episodes: Episodes, states: States) -> tuple[Estimate, ...]:
    """The log's own mean return and, where it is logged, the base ranking's first option."""
    returns = episodes.returns()
    half = 1.96 * float(returns.std(ddof=1)) / returns.size**0.5
    own = Estimate("as logged", float(returns.mean()), float(returns.mean()) - half, float(returns.mean()) + half)
    if states.base is None:
        return (own,)
    base = evaluate_offline(episodes, states, np.argmin(rank_rows(states.base, states.mask), axis=1)).best
    return own, Estimate("base ranking", base.value, base.low, base.high)


@cache
def _template() -> Template:
    source = resources.files("recommender.policy").joinpath(_TEMPLATE).read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(source)
