"""Two regimens in one plan: what the gate says of them together, and a class of drugs that both bring."""

from __future__ import annotations

from recommender.knowledge import Knowledge
from recommender.safety.duplicate_therapy import share_class
from recommender.safety.gate import check_between, is_blocked
from recommender.safety.verdict import Verdict
from recommender.score import Scored, verdict_points
from recommender.situation import Situation


def cost_of_pair(first: Scored, second: Scored, situation: Situation, knowledge: Knowledge) -> int | None:
    """Points for two regimens in one plan, None when they exclude each other; a drug that both share is free."""
    verdicts = check_pair(first, second, situation, knowledge)
    if is_blocked(verdicts) or find_shared_class(first, second, knowledge):
        return None
    return sum(verdict_points(v) for v in verdicts)


def check_pair(first: Scored, second: Scored, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Return the verdicts on every drug of one beside every drug of the other."""
    pairs = [(a, b) for a in first.candidate.drugs for b in second.candidate.drugs if a != b]
    return tuple(v for a, b in pairs for v in check_between(a, b, situation, knowledge))


def find_shared_class(first: Scored, second: Scored, knowledge: Knowledge) -> str:
    """Return a class that both bring a drug of, "" when there is none."""
    pairs = ((a, b) for a in first.candidate.drugs for b in second.candidate.drugs if a != b)
    return next((shared for a, b in pairs if (shared := share_class(a, b, knowledge))), "")
