"""The seam into the plan: a policy moves candidates that passed the gate, a bounded way up, each move a line.

The base ranking stays the anchor. A candidate gains points only when the ensemble is sure enough that it does better
than the base's first option, at most `max_points`, and only from within the trust region. Nothing is added, removed or
given another verdict, so that nothing blocked can come back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kg.errors import ModelError
from recommender.knowledge import Knowledge
from recommender.policy.arrays import Floats
from recommender.policy.contextual import ContextualValues
from recommender.policy.features import describe_option, fuse_patient, to_record
from recommender.policy.policy import Policy
from recommender.policy.served import SlateLog, serving_chances
from recommender.policy.state import History, States
from recommender.policy.train import PolicyInfo
from recommender.safety.gate import is_blocked
from recommender.score import Contribution, Ranked, Scored, rank
from recommender.situation import Situation

CONTRIBUTION: Final = "ranking_policy"
MOVED_UP: Final = "moved up"
POINTS_PER_REWARD: Final = 100.0
MAX_POINTS: Final = 60


@dataclass(frozen=True, slots=True)
class Move:
    """One candidate that the policy would move: places from 0, the gain over the base's first option, its spread."""

    drugs: tuple[str, ...]
    before: int
    after: int
    points: int
    gain: float
    spread: float


@dataclass(frozen=True, slots=True)
class Reranker:
    """A policy as the plan's `reorder`. In shadow it changes nothing; ask `rerank` what it would have done."""

    policy: Policy
    info: PolicyInfo
    knowledge: Knowledge
    in_shadow: bool = True
    max_points: int = MAX_POINTS
    slates: SlateLog | None = None

    def __call__(self, situation: Situation, ranked: Ranked) -> Ranked:
        """The candidates as the plan should show them; with `slates` what is shown is kept for its feedback."""
        shown = ranked if self.in_shadow else self.rerank(situation, ranked)[0]
        if self.slates is not None and len(ranked.scored) > 1:
            self._keep(self.slates, situation, ranked, shown)
        return shown

    def _keep(self, slates: SlateLog, situation: Situation, ranked: Ranked, shown: Ranked) -> None:
        place = {id(s.candidate): s for s in shown.scored}
        options = tuple(s for s in ranked.scored if id(s.candidate) in place and not is_blocked(s.verdicts))
        record = to_record("", 0, situation.patient, options, self.knowledge, self.info.version)
        chances = serving_chances(
            self.policy, build_slate(situation, options, self.info, self.knowledge), self.info.num_actions
        )
        shown_options = tuple(place[id(s.candidate)] for s in options)
        slates.keep(record, situation.patient.patient_id, ranked.condition, shown_options, chances)

    def rerank(self, situation: Situation, ranked: Ranked) -> tuple[Ranked, tuple[Move, ...]]:
        """The policy's order, with its moves; ModelError when the policy was not trained on described options."""
        passing = tuple(s for s in ranked.scored if not is_blocked(s.verdicts))
        if len(passing) < 2:
            return ranked, ()
        slate = build_slate(situation, passing, self.info, self.knowledge)
        values = self.policy.values.predict(slate)[:, 0, :]
        gains = values - values[:, :1]
        points = self._points(gains)
        if not points.any():
            return ranked, ()
        moves = _find_moves(passing, rank(ranked.condition, _add_points(passing, points)), points, gains)
        because = {m.before: self._explain(m, slate) for m in moves}
        after = rank(ranked.condition, _add_points(passing, points, because))
        return after, moves

    def _points(self, gains: Floats) -> Floats:
        """Points [A] by the lower bound of the gain; none beyond the trust region or where members disagree."""
        trust, spread = self.policy.trust, gains.std(axis=0)
        bound = gains.mean(axis=0) - trust.doubt * spread
        points = np.clip(np.round(POINTS_PER_REWARD * bound), 0, self.max_points)
        points[spread > self.policy.widest] = 0
        points[trust.max_rank if self.policy.has_skill else 0 :] = 0
        return np.asarray(points)

    def _explain(self, move: Move, slate: States) -> str:
        """The move, the gain that it rests on, and how many logged episodes like this one speak for it."""
        evidence = self.info.config.evidence
        return (
            f"{_name_move(move)}: patients with these features improved more on it by {move.gain:.2f} ± "
            f"{move.spread:.2f}, {self._back(move, slate)}of {self.info.num_episodes} {evidence} episodes "
            f"(policy {self.info.version})"
        )

    def _back(self, move: Move, slate: States) -> str:
        policy = self.policy
        if policy.support is None or not isinstance(policy.values, ContextualValues):
            return ""
        leaves = policy.values.find_leaves(slate, np.array([move.before]))[0]
        backing = policy.support.find(leaves)
        return f"{backing.num_episodes} episodes like this one (effective n {backing.effective_size:.0f}) "


def _add_points(passing: tuple[Scored, ...], points: Floats, because: Mapping[int, str] | None = None) -> list[Scored]:
    """The candidates with the policy's line where it gives points."""
    words = because or {}
    lines = (Contribution(CONTRIBUTION, int(p), words.get(i, "")) for i, p in enumerate(points))
    return [
        replace(s, contributions=(*s.contributions, line)) if line.value else s
        for s, line in zip(passing, lines, strict=True)
    ]


def _name_move(move: Move) -> str:
    return f"{MOVED_UP} {move.before - move.after}" if move.after < move.before else "not moved past the next"


def build_slate(situation: Situation, options: tuple[Scored, ...], info: PolicyInfo, knowledge: Knowledge) -> States:
    """One decision [1] over the candidates [A], as the policy was trained to see it."""
    fused = np.array([[np.nan if x is None else x for x in fuse_patient(situation.patient)]], dtype=np.float64)
    if info.config.contextual.by_index or not info.has_base or fused.shape[1] != info.observation_size:
        raise ModelError(
            f"The policy {info.version} was not trained on described options of patients; train it on a feedback log."
        )
    described = np.array([[describe_option(s, knowledge) for s in options]], dtype=np.float64)
    base = np.array([[float(s.score) for s in options]])
    return History(1, len(options)).observe(fused, None, base, described)


def _find_moves(before: tuple[Scored, ...], after: Ranked, points: Floats, gains: Floats) -> tuple[Move, ...]:
    place = {id(s.candidate): i for i, s in enumerate(after.scored)}
    mean, spread = gains.mean(axis=0), gains.std(axis=0)
    return tuple(
        Move(s.candidate.drugs, i, place[id(s.candidate)], int(points[i]), float(mean[i]), float(spread[i]))
        for i, s in enumerate(before)
        if points[i] or place[id(s.candidate)] != i
    )
