"""The contextual learner: bagged regressions of the reward on state and action, of several kinds.

Boosted trees, linear regressions and, where actions have numbers, hidden classes of patients. Each member learns from a
bootstrap of the episodes. What a boosted one was not shown corrects it: the residuals on its out-of-bag episodes,
weighted by clipped inverse propensity, are learnt by a second, small stage (the correction term of doubly robust
estimation, Dudik, Langford and Li 2011, as a regression). The kinds err differently, so each member of the ensemble is
a blend of one of each kind, by weights that held-out episodes gave them (stacking, Wolpert 1992).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import lightgbm as lgb
import numpy as np

from kg.errors import ModelError
from recommender.policy.arrays import Floats, Ints
from recommender.policy.latent import LatentValues
from recommender.policy.latent_fit import LatentConfig, fit_latent
from recommender.policy.learner import Batch
from recommender.policy.linear import LinearConfig, LinearValues, fit_linear
from recommender.policy.state import States, predict_in_parts

MAX_WEIGHT: Final = 10.0
_BLEND: Final = "blend.npy"
_LATENT: Final = "latent.npz"
_CHUNK: Final = 20_000


@dataclass(frozen=True, slots=True)
class ContextualConfig:
    """All kinds; `by_index` tells actions apart by number, else by their features alone, without hidden classes."""

    num_members: int = 5
    num_rounds: int = 60
    correction_rounds: int = 15
    learning_rate: float = 0.1
    num_leaves: int = 31
    min_leaf: int = 20
    by_index: bool = True
    use_options: bool = True
    use_classes: bool = True
    is_doubly_robust: bool = True
    linear: LinearConfig = field(default_factory=LinearConfig)
    latent: LatentConfig = field(default_factory=LatentConfig)

    @property
    def has_classes(self) -> bool:
        """Whether hidden classes are among the kinds: they are where actions have numbers."""
        return self.by_index and self.use_classes

    def create(self) -> ContextualLearner:
        """The learner of this configuration."""
        return ContextualLearner(self)


@dataclass(frozen=True, slots=True, eq=False)
class ContextualValues:
    """The boosted members, each a list of stages whose predictions add up, the linear ones and the hidden classes.

    `blend` weighs the kinds in this order, and the `level` is what is left to a kind without weight.
    """

    config: ContextualConfig
    members: tuple[tuple[lgb.Booster, ...], ...]
    linear: LinearValues
    latent: LatentValues | None
    blend: tuple[float, ...]
    level: float = 0.0

    def predict(self, states: States) -> Floats:
        """The value of each action by each member [M, N, A], each a blend of all kinds."""
        return self.level * (1.0 - sum(self.blend)) + predict_in_parts(self._predict, states, _CHUNK)

    def _predict(self, states: States) -> Floats:
        kinds = [self._boost(states), self.linear.predict(states)]
        kinds += [self.latent.predict(states)] if self.latent else []
        return np.asarray(sum(weight * values for weight, values in zip(self.blend, kinds, strict=True)))

    def _boost(self, states: States) -> Floats:
        rows = _all_rows(states, self.config)
        values = np.stack([sum_stages(member, rows) for member in self.members])
        return values.reshape(len(self.members), states.size, states.num_actions)

    def find_leaves(self, states: States, actions: Ints) -> Ints:
        """The leaves [N, T] that the first member's trees put the decisions in."""
        rows = _rows(states, actions, self.config)
        found = self.members[0][0].predict(rows, pred_leaf=True, num_threads=1)
        return np.asarray(found, dtype=np.int64).reshape(len(rows), -1)

    def save(self, folder: Path) -> None:
        """Write each stage as LightGBM's text, and the arrays of the other kinds."""
        self.linear.save(folder)
        if self.latent:
            self.latent.save(folder / _LATENT)
        np.save(folder / _BLEND, np.array([self.level, *self.blend]))
        for m, member in enumerate(self.members):
            for s, stage in enumerate(member):
                (folder / f"member{m}_stage{s}.txt").write_text(stage.model_to_string(), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, config: ContextualConfig) -> ContextualValues:
        """Read what `save` wrote; ModelError when a member is missing."""
        members = [sorted(folder.glob(f"member{m}_stage*.txt")) for m in range(config.num_members)]
        if not all(members):
            raise ModelError(f'The policy folder "{folder}" lacks a member of its ensemble; train it again.')
        try:
            linear = LinearValues.load(folder)
            latent = LatentValues.load(folder / _LATENT) if config.has_classes else None
            level, *blend = np.load(folder / _BLEND, allow_pickle=False).tolist()
        except (OSError, KeyError, ValueError) as error:
            raise ModelError(f'The policy folder "{folder}" is damaged ({error}); train it again.') from error
        boosted = tuple(tuple(lgb.Booster(model_file=str(path)) for path in paths) for paths in members)
        return cls(config, boosted, linear, latent, tuple(blend), level)


@dataclass(frozen=True, slots=True)
class ContextualLearner:
    """Fits the ensemble."""

    config: ContextualConfig

    def fit(self, batch: Batch, seed: int) -> ContextualValues:
        """Return the ensemble, all kinds weighing the same; the same seed and batch give the same one."""
        rows = _rows(batch.states, batch.action, self.config)
        rng = np.random.default_rng(seed)
        num_episodes = int(batch.episode.max()) + 1
        members = []
        for m in range(self.config.num_members):
            bag = rng.poisson(1.0, num_episodes)[batch.episode]
            members.append(self._fit_member(rows, batch, bag.astype(np.float64), seed + m))
        config = self.config
        linear = fit_linear(batch, config.linear, config.num_members, config.by_index, config.use_options, seed)
        latent = fit_latent(batch, config.latent, config.num_members, seed) if config.has_classes else None
        num_kinds = 3 if latent else 2
        return ContextualValues(config, tuple(members), linear, latent, (1 / num_kinds,) * num_kinds)

    def _fit_member(self, rows: Floats, batch: Batch, bag: Floats, seed: int) -> tuple[lgb.Booster, ...]:
        shown = bag > 0
        config = self.config
        first = self._train(rows[shown], batch.reward[shown], bag[shown], config.num_rounds, config.num_leaves, seed)
        if not self.config.is_doubly_robust or (~shown).sum() < 2 * self.config.min_leaf:
            return (first,)
        residual = batch.reward[~shown] - np.asarray(first.predict(rows[~shown], num_threads=1))
        weight = np.minimum(1.0 / batch.propensity[~shown], MAX_WEIGHT)
        second = self._train(rows[~shown], residual, weight / weight.mean(), config.correction_rounds, 7, seed)
        return first, second

    def _train(self, rows: Floats, target: Floats, weight: Floats, rounds: int, leaves: int, seed: int) -> lgb.Booster:
        config = self.config
        settings: dict[str, Any] = {
            "objective": "l2",
            "learning_rate": config.learning_rate,
            "num_leaves": leaves,
            "min_data_in_leaf": config.min_leaf,
            "feature_fraction": 0.7,
            "lambda_l2": 1.0,
            "cat_smooth": 10.0,
            "min_data_per_group": 5,
            "num_threads": 1,
            "seed": seed,
            "deterministic": True,
            "verbose": -1,
        }
        categorical = [rows.shape[1] - 1] if config.by_index else []
        data = lgb.Dataset(rows, target, weight=weight, categorical_feature=categorical, params={"verbose": -1})
        return lgb.train(settings, data, rounds)


def sum_stages(stages: tuple[lgb.Booster, ...], rows: Floats) -> Floats:
    """The sum of the stages' predictions for each row."""
    return np.asarray(sum(np.asarray(stage.predict(rows, num_threads=1)) for stage in stages))


def _rows(states: States, actions: Ints, config: ContextualConfig) -> Floats:
    rows = states.rows(actions) if config.use_options else states.context
    return np.concatenate([rows, actions[:, None]], axis=1) if config.by_index else rows


def _all_rows(states: States, config: ContextualConfig) -> Floats:
    """Every action of every state [N * A, …], actions running fastest."""
    repeated = np.repeat(np.arange(states.size), states.num_actions)
    actions = np.tile(np.arange(states.num_actions), states.size)
    parts = [states.context[repeated]]
    if config.use_options:
        parts.append(states.options[repeated, actions])
    if config.by_index:
        parts.append(actions[:, None].astype(np.float64))
    return np.concatenate(parts, axis=1)
