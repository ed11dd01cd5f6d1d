"""Which windows an epoch of training sees, and in which batches."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extraction.features import Window
from extraction.swap import SWAPPED, Example

_SIZE_NOISE = 24


@dataclass(frozen=True, slots=True)
class EpochPlan:
    """Window numbers: those of every epoch, those of texts about other types, and per round those of swapped copies."""

    always: tuple[int, ...]
    others: tuple[int, ...]
    copies: tuple[tuple[int, ...], ...]

    def windows(self, epoch: int, num_others: int, rng: random.Random) -> list[int]:
        """Return the windows of one epoch: one round of copies, at most `num_others` of the others, drawn anew."""
        drawn = rng.sample(self.others, min(num_others, len(self.others)))
        return [*self.always, *(self.copies[epoch % len(self.copies)] if self.copies else ()), *drawn]


def plan_epochs(windows: Sequence[Window], examples: Sequence[Example], rounds: Sequence[int]) -> EpochPlan:
    """Return the plan of windows of `examples`, after which the copies come, `rounds` texts in each round.

    Others are texts whose annotators looked for something, but neither for diseases nor for drugs.
    """
    others = {i for i, e in enumerate(examples) if e.annotated and e.annotated.isdisjoint(SWAPPED)}
    round_of = [number for number, num in enumerate(rounds) for _ in range(num)]
    copies: list[list[int]] = [[] for _ in rounds]
    always: list[int] = []
    drawn: list[int] = []
    for place, window in enumerate(windows):
        copy = window.text_index - len(examples)
        if copy >= 0:
            copies[round_of[copy]].append(place)
        else:
            (drawn if window.text_index in others else always).append(place)
    return EpochPlan(tuple(always), tuple(drawn), tuple(map(tuple, copies)))


def shuffled_batches(
    chosen: Sequence[int], sizes: Sequence[int], budget: int, rng: random.Random
) -> Iterator[list[int]]:
    """Yield batches of window numbers in random order, windows of like size together, padded to at most `budget`."""
    groups: list[list[int]] = []
    for place in sorted(chosen, key=lambda i: sizes[i] + rng.random() * _SIZE_NOISE):
        if not groups or (len(groups[-1]) + 1) * sizes[place] > budget:
            groups.append([])
        groups[-1].append(place)
    rng.shuffle(groups)
    yield from groups
