"""A training run as a YAML file: what is learnt from what, by which family, with which settings.

    relation: treats               # required, here or on the command line
    out: runs/treats               # required, here or on the command line
    model: rgcn                    # ensemble (default), complex, rotate, rgcn
    triples: [graph.tsv]           # without it the graph store is read
    dev: dev.tsv
    format: tsv
    seed: 0
    device: auto
    num_seeds: 1                   # more: one model a seed in out/seed-N, evaluated together
    control: degree-permuted       # only for the control: all but the relation rewired
    settings:                      # the family's own, see gnn.model.ModelConfig and gnn.embedding.config
      dim: 64
      gcn: {fan_out: 8}

Paths are relative to the file. An unknown key or a value of another kind is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from gnn.control import CONTROLS
from gnn.embedding.config import FAMILIES
from kg.errors import FormatError, InputError, UnknownNameError

ENSEMBLE = "ensemble"
MODELS = (ENSEMBLE, *FAMILIES)
_DECIDED_OUTSIDE = ("relation", "seed")
_PATHS = ("out", "dev")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """A training run; `relation` "" and `out` None are still to be given."""

    relation: str = ""
    out: Path | None = None
    model: str = ENSEMBLE
    triples: tuple[Path, ...] = ()
    dev: Path | None = None
    format: str = "tsv"
    seed: int = 0
    device: str = "auto"
    num_seeds: int = 1
    control: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


def read_settings(path: Path) -> TrainSettings:
    """Read a training run; FormatError or UnknownNameError name what is wrong in it."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; check the path and its rights.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FormatError(path, f"is not YAML ({error})", "write `key: value` lines") from error
    if not isinstance(told, dict):
        raise FormatError(path, "holds no settings", "write `key: value` lines, such as `relation: treats`")
    allowed = [item.name for item in fields(TrainSettings)]
    for key in told:
        if key not in allowed:
            raise UnknownNameError(f"setting in {path}", str(key), allowed)
    return TrainSettings(**{key: _to_value(path, key, value) for key, value in told.items()})


def check_settings(settings: TrainSettings) -> TrainSettings:
    """Return settings that say what to learn, where to keep it and by which family."""
    if settings.model not in MODELS:
        raise UnknownNameError("model family", settings.model, MODELS)
    if settings.control and settings.control not in CONTROLS:
        raise UnknownNameError("control", settings.control, CONTROLS)
    if settings.num_seeds < 1:
        raise InputError(f"num_seeds is {settings.num_seeds}; give at least 1.")
    for name, value in (("relation", settings.relation), ("out", settings.out)):
        if not value:
            raise InputError(f"The training run has no {name}; give --{name}, or `{name}:` in the file of --config.")
    return settings


def apply_settings(config: C, told: Mapping[str, Any], where: str = "settings") -> C:
    """Return a config dataclass with the told fields replaced; nested mappings reach nested configs."""
    if not is_dataclass(config) or isinstance(config, type):
        raise InputError(f"{where} is no group of settings; give one value for it.")
    allowed = [item.name for item in fields(config) if item.name not in _DECIDED_OUTSIDE]
    changes = {}
    for key, value in told.items():
        if key not in allowed:
            raise UnknownNameError(f"setting in {where}", str(key), allowed)
        changes[key] = _to_kind(getattr(config, key), value, f"{where}.{key}")
    changed: C = replace(config, **changes)
    return changed


def _to_kind(current: Any, value: Any, where: str) -> Any:
    if isinstance(value, Mapping):
        return apply_settings(current, value, where)
    if isinstance(current, tuple) and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if isinstance(current, float) and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if type(current) is type(value) and not isinstance(current, tuple):
        return value
    kind = "a list of names" if isinstance(current, tuple) else type(current).__name__
    raise InputError(f"{where} is {value!r}; it must be of the kind {kind}, such as {current!r}.")


def _to_value(path: Path, key: str, value: Any) -> Any:
    if key == "triples":
        listed = value if isinstance(value, list) else [value]
        return tuple(path.parent / str(item) for item in listed)
    if key in _PATHS:
        return path.parent / str(value)
    kind = {"seed": int, "num_seeds": int, "settings": dict}.get(key, str)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise FormatError(path, f"`{key}` is {value!r}", f"give a value of the kind {kind.__name__}")
    return value
