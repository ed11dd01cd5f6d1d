"""The seam into the plan: a policy moves candidates that passed the gate, a bounded way up, each move a line.

The base ranking stays the anchor. A candidate gains points only when the ensemble is sure enough that it does better
than the base's first option, at most `max_points`, and only from within the trust region. Nothing is added, removed or
given another verdict, so that nothing blocked can come back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kg.errors import ModelError
from recommender.policy.arrays import Floats
from recommender.policy.features import describe_option, fuse_patient
from recommender.policy.policy import Policy
from recommender.policy.state import History, States
from recommender.policy.train import PolicyInfo
from recommender.safety.gate import is_blocked
from recommender.score import Contribution, Ranked, Scored, rank
from recommender.situation import Situation

CONTRIBUTION: Final = "ranking_policy"
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
    in_shadow: bool = True
    max_points: int = MAX_POINTS

    def __call__(self, situation: Situation, ranked: Ranked) -> Ranked:
        """The candidates as the plan should show them."""
        return ranked if self.in_shadow else self.rerank(situation, ranked)[0]

    def rerank(self, situation: Situation, ranked: Ranked) -> tuple[Ranked, tuple[Move, ...]]:
        """The policy's order, with its moves; ModelError when the policy was not trained on described options."""
        passing = tuple(s for s in ranked.scored if not is_blocked(s.verdicts))
        if len(passing) < 2:
            return ranked, ()
        values = self.policy.values.predict(build_slate(situation, passing, self.info))[:, 0, :]
        gains = values - values[:, :1]
        points = self._points(gains)
        moved = tuple(self._write(s, int(p), gains[:, i]) for i, (s, p) in enumerate(zip(passing, points, strict=True)))
        after = rank(ranked.condition, list(moved))
        return after, tuple(_find_moves(passing, after, points, gains))

    def _points(self, gains: Floats) -> Floats:
        """Points [A] by the lower bound of the gain; none beyond the trust region, none for the first."""
        trust = self.policy.trust
        bound = gains.mean(axis=0) - trust.doubt * gains.std(axis=0)
        points = np.clip(np.round(POINTS_PER_REWARD * bound), 0, self.max_points)
        points[trust.max_rank if self.policy.has_skill else 0 :] = 0
        return np.asarray(points)

    def _write(self, scored: Scored, points: int, gain: Floats) -> Scored:
        if not points:
            return scored
        because = (
            f"patients with these features did better on it by {gain.mean():.2f} ± {gain.std():.2f}, learnt from "
            f"{self.info.num_episodes} {self.info.config.evidence} episodes (policy {self.info.version})"
        )
        return replace(scored, contributions=(*scored.contributions, Contribution(CONTRIBUTION, points, because)))


def build_slate(situation: Situation, options: tuple[Scored, ...], info: PolicyInfo) -> States:
    """One decision [1] over the candidates [A], as the policy was trained to see it."""
    fused = np.array([[np.nan if x is None else x for x in fuse_patient(situation.patient)]], dtype=np.float64)
    if info.config.contextual.by_index or not info.has_base or fused.shape[1] != info.observation_size:
        raise ModelError(
            f"The policy {info.version} was not trained on described options of patients; train it on a feedback log."
        )
    described = np.array([[describe_option(s) for s in options]], dtype=np.float64)
    base = np.array([[float(s.score) for s in options]])
    return History(1, len(options)).observe(fused, None, base, described)


def _find_moves(before: tuple[Scored, ...], after: Ranked, points: Floats, gains: Floats) -> list[Move]:
    place = {id(s.candidate): i for i, s in enumerate(after.scored)}
    mean, spread = gains.mean(axis=0), gains.std(axis=0)
    return [
        Move(s.candidate.drugs, i, place[id(s.candidate)], int(points[i]), float(mean[i]), float(spread[i]))
        for i, s in enumerate(before)
        if points[i] or place[id(s.candidate)] != i
    ]
