"""The linear half of the contextual ensemble: ridge regressions of the reward that share strength between actions.

One regression over all actions sees patient and action; each action has a second one for how it deviates, shrunk
towards none (partial pooling), so that an action tried a hundred times is still told apart. Both also see random
rectified features (Rahimi and Recht 2008; Huang 2006), which let a linear solve bend. A fit takes a second.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
from scipy.special import ndtri

from recommender.policy.arrays import Floats, Ints
from recommender.policy.learner import Batch
from recommender.policy.state import States, predict_in_parts

FILE: Final = "linear.npz"
NUM_QUANTILES: Final = 101
SHARED_PENALTY: Final = 0.2
LEVEL_PENALTY: Final = 5.0
_CHUNK: Final = 2_000
_EDGE: Final = 0.005
_TINY: Final = 1e-6
_FURTHEST: Final = 4.0


@dataclass(frozen=True, slots=True)
class LinearConfig:
    """`penalty` is the ridge's, in units of logged decisions; `num_features` the random features, 0 for none."""

    num_features: int = 100
    penalty: float = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class LinearValues:
    """M regressions. C context, G option and F random features; `shared` [M, C + G + F + 1], `own` [M, A, C + F + 1].

    `grid` [Q, C] are the context's quantiles in the log, `centre` and `scale` [G] the options'; `own` is empty where
    actions are told apart by their features alone.
    """

    grid: Floats
    centre: Floats
    scale: Floats
    projection: Floats
    offset: Floats
    shared: Floats
    own: Floats

    def predict(self, states: States) -> Floats:
        """The value of each action by each member [M, N, A]."""
        return predict_in_parts(self._predict, states, _CHUNK)

    def _predict(self, states: States) -> Floats:
        context, options = to_scores(states.context, self.grid), self._scale_options(states.options)
        width, given = context.shape[1], options.shape[2]
        bent = context @ self.projection[:width] + self.offset
        rows = np.maximum(bent[:, None, :] + options @ self.projection[width:], 0.0)
        values = (
            (context @ self.shared[:, :width].T).T[:, :, None]
            + np.moveaxis(options @ self.shared[:, width : width + given].T, 2, 0)
            + np.moveaxis(rows @ self.shared[:, width + given : -1].T, 2, 0)
            + self.shared[:, -1][:, None, None]
        )
        if self.own.size:
            values = values + np.einsum("nf,maf->mna", self._to_design(context), self.own, optimize=True)
        return np.asarray(values)

    def _scale_options(self, options: Floats) -> Floats:
        return np.clip((options - self.centre) / self.scale, -_FURTHEST, _FURTHEST)

    def _to_design(self, context: Floats) -> Floats:
        """What an action's own regression sees [N, C + F + 1]."""
        bent = np.maximum(context @ self.projection[: context.shape[1]] + self.offset, 0.0)
        return np.concatenate([context, bent, np.ones((context.shape[0], 1))], axis=1)

    def save(self, folder: Path) -> None:
        """Write the arrays."""
        np.savez(folder / FILE, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, folder: Path) -> LinearValues:
        """Read what `save` wrote; OSError, KeyError or ValueError when it is missing or damaged."""
        with np.load(folder / FILE, allow_pickle=False) as stored:
            return cls(**{f.name: stored[f.name] for f in fields(cls)})


def fit_linear(
    batch: Batch, config: LinearConfig, num_members: int, by_index: bool, use_options: bool, seed: int
) -> LinearValues:
    """Fit the members, each on its own bootstrap of the episodes."""
    rng = np.random.default_rng([seed, 11])
    start = _start(batch, config, use_options, rng)
    context, options = to_scores(batch.states.context, start.grid), start._scale_options(batch.states.options)
    chosen = options[np.arange(batch.action.size), batch.action]
    rows = np.concatenate([context, chosen], axis=1)
    bent = np.maximum(rows @ start.projection + start.offset, 0.0)
    rows = np.concatenate([rows, bent, np.ones((rows.shape[0], 1))], axis=1)
    design = start._to_design(context)
    shared, own = [], []
    for _ in range(num_members):
        bag = rng.poisson(1.0, int(batch.episode.max()) + 1)[batch.episode].astype(np.float64)
        common = _solve(rows, batch.reward, bag, _penalties(rows.shape[1], SHARED_PENALTY * config.penalty, _TINY))
        shared.append(common)
        if by_index:
            left = batch.reward - rows @ common
            own.append(_fit_own(design, left, bag, batch.action, batch.states.num_actions, config.penalty))
    return LinearValues(
        start.grid, start.centre, start.scale, start.projection, start.offset, np.stack(shared), np.array(own)
    )


def to_scores(values: Floats, grid: Floats) -> Floats:
    """Normal scores [N, C] of values by the quantiles [Q, C] of a log; a constant column is 0."""
    shares = np.linspace(0.0, 1.0, grid.shape[0])
    scores = np.zeros_like(values)
    for c in np.flatnonzero(grid[-1] > grid[0]):
        upper = np.interp(values[:, c], grid[:, c], shares)
        lower = -np.interp(-values[:, c], -grid[::-1, c], -shares[::-1])
        scores[:, c] = ndtri(np.clip((upper + lower) / 2, _EDGE, 1 - _EDGE))
    return scores


def _start(batch: Batch, config: LinearConfig, use_options: bool, rng: np.random.Generator) -> LinearValues:
    """Scales and random features, with nothing learnt yet."""
    states = batch.states
    width, given = states.context.shape[1], states.options.shape[2]
    chosen = states.options[np.arange(batch.action.size), batch.action]
    spread = chosen.std(axis=0)
    scale = np.where((spread > _TINY) & use_options, spread, np.inf)  # what never varied teaches nothing
    projection = rng.normal(0.0, (width + given) ** -0.5, (width + given, config.num_features))
    return LinearValues(
        grid=np.quantile(states.context, np.linspace(0, 1, NUM_QUANTILES), axis=0),
        centre=chosen.mean(axis=0),
        scale=scale,
        projection=projection,
        offset=rng.uniform(-1.0, 1.0, config.num_features),
        shared=np.empty(0),
        own=np.empty(0),
    )


def _fit_own(design: Floats, left: Floats, bag: Floats, action: Ints, num_actions: int, penalty: float) -> Floats:
    """How each action deviates from the shared regression [A, C + F + 1]; not at all where it was never tried."""
    own = np.zeros((num_actions, design.shape[1]))
    penalties = _penalties(design.shape[1], penalty, LEVEL_PENALTY)
    for a in np.unique(action):
        tried = action == a
        own[a] = _solve(design[tried], left[tried], bag[tried], penalties)
    return own


def _penalties(size: int, each: float, level: float) -> Floats:
    """The same penalty for every weight but the last, which is the level's."""
    return np.append(np.full(size - 1, each), level)


def _solve(rows: Floats, target: Floats, weight: Floats, penalties: Floats) -> Floats:
    weighted = rows * weight[:, None]
    return np.asarray(np.linalg.solve(weighted.T @ rows + np.diag(penalties), weighted.T @ target))
