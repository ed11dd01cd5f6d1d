"""The feedback log: what was offered, what was chosen, with what chance, and what came of it; append-only."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kg.errors import FormatError, InputError, ResourceError
from recommender.policy.episodes import Episodes, check_rows
from recommender.policy.log_file import locked

REQUIRED: Final = ("episode_id", "step", "policy_version", "observation", "options", "base_scores", "action", "outcome")
_NEXT: Final = "see the layout of the feedback log in the documentation"


@dataclass(frozen=True, slots=True)
class RewardConfig:
    """What an outcome is worth, in units of one full remission.

    `effect` is per unit of effect (-1 worse … 1 remission), `adverse` per severe adverse event, `burden` per unit of
    burden (0 none … 1 unbearable), `accepted` is the auxiliary signal that a clinician took the proposal.
    """

    effect: float = 1.0
    adverse: float = -1.0
    burden: float = -0.2
    accepted: float = 0.05


@dataclass(frozen=True, slots=True)
class FeedbackCount:
    """How many records were added, and how many stood in the log already."""

    added: int
    known: int


def add_feedback(records: Path, log: Path) -> FeedbackCount:
    """Check the records of a JSON Lines file and append those that the log does not hold yet, all or none.

    FormatError naming line and key; ResourceError when the log cannot be written.
    """
    return append_records(list(read_records(records)), log)


def append_records(checked: Sequence[Mapping[str, Any]], log: Path) -> FeedbackCount:
    """Append checked records that the log does not hold yet; ResourceError when it cannot be written."""
    try:
        with locked(log) as out:
            known = {_key(r) for r in read_records(log)}
            fresh = {_key(r): r for r in checked if _key(r) not in known}
            out.write("".join(json.dumps(r, sort_keys=True) + "\n" for r in fresh.values()))
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise ResourceError(f'The feedback log "{log}" cannot be written ({error}); give another one.') from error
    return FeedbackCount(len(fresh), len(checked) - len(fresh))


def read_records(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the checked records of a log; FormatError naming line and key."""
    if not path.is_file():
        raise InputError(f'There is no feedback file "{path}"; give JSON Lines.')
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                record = json.loads(line)
            except ValueError as error:
                raise FormatError(path, f"is not JSON ({error})", "write one object a line", line=number) from error
            _check(record, path, number)
            yield record


def read_feedback(path: Path, config: RewardConfig | None = None) -> Episodes:
    """The log as episodes with described options, slates padded to the longest one and masked there."""
    weights = config or RewardConfig()
    records = list(read_records(path))
    if not records:
        raise FormatError(path, "holds no record", _NEXT)
    width = max(len(r["options"]) for r in records)
    return check_rows([_to_row(r, width, weights) for r in records], path)


def score_outcome(outcome: Mapping[str, Any], config: RewardConfig) -> float:
    """The reward of an outcome; with an overridden safety alert it is never positive."""
    reward = (
        config.effect * float(outcome.get("effect", 0.0))
        + config.adverse * float(outcome.get("adverse_events", 0))
        + config.burden * float(outcome.get("burden", 0.0))
        + config.accepted * bool(outcome.get("accepted", False))
    )
    return min(reward, 0.0) if outcome.get("overrode_alert", False) else reward


def _to_row(record: Mapping[str, Any], width: int, weights: RewardConfig) -> dict[str, Any]:
    size = len(record["options"])
    padding = width - size
    empty = [0.0] * len(record["options"][0])
    lowest = min(record["base_scores"])
    return {
        "episode_id": record["episode_id"],
        "step": record["step"],
        "observation": record["observation"],
        "action": record["action"],
        "reward": score_outcome(record["outcome"], weights),
        "propensity": record.get("propensity"),
        "terminal": bool(record.get("terminal", False)),
        "action_mask": [True] * size + [False] * padding,
        "base_scores": [*record["base_scores"], *[lowest] * padding],
        "options": [*record["options"], *[empty] * padding],
        "evidence": record.get("evidence"),
        "groups": record.get("groups"),
    }


def _key(record: Mapping[str, Any]) -> tuple[str, int]:
    return str(record["episode_id"]), int(record["step"])


def _check(record: Any, path: Path, line: int) -> None:
    if not isinstance(record, dict):
        raise FormatError(path, "is not an object", "write one object a line", line=line)
    missing = [name for name in REQUIRED if record.get(name) is None]
    if missing:
        raise FormatError(path, f"has no {missing[0]}", _NEXT, line=line)
    size = len(record["options"]) if isinstance(record["options"], list) else 0
    if not size or len(record["base_scores"]) != size:
        raise FormatError(path, "has not one base score for each option", _NEXT, line=line)
    if not isinstance(record["action"], int) or not 0 <= record["action"] < size:
        raise FormatError(path, f"has the action {record['action']!r} of {size} options", _NEXT, line=line)
    outcome = record["outcome"]
    keys = ("effect", "adverse_events", "burden")
    if not isinstance(outcome, dict) or not all(isinstance(outcome.get(k, 0), int | float) for k in keys):
        raise FormatError(path, "has an outcome that is not an object of numbers", _NEXT, line=line)
