"""Evidence paths as an SVG picture: the drug on the left, the condition on the right, what joins them between."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from recommender.paths import Path
from recommender.plan import Plan

_WIDTH: Final = 760
_ROW: Final = 54
_BOX: Final = (170, 34)
_COLUMNS: Final = (10, 295, 580)
_MAX_NAME: Final = 24


def draw_paths(paths: tuple[Path, ...], plan: Plan) -> str:
    """Return an SVG element, or "" when there is no path. All paths start and end in the same two nodes."""
    if not paths:
        return ""
    height = _ROW * len(paths) + 10
    middle = height / 2
    parts = []
    for i, path in enumerate(paths):
        y = 5 + _ROW * i + _ROW / 2
        parts += [_edge(0, middle, y, path.edges[0]), _edge(1, y, middle, path.edges[1])]
        parts.append(_node(1, y, plan.name(path.nodes[1]), "middle"))
    parts.append(_node(0, middle, plan.name(paths[0].nodes[0]), "drug"))
    parts.append(_node(2, middle, plan.name(paths[0].nodes[-1]), "disease"))
    label = f"{len(paths)} paths from {plan.name(paths[0].nodes[0])} to {plan.name(paths[0].nodes[-1])}"
    opening = f'<svg class="paths" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{_attribute(label)}">'
    return opening + "".join(parts) + "</svg>"


def _node(column: int, y: float, name: str, kind: str) -> str:
    width, height = _BOX
    x = _COLUMNS[column]
    short = name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 1]}…"
    return (
        f'<g class="{kind}"><title>{escape(name)}</title>'
        f'<rect x="{x}" y="{y - height / 2:.1f}" width="{width}" height="{height}" rx="8"/>'
        f'<text x="{x + width / 2}" y="{y + 4:.1f}" text-anchor="middle">{escape(short)}</text></g>'
    )


def _edge(column: int, start: float, end: float, edge: tuple[str, str]) -> str:
    predicate, source = edge
    x1, x2 = _COLUMNS[column] + _BOX[0], _COLUMNS[column + 1]
    words = predicate.replace("_", " ")
    short = words if len(words) <= _MAX_NAME else f"{words[: _MAX_NAME - 1]}…"
    return (
        f'<g class="edge"><title>{escape(f"{words} ({source})")}</title>'
        f'<line x1="{x1}" y1="{start:.1f}" x2="{x2}" y2="{end:.1f}"/>'
        f'<text x="{(x1 + x2) / 2}" y="{(start + end) / 2 - 5:.1f}" text-anchor="middle">{escape(short)}</text></g>'
    )


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})
