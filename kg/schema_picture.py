"""The schema as a picture: categories on an ellipse, joined by curves that name their relationship types and counts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from kg.errors import InputError

_TEXT_LABELS: Final = ("Mention", "Document", "Statement", "Source")
_MAX_LINES: Final = 8
_LINE_HEIGHT: Final = 15
_CHARACTER: Final = 6.7
_PLACES: Final = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73)
_STYLE: Final = """
text { font: 12px system-ui, sans-serif; fill: #1c2733; text-anchor: middle }
.node rect { fill: #e8f1fb; stroke: #2c6db2; stroke-width: 1.5 }
.name { font-weight: 600 } .node .name { font-size: 14px }
.node.text rect { fill: #fdf3e1; stroke: #b07a1e }
.edge path { fill: none; stroke: #8796a5 } .edge rect { fill: #ffffff; fill-opacity: .9 } .edge text { font-size: 11px }
.edge:hover path { stroke: #c2410c; stroke-width: 2.5 }
"""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle by its middle and size."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: _Box) -> float:
        """The area that both cover."""
        width = (self.width + other.width) / 2 - abs(self.x - other.x)
        height = (self.height + other.height) / 2 - abs(self.y - other.y)
        return max(width, 0) * max(height, 0)


@dataclass(frozen=True, slots=True)
class _Bundle:
    """All relationship types between two categories, drawn as one curve; `lines` is its label."""

    ends: tuple[str, str]
    lines: tuple[str, ...]

    @property
    def size(self) -> Point:
        """Width and height of the label."""
        return max(map(len, self.lines)) * _CHARACTER + 8, len(self.lines) * _LINE_HEIGHT + 4


def check_picture_name(path: Path) -> None:
    """InputError unless the file's ending is that of a picture we can draw."""
    if path.suffix not in (".svg", ".html"):
        raise InputError(f'"{path}" is no picture; name a file that ends with .svg or .html.')


def write_picture(schema: Mapping[str, Any], path: Path) -> None:
    """Write a schema of `read_schema` as `.svg`, or as `.html` with tables."""
    check_picture_name(path)
    text = draw_schema(schema)
    if path.suffix == ".html":
        environment = Environment(
            loader=PackageLoader("kg", "."), autoescape=select_autoescape(["j2"]), undefined=StrictUndefined
        )
        text = environment.get_template("schema.html.j2").render(schema=schema, picture=text)
    path.write_text(text, encoding="utf-8")


def draw_schema(schema: Mapping[str, Any]) -> str:
    """Return one self-contained SVG document; the same schema gives the same picture."""
    counts = {node["label"]: node["num"] for node in schema["nodes"]}
    bundles = _bundle(schema["edges"])
    places, (width, height) = _place_nodes(sorted(counts), bundles)
    boxes = {label: _node_box(label, counts[label], point) for label, point in places.items()}
    parts = _draw_bundles(bundles, places, boxes, (width / 2, height / 2))
    parts += [_draw_node(label, counts[label], box, is_text=label in _TEXT_LABELS) for label, box in boxes.items()]
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    label = f"{len(counts)} labels and {len(schema['edges'])} kinds of edges"
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{label}">'
    return f'{opening}<style>{_STYLE}</style><rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>\n'


def _bundle(edges: Iterable[Mapping[str, Any]]) -> list[_Bundle]:
    grouped: dict[tuple[str, str], dict[str, list[tuple[int, str]]]] = defaultdict(lambda: defaultdict(list))
    for edge in edges:
        subject, object_ = edge["subject"], edge["object"]
        direction = f"{subject} → {object_}"
        grouped[min(subject, object_), max(subject, object_)][direction].append((edge["num"], edge["type"]))
    return [
        _Bundle(ends, tuple(line for name, types in sorted(both.items()) for line in (name, *_list_types(types))))
        for ends, both in sorted(grouped.items())
    ]


def _list_types(types: list[tuple[int, str]]) -> tuple[str, ...]:
    """The most frequent types first; beyond a few, their number."""
    lines = [f"{kind} {num:,}" for num, kind in sorted(types, key=lambda pair: (-pair[0], pair[1]))]
    if len(lines) <= _MAX_LINES:
        return tuple(lines)
    return (*lines[: _MAX_LINES - 1], f"and {len(lines) - _MAX_LINES + 1} more")


def _place_nodes(labels: Sequence[str], bundles: Sequence[_Bundle]) -> tuple[dict[str, Point], Point]:
    """Concepts on an ellipse, in the order in which the joined ones stand closest; texts in a column on the left.

    Returns the places and the size of the picture.
    """
    texts = [label for label in _TEXT_LABELS if label in labels]
    concepts = [label for label in labels if label not in texts]
    pairs = [bundle.ends for bundle in bundles if set(bundle.ends) <= set(concepts) and len(set(bundle.ends)) > 1]
    order = _order_nodes(concepts, pairs)
    left, width, height = 240.0 if texts else 0.0, 760.0 + 110 * len(order), 420.0 + 70 * len(order)
    step = 2 * math.pi / max(len(order), 1)
    places = {
        label: (
            left + width / 2 + (width / 2 - 220) * math.cos((i - 0.5) * step),
            height / 2 + (height / 2 - 110) * math.sin((i - 0.5) * step),
        )
        for i, label in enumerate(order)
    }
    places |= {label: (left * 0.6, height * (i + 1) / (len(texts) + 1)) for i, label in enumerate(texts)}
    return places, (left + width, height)


def _order_nodes(labels: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Swap places as long as that shortens the way around the ellipse between joined labels."""
    order = list(labels)

    def cost(candidate: list[str]) -> int:
        at = {label: i for i, label in enumerate(candidate)}
        gaps = (abs(at[a] - at[b]) for a, b in pairs)
        return sum(min(gap, len(candidate) - gap) ** 2 for gap in gaps)

    best = cost(order)
    improved = True
    while improved:
        improved = False
        for i in range(len(order)):
            for j in range(i + 1, len(order)):
                swapped = [*order]
                swapped[i], swapped[j] = swapped[j], swapped[i]
                if (found := cost(swapped)) < best:
                    order, best, improved = swapped, found, True
    return order


def _draw_bundles(
    bundles: Iterable[_Bundle], places: Mapping[str, Point], boxes: Mapping[str, _Box], middle: Point
) -> list[str]:
    """Curves with labels; each label takes the place on its curve where it covers least of what is there already."""
    taken = list(boxes.values())
    parts = []
    for bundle in sorted(bundles, key=lambda b: -b.size[0] * b.size[1]):
        curve = _find_curve(places[bundle.ends[0]], places[bundle.ends[1]], middle)
        candidates = [_place_label(bundle, *_point_on(curve, t), middle) for t in _PLACES]
        label = min(candidates, key=lambda box: sum(box.overlap(other) for other in taken))
        taken.append(label)
        parts.append(_draw_bundle(bundle, curve, label))
    return parts


def _place_label(bundle: _Bundle, x: float, y: float, middle: Point) -> _Box:
    """The label around a point, moved inside the picture where it would stand out of it."""
    width, height = bundle.size
    return _Box(_keep_inside(x, width, middle[0]), _keep_inside(y, height, middle[1]), width, height)


def _keep_inside(at: float, size: float, half: float) -> float:
    return min(max(at, size / 2 + 4), 2 * half - size / 2 - 4)


def _find_curve(start: Point, end: Point, middle: Point) -> tuple[Point, Point, Point, Point]:
    """A Bézier curve that is bent away from the middle; from a node to itself, a loop on its outer side."""
    if start == end:
        x, y = (start[0] - middle[0]) or 0.1, start[1] - middle[1]
        length = math.hypot(x, y)
        out, across = (x / length, y / length), (-y / length, x / length)
        loop = [(start[0] + 140 * out[0] + s * 100 * across[0], start[1] + 140 * out[1] + s * 100 * across[1])
                for s in (-1, 1)]  # fmt: skip
        return start, loop[0], loop[1], end
    one, two = (_lean(start, end, 1 / 3), _lean(start, end, 2 / 3))
    return start, _push(one, middle), _push(two, middle), end


def _lean(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _push(point: Point, middle: Point) -> Point:
    """The point a little further from the middle."""
    return _lean(middle, point, 1.15)


def _point_on(curve: Sequence[Point], t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    pairs = list(zip(weights, curve, strict=True))
    return sum(w * p[0] for w, p in pairs), sum(w * p[1] for w, p in pairs)


def _draw_bundle(bundle: _Bundle, curve: Sequence[Point], label: _Box) -> str:
    start, one, two, end = (f"{x:.1f} {y:.1f}" for x, y in curve)
    top = label.y - label.height / 2
    lines = "".join(
        f'<text{_weight(line)} x="{label.x:.1f}" y="{top + _LINE_HEIGHT * (i + 1) - 2:.1f}">{escape(line)}</text>'
        for i, line in enumerate(bundle.lines)
    )
    return f'<g class="edge"><path d="M{start} C{one} {two} {end}"/>{_rectangle(label)}{lines}</g>'


def _weight(line: str) -> str:
    return ' class="name"' if "→" in line else ""


def _node_box(label: str, num: int, place: Point) -> _Box:
    return _Box(*place, max(len(label), len(f"{num:,}")) * 9 + 24, 46)


def _draw_node(label: str, num: int, box: _Box, *, is_text: bool) -> str:
    name = f'<text class="name" x="{box.x:.1f}" y="{box.y - 3:.1f}">{escape(label)}</text>'
    count = f'<text x="{box.x:.1f}" y="{box.y + 14:.1f}">{num:,}</text>'
    return f'<g class="node{" text" if is_text else ""}">{_rectangle(box, radius=10)}{name}{count}</g>'


def _rectangle(box: _Box, radius: int = 3) -> str:
    corner = f'x="{box.x - box.width / 2:.1f}" y="{box.y - box.height / 2:.1f}"'
    return f'<rect {corner} width="{box.width:.1f}" height="{box.height:.1f}" rx="{radius}"/>'
