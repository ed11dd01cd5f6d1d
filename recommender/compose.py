"""Choosing one regimen per condition so that the whole set is safe: a search over combinations.

Greedy choice (each condition's best) can be wrong: the best drug of the first condition may rule out every drug of the
second. The search maximises the sum of scores less what the pairs cost; a condition may also stay without a drug.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from recommender.score import Ranked, Scored

MAX_OPTIONS: Final = 6
MAX_NODES: Final = 20_000

PairCost = Callable[[Scored, Scored], int | None]


@dataclass(frozen=True, slots=True)
class Composition:
    """One regimen (or None) per condition, their total, and whether choosing greedily would have given another set."""

    chosen: tuple[Scored | None, ...]
    total: int
    greedy: tuple[Scored | None, ...]
    is_exhaustive: bool

    @property
    def beats_greedy(self) -> bool:
        """True when the greedy set is another one."""
        return self.chosen != self.greedy


def compose(ranked: tuple[Ranked, ...], pair_cost: PairCost) -> Composition:
    """Return the best set; `pair_cost` gives points for two regimens together, None when they exclude each other."""
    search = _Search([r.scored[:MAX_OPTIONS] for r in ranked], _cached(pair_cost))
    search.extend((), 0)
    return Composition(search.best, search.best_total, _greedy(ranked, pair_cost), search.nodes < MAX_NODES)


def _greedy(ranked: tuple[Ranked, ...], pair_cost: PairCost) -> tuple[Scored | None, ...]:
    """Condition by condition, the first option that the earlier choices do not exclude."""
    chosen: list[Scored | None] = []
    for options in ranked:
        taken = [c for c in chosen if c is not None]
        fitting = (o for o in options.scored[:MAX_OPTIONS] if all(pair_cost(o, c) is not None for c in taken))
        chosen.append(next(fitting, None))
    return tuple(chosen)


class _Search:
    """Depth first with a bound: what is chosen plus the best that the rest could bring."""

    def __init__(self, options: list[tuple[Scored, ...]], pair_cost: PairCost) -> None:
        self.options = options
        self.pair_cost = pair_cost
        self.best: tuple[Scored | None, ...] = (None,) * len(options)
        self.best_total = -1
        self.nodes = 0
        tops = [max((s.score for s in o), default=0) for o in options]
        self.rest = [sum(max(t, 0) for t in tops[i:]) for i in range(len(tops) + 1)]

    def extend(self, chosen: tuple[Scored | None, ...], total: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES or total + self.rest[len(chosen)] <= self.best_total:
            return
        if len(chosen) == len(self.options):
            self.best, self.best_total = chosen, total
            return
        for option in self.options[len(chosen)]:
            cost = self._cost(option, chosen)
            if cost is not None:
                self.extend((*chosen, option), total + option.score + cost)
        self.extend((*chosen, None), total)

    def _cost(self, option: Scored, chosen: tuple[Scored | None, ...]) -> int | None:
        total = 0
        for other in chosen:
            cost = self.pair_cost(option, other) if other is not None else 0
            if cost is None:
                return None
            total += cost
        return total


def _cached(pair_cost: PairCost) -> PairCost:
    seen: dict[tuple[tuple[str, ...], tuple[str, ...]], int | None] = {}

    def cost(first: Scored, second: Scored) -> int | None:
        key = (first.candidate.drugs, second.candidate.drugs)
        if key not in seen:
            seen[key] = pair_cost(first, second)
        return seen[key]

    return cost
