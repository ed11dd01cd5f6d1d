"""Slates as they were served, and the feedback on them: the service's way into the feedback log.

A served slate is kept with what a learner needs – features, scores, and the chance that each option is taken, as the
policy's behaviour model has it at that moment – under a random identifier and without the patient's. Feedback names
condition, drugs and score as shown; it is joined to the slate that showed them, and to none when different ones did.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kg.errors import ResourceError
from recommender.policy.arrays import Floats
from recommender.policy.feedback import append_records
from recommender.policy.state import States
from recommender.safety.verdict import Outcome
from recommender.score import Scored

if TYPE_CHECKING:
    from recommender.policy.policy import Policy

MAX_AGE: Final = timedelta(hours=24)
SLATES: Final = "slates.jsonl"
LOG: Final = "feedback.jsonl"


@dataclass(frozen=True, slots=True)
class SlateLog:
    """The served slates of a folder, beside the feedback log that their feedback goes to."""

    folder: Path

    def keep(self, record: Mapping[str, Any], condition: str, shown: tuple[Scored, ...], chances: list[float]) -> None:
        """Keep a slate: `record` as `to_record` makes it, and each option's drugs, score, alert and chance."""
        slate = {
            **record,
            "episode_id": uuid.uuid4().hex,
            "time": datetime.now(UTC).isoformat(),
            "condition": condition,
            "drugs": [list(s.candidate.drugs) for s in shown],
            "shown_scores": [s.score for s in shown],
            "alerts": [any(v.outcome is Outcome.CAUTION for v in s.verdicts) for s in shown],
            "propensities": chances,
        }
        path = self.folder / SLATES
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(file, "a", encoding="utf-8") as out:
                fcntl.flock(out, fcntl.LOCK_EX)
                out.write(json.dumps(slate, sort_keys=True) + "\n")
        except OSError as error:
            raise ResourceError(f'The slates "{path}" cannot be written ({error}); free the folder.') from error

    def answer(self, condition: str, drugs: tuple[str, ...], score: int | None, *, accepted: bool) -> bool:
        """Write the feedback on a shown line into the feedback log; False when no slate fits, or different ones do.

        A page that was loaded twice shows the same slate twice: the newest of equal ones counts.
        """
        fitting = [
            (slate, i)
            for slate in self._read()
            if slate["condition"] == condition
            for i, shown in enumerate(slate["drugs"])
            if set(shown) == set(drugs) and score in (None, slate["shown_scores"][i])
        ]
        if len({_content(slate) for slate, _ in fitting}) != 1:
            return False
        return bool(append_records([_to_feedback(*fitting[-1], accepted)], self.folder / LOG).added)

    def _read(self) -> list[dict[str, Any]]:
        """The slates of the last day."""
        path = self.folder / SLATES
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        since = (datetime.now(UTC) - MAX_AGE).isoformat()
        return [slate for slate in map(json.loads, lines) if slate["time"] >= since]


def serving_chances(policy: Policy, slate: States, width: int) -> list[float]:
    """The chance that each option of one slate [1, A] is taken, by the behaviour model of `width` options.

    Options beyond those that the model knows get the smallest chance of those that it knows.
    """
    known = min(width, slate.num_actions)
    base: Floats = np.zeros((1, slate.num_actions)) if slate.base is None else slate.base
    padded = np.full((1, width), base[:, :known].min())
    padded[:, :known] = base[:, :known]
    mask = np.arange(width)[None, :] < known
    states = States(slate.context, np.zeros((1, width, slate.options.shape[2])), mask, padded)
    chances = policy.behaviour.propensities(states)[0, :known]
    return [float(c) for c in chances] + [float(chances.min())] * (slate.num_actions - known)


def _content(slate: dict[str, Any]) -> str:
    return json.dumps([slate[name] for name in ("observation", "options", "drugs", "shown_scores")])


def _to_feedback(slate: dict[str, Any], option: int, accepted: bool) -> dict[str, Any]:
    """A record of the feedback log. Accepting an option that carried an alert overrides it: no reward comes of it."""
    kept = ("episode_id", "step", "policy_version", "observation", "options", "base_scores", "groups")
    return {name: slate[name] for name in kept} | {
        "action": option,
        "propensity": slate["propensities"][option],
        "outcome": {"accepted": accepted, "overrode_alert": accepted and slate["alerts"][option]},
        "terminal": True,
    }
