"""Every named query of the product, found by looking, so that a new one is tested without being listed."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import Any

import kg
from kg.queries import Query
from ontologies.biolink import Category, Predicate

CATEGORIES = (Category.DRUG, Category.DISEASE)
PREDICATES = (Predicate.TREATS, Predicate.SUBCLASS_OF)
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "predicate": PREDICATES,
    "category": CATEGORIES,
    "relationship_type": ("TREATS",),
    "label": ("Drug",),
    "labels": (("Drug", "Entity"),),
    "key": ("primary_knowledge_source",),
}
SCHEMA = {"node_constraint", "edge_constraint", "index", "edge_index"}


def named_queries() -> list[Query]:
    """All `Query` constants of `kg/queries*.py`, and what their functions return for a few arguments."""
    names = [m.name for m in pkgutil.iter_modules(kg.__path__) if m.name.startswith("queries")]
    found = [query for name in sorted(names) for query in _queries_of(importlib.import_module(f"kg.{name}"))]
    return list({query.name: query for query in found}.values())


def _queries_of(module: ModuleType) -> list[Query]:
    values = [value for value in vars(module).values() if isinstance(value, Query)]
    for name, function in vars(module).items():
        if (
            inspect.isfunction(function)
            and function.__module__ == module.__name__
            and name not in SCHEMA
            and name[0] != "_"
        ):
            values += _call(function)
    return values


def _call(function: Callable[..., Query]) -> list[Query]:
    """The function's queries: once with each of the values that its parameters may have."""
    choices = [ARGUMENTS[name] for name in inspect.signature(function).parameters]
    num = max(map(len, choices))
    return [function(*(values[min(i, len(values) - 1)] for values in choices)) for i in range(num)]
