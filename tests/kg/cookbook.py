"""The queries of docs/cypher.md as values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "cypher.md"
_RECIPE = re.compile(r"^### (\d+\. [^\n]+)\n(.*?)```cypher\n(.*?)```", re.MULTILINE | re.DOTALL)
_PARAMETER = re.compile(r"`(\w+) = ([^`]+)`")


@dataclass(frozen=True)
class Recipe:
    """One query with what it promises."""

    title: str
    query: str
    columns: tuple[str, ...]
    parameters: dict[str, Any]


def read_cookbook() -> tuple[Recipe, ...]:
    """Return the recipes in their order."""
    return tuple(
        Recipe(
            title,
            query,
            tuple(re.findall(r"`(\w+)`", words.partition("Columns:")[2])),
            {name: json.loads(value) for name, value in _PARAMETER.findall(words)},
        )
        for title, words, query in _RECIPE.findall(PAGE.read_text(encoding="utf-8"))
    )
