"""The arrows of ARCHITECTURE.md: which room may import which, lazy imports included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "ontologies": set(),
    "kg": {"ontologies"},
    "extraction": {"ontologies", "kg"},
    "gnn": {"ontologies", "kg"},
    "recommender": {"ontologies", "kg", "extraction", "gnn"},
    "recommender.service": {"ontologies", "kg", "extraction", "gnn", "recommender"},
    "cli": {"ontologies", "kg", "extraction", "gnn", "recommender", "recommender.service"},
}
ROOMS = [room for room in ALLOWED if "." not in room]
FILES = [path for room in ROOMS for path in sorted(ROOT.glob(f"{room}/**/*.py"))] + sorted(ROOT.glob("cli*.py"))


def room_of(module: str) -> str:
    parts = module.split(".")
    if parts[0].startswith("cli_"):
        return "cli"
    return "recommender.service" if parts[:2] == ["recommender", "service"] else parts[0]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imported_modules(source: str, module: str) -> Iterator[str]:
    """Every module that the source imports anywhere, also through `import_module` and `__import__` of a literal."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _names_a_module(node.value):
            yield node.value.partition(":")[0]


def _names_a_module(text: str) -> bool:
    words = text.partition(":")[0].split(".")
    return len(words) > 1 and words[0] in ALLOWED and all(word.isidentifier() for word in words)


def wrong_arrows(source: str, module: str) -> list[str]:
    here = room_of(module)
    rooms = {room_of(name) for name in imported_modules(source, module)}
    return sorted(room for room in rooms if room in ALLOWED and room != here and room not in ALLOWED[here])


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_no_arrow_that_is_not_drawn(path: Path) -> None:
    assert wrong_arrows(path.read_text(encoding="utf-8"), module_of(path)) == []


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("gnn.a", "from extraction.document import Span", ["extraction"]),
        ("kg.a", "def f():\n    import gnn.train", ["gnn"]),
        ("kg.a", "from importlib import import_module\nimport_module('recommender.plan')", ["recommender"]),
        ("recommender.a", "from recommender.service import app", ["recommender.service"]),
        ("recommender.a", "from . import service", ["recommender.service"]),
        ("recommender.service.a", "from recommender.plan import Plan\nimport gnn", []),
        ("extraction.a", "import cli", ["cli"]),
    ],
)
def test_the_walk_sees_every_kind_of_import(module: str, source: str, wrong: list[str]) -> None:
    assert wrong_arrows(source, module) == wrong
