"""The state: what a decision sees of the episode so far, as numbers for a learner.

A partially observed patient is told apart by his history, so the state holds today's observation, the mean of all so
far, what was tried and how it went. A missing value is 0 with a flag beside it, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recommender.policy.arrays import Bools, Floats, Ints
from recommender.policy.episodes import Episodes
from recommender.policy.trail import NOTHING, Trail, join_trails


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """N decisions. `context` [N, C] is the patient, `options` [N, A, G] describes each action for this patient.

    `mask` [N, A] is the gate; `base` [N, A] the base ranking's scores where there is one; `trail` the visits so far
    where actions have numbers.
    """

    context: Floats
    options: Floats
    mask: Bools
    base: Floats | None = None
    trail: Trail | None = None

    @property
    def size(self) -> int:
        """How many decisions."""
        return int(self.context.shape[0])

    @property
    def num_actions(self) -> int:
        """How many actions."""
        return int(self.mask.shape[1])

    def rows(self, actions: Ints) -> Floats:
        """One row per decision for its action: context, then the action's own features [N, C + G]."""
        return np.concatenate([self.context, self.options[np.arange(actions.size), actions]], axis=1)

    def take(self, kept: Ints | Bools) -> States:
        """Some of the decisions."""
        base = None if self.base is None else self.base[kept]
        trail = None if self.trail is None else self.trail.take(kept)
        return States(self.context[kept], self.options[kept], self.mask[kept], base, trail)

    def narrow(self, num_actions: int) -> States:
        """The decisions as they look to who does not know the numbered actions from `num_actions` on."""
        more = self.num_actions - num_actions
        if more <= 0 or self.trail is None:
            return self
        base = None if self.base is None else self.base[:, :num_actions]
        options, mask = self.options[:, :num_actions], self.mask[:, :num_actions]
        return States(self.context[:, :-more], options, mask, base, self.trail.narrow(num_actions))


def predict_in_parts(predict: Callable[[States], Floats], states: States, size: int) -> Floats:
    """What `predict` says of the decisions [M, N, A], asked of `size` at a time, so that memory stays bounded."""
    parts = [predict(states.take(np.arange(i, min(i + size, states.size)))) for i in range(0, states.size, size)]
    return np.concatenate(parts, axis=1)


class History:
    """The running history of `size` episodes that are in the same step."""

    def __init__(self, size: int, num_actions: int) -> None:
        self.size, self.num_actions, self.step = size, num_actions, 0
        self._sum: Floats = np.zeros((size, 0))
        self._seen: Floats = np.zeros((size, 0))
        self._tried: Floats = np.zeros((size, num_actions))
        self._earned: Floats = np.zeros((size, num_actions))
        self._last: Floats = np.zeros(size)
        self._done: Ints = np.full(size, NOTHING)
        self._trail: Trail | None = None

    def observe(
        self,
        observation: Floats,
        mask: Bools | None = None,
        base: Floats | None = None,
        options: Floats | None = None,
    ) -> States:
        """Take the step's observation [size, D] in and return the states to decide on.

        A mask or base ranking of fewer actions blocks the others. Where `options` describe the actions, their numbers
        mean nothing and what was tried is theirs to say.
        """
        known = ~np.isnan(observation)
        filled = np.where(known, observation, 0.0)
        if self.step == 0:
            self._sum, self._seen = np.zeros_like(filled), np.zeros_like(filled)
        self._sum, self._seen = self._sum + filled, self._seen + known
        mean = self._sum / np.maximum(self._seen, 1)
        step = np.full((self.size, 1), float(self.step))
        context = [filled, mean, (~known).astype(float), self._last[:, None], step]
        context += [self._tried] if options is None else []
        allowed, base = self._widen(mask, base)
        if options is None:
            before = Trail.start(*observation.shape) if self._trail is None else self._trail
            self._trail = before.add(observation, self._done, self._last)
        return States(np.concatenate(context, axis=1), self._describe(base, options), allowed, base, self._trail)

    def act(self, actions: Ints, rewards: Floats) -> None:
        """Take what was done and earned in."""
        rows = np.arange(self.size)
        self._tried[rows, actions] += 1
        self._earned[rows, actions] += rewards
        self._last, self._done = rewards, actions
        self.step += 1

    def keep(self, kept: Bools) -> None:
        """Go on with some of the episodes only."""
        self.size = int(kept.sum())
        self._sum, self._seen, self._last = self._sum[kept], self._seen[kept], self._last[kept]
        self._tried, self._earned, self._done = self._tried[kept], self._earned[kept], self._done[kept]
        self._trail = None if self._trail is None else self._trail.take(kept)

    def _widen(self, mask: Bools | None, base: Floats | None) -> tuple[Bools, Floats | None]:
        """Mask and base ranking of all actions [size, A]; without a mask what the base ranking scores is allowed."""
        given = np.ones((self.size, self.num_actions if base is None else base.shape[1]), dtype=bool)
        given = given if mask is None else mask
        allowed = np.zeros((self.size, self.num_actions), dtype=bool)
        allowed[:, : given.shape[1]] = given
        if base is None or base.shape[1] == self.num_actions:
            return allowed, base
        more = ((0, 0), (0, self.num_actions - base.shape[1]))
        return allowed, np.pad(base, more, mode="minimum")

    def _describe(self, base: Floats | None, options: Floats | None) -> Floats:
        """Tried and earned so far by each action, or its description; the base's score and distance to the best."""
        features = [np.stack([self._tried, self._earned], axis=2) if options is None else options]
        if base is not None:
            features.append(np.stack([base, base - base.max(axis=1, keepdims=True)], axis=2))
        return np.concatenate(features, axis=2)


def build_states(episodes: Episodes, num_actions: int) -> States:
    """The states of all steps of the log, in the log's order, with `num_actions` or as many as the log has."""
    num_actions = max(num_actions if episodes.options is None else 0, episodes.num_actions)
    order = _positions(episodes)
    parts: list[tuple[Ints, States]] = []
    rows = np.flatnonzero(order == 0)
    history = History(rows.size, num_actions)
    while rows.size:
        parts.append((rows, _observe(history, episodes, rows)))
        history.act(episodes.action[rows], episodes.reward[rows])
        goes_on = ~episodes.is_last[rows]
        history.keep(goes_on)
        rows = rows[goes_on] + 1
    return _join(parts)


def _observe(history: History, episodes: Episodes, rows: Ints) -> States:
    mask = None if episodes.mask is None else episodes.mask[rows]
    base = None if episodes.base is None else episodes.base[rows]
    options = None if episodes.options is None else episodes.options[rows]
    return history.observe(episodes.observation[rows], mask, base, options)


def _positions(episodes: Episodes) -> Ints:
    """The place of each step in its episode, from 0, whatever its number is."""
    starts = np.flatnonzero(np.append(True, episodes.episode[1:] != episodes.episode[:-1]))
    return np.arange(episodes.episode.size) - starts[episodes.episode]


def _join(parts: list[tuple[Ints, States]]) -> States:
    back = np.argsort(np.concatenate([rows for rows, _ in parts]))
    bases = [s.base for _, s in parts if s.base is not None]
    trails = [s.trail for _, s in parts if s.trail is not None]
    return States(
        np.concatenate([s.context for _, s in parts])[back],
        np.concatenate([s.options for _, s in parts])[back],
        np.concatenate([s.mask for _, s in parts])[back],
        np.concatenate(bases)[back] if bases else None,
        join_trails(trails).take(back) if trails else None,
    )
