"""The demonstration's policy: care simulated on its graph, learnt, judged on other simulated care, in its own registry.

Nothing here is evidence: outcomes are drawn by a rule (`simulate_feedback`), and the registry is the demonstration's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recommender.patient import Patient
from recommender.plan import Line, Plan
from recommender.policy.build_episodes import build_from_feedback
from recommender.policy.registry import Promotion, promote_policy
from recommender.policy.rerank import CONTRIBUTION, MOVED_UP
from recommender.policy.serving import with_policy
from recommender.policy.simulate_feedback import draw_patients, find_slates, simulate_feedback
from recommender.policy.train import train_policy
from recommender.recommend import Recommender

NUM_PATIENTS: Final = 1600
SEED: Final = 0

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Move:
    """A line of a plan that the policy gave points, and its words why."""

    patient_id: str
    condition: str
    regimen: str
    because: str

    @property
    def is_past_another(self) -> bool:
        """Whether the points changed the order."""
        return self.because.startswith(MOVED_UP)


@dataclass(frozen=True, slots=True)
class Demonstration:
    """How many episodes were learnt from, whether the policy was promoted, and what it moved in the plans."""

    num_episodes: int
    promotion: Promotion
    moves: tuple[Move, ...]


def demonstrate_policy(
    recommender: Recommender, patients: Iterable[Patient], folder: Path, progress: Progress
) -> Demonstration:
    """Learn from one half of the simulated care, promote on the other, and plan for the patients with the policy.

    Simulated are patients with the first condition that the given ones have a choice of treatments for. The same graph
    gives the same files and the same version again.
    """
    wanted = tuple(patients)
    conditions = [c for p in wanted for c in find_slates(recommender, recommender.map(p))][:1]
    drawn = tuple(draw_patients(recommender.knowledge, NUM_PATIENTS, SEED, conditions))
    half = len(drawn) // 2
    learnt = _simulate(recommender, drawn[:half], folder / "learnt.jsonl", progress)
    judged = _simulate(recommender, drawn[half:], folder / "judged.jsonl", progress)
    progress("learning to rank", 0, None)
    info = train_policy(learnt, folder / "policy", SEED)
    progress("judging the policy", 0, None)
    promotion = promote_policy(folder / "policy", folder / "registry", judged, for_demo=True)
    ranking = with_policy(recommender, folder / "registry", for_demo=True)
    moves = tuple(move for p in wanted for move in find_moves(ranking.recommend(p)))
    return Demonstration(info.num_episodes, promotion, moves)


def find_moves(plan: Plan) -> tuple[Move, ...]:
    """The plan's lines that the policy gave points."""
    return tuple(
        Move(plan.patient_id, line.condition.name, line.regimen, because)
        for line in plan.lines
        for because in _find_words(line)
    )


def _find_words(line: Line) -> tuple[str, ...]:
    return tuple(c.because for c in line.contributions if c.name == CONTRIBUTION)


def _simulate(recommender: Recommender, patients: tuple[Patient, ...], log: Path, progress: Progress) -> Path:
    """Write simulated care as a feedback log and as episodes; return the episodes' path."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as out:
        for number, record in enumerate(simulate_feedback(recommender, patients, SEED), 1):
            out.write(json.dumps(record, sort_keys=True) + "\n")
            progress("simulated decisions", number, None)
    episodes = log.with_suffix(".parquet")
    build_from_feedback(log, episodes)
    return episodes
