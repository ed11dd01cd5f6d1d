"""Slates as they were served, and the feedback on them: the service's way into the feedback log.

A served slate is kept for a day with what a learner needs – features, scores, and the chance that each option is
taken, as the policy's behaviour model has it at that moment – under a random identifier and the patient's pseudonym, by
which it can be erased. Feedback of the page names condition, drugs and score as shown; it is joined to the slate that
showed them, and to none when different ones did. Feedback of CDS Hooks names a card, which knows its patient.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kg.errors import ResourceError
from recommender.policy.arrays import Floats
from recommender.policy.feedback import append_records
from recommender.policy.log_file import Line, drop_lines, locked, read_lines
from recommender.policy.state import States
from recommender.safety.verdict import Outcome
from recommender.score import Scored

if TYPE_CHECKING:
    from recommender.policy.policy import Policy

MAX_AGE: Final = timedelta(hours=24)
SLATES: Final = "slates.jsonl"
LOG: Final = "feedback.jsonl"


@dataclass(frozen=True, slots=True)
class Offer:
    """One option as it was shown: a regimen for a condition, with its score."""

    condition: str
    drugs: tuple[str, ...]
    score: int | None


@dataclass(frozen=True, slots=True)
class SlateLog:
    """The served slates of a folder, beside the feedback log that their feedback goes to.

    `pseudonym` turns a patient's identifier into the name that the logs know him by.
    """

    folder: Path
    pseudonym: Callable[[str], str]

    def keep(
        self,
        record: Mapping[str, Any],
        patient_id: str,
        condition: str,
        shown: tuple[Scored, ...],
        chances: list[float],
    ) -> None:
        """Keep a slate: `record` as `to_record` makes it, and each option's drugs, score, alert and chance."""
        self._add(
            {
                **record,
                "episode_id": uuid.uuid4().hex,
                "patient": self.pseudonym(patient_id),
                "condition": condition,
                "drugs": [list(s.candidate.drugs) for s in shown],
                "shown_scores": [s.score for s in shown],
                "alerts": [any(v.outcome is Outcome.CAUTION for v in s.verdicts) for s in shown],
                "propensities": chances,
            }
        )

    def keep_card(self, card: str, patient_id: str, offers: Mapping[str, Offer]) -> None:
        """Keep what a card offered by the identifiers of its suggestions; nothing where no slates are kept."""
        if offers and self._slates.is_file():
            made = {name: [o.condition, list(o.drugs), o.score] for name, o in offers.items()}
            self._add({"card": card, "patient": self.pseudonym(patient_id), "offers": made})

    def answer(self, offer: Offer, *, accepted: bool) -> bool:
        """Write the feedback on a shown line into the feedback log; False when no slate fits, or different ones do.

        A page that was loaded twice shows the same slate twice: the newest of equal ones counts.
        """
        fitting = self._find(offer)
        if len({_content(slate) for slate, _ in fitting}) != 1:
            return False
        return self._learn(*fitting[-1], accepted=accepted)

    def answer_card(self, card: str, accepted: Sequence[str]) -> bool:
        """Write the feedback on a card: the suggestions `accepted`, or that it was overridden.

        False when it is not one option that was accepted or refused, or when it was never kept.
        """
        kept = next((line for line in self._read() if line.get("card") == card), None)
        if kept is None:
            return False
        chosen = [offer for name, offer in kept["offers"].items() if name in accepted or not accepted]
        if len(chosen) != 1:
            return False
        condition, drugs, score = chosen[0]
        fitting = [
            found
            for found in self._find(Offer(condition, tuple(drugs), score))
            if found[0]["patient"] == kept["patient"]
        ]
        return bool(fitting) and self._learn(*fitting[-1], accepted=bool(accepted))

    def erase(self, patient_id: str) -> int:
        """Take a patient's slates and feedback out of the logs; returns how many lines."""
        name = self.pseudonym(patient_id)
        logs = (self._slates, self.folder / LOG)
        return sum(drop_lines(path, lambda line: line.get("patient") == name) for path in logs)

    def expire(self) -> int:
        """Take the slates that are older than a day out of the log; returns how many lines."""
        since = _since()
        return drop_lines(self._slates, lambda line: bool(line["time"] < since))

    @property
    def _slates(self) -> Path:
        return self.folder / SLATES

    def _add(self, line: Line) -> None:
        try:
            with locked(self._slates) as out:
                out.write(json.dumps({**line, "time": datetime.now(UTC).isoformat()}, sort_keys=True) + "\n")
        except OSError as error:
            raise ResourceError(f'The slates "{self._slates}" cannot be written ({error}); free the folder.') from error

    def _find(self, offer: Offer) -> list[tuple[Line, int]]:
        """The slates that showed an option, with its place in them, the newest last."""
        return [
            (slate, i)
            for slate in self._read()
            if slate.get("condition") == offer.condition
            for i, shown in enumerate(slate["drugs"])
            if set(shown) == set(offer.drugs) and offer.score in (None, slate["shown_scores"][i])
        ]

    def _learn(self, slate: Line, option: int, *, accepted: bool) -> bool:
        return bool(append_records([_to_feedback(slate, option, accepted)], self.folder / LOG).added)

    def _read(self) -> list[Line]:
        """The lines of the last day."""
        since = _since()
        return [line for line in read_lines(self._slates) if line["time"] >= since]


def _since() -> str:
    return (datetime.now(UTC) - MAX_AGE).isoformat()


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
    kept = ("episode_id", "patient", "step", "policy_version", "observation", "options", "base_scores", "groups")
    return {name: slate[name] for name in kept} | {
        "action": option,
        "propensity": slate["propensities"][option],
        "outcome": {"accepted": accepted, "overrode_alert": accepted and slate["alerts"][option]},
        "terminal": True,
    }
