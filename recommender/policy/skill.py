"""Whether a log teaches anything at all, and which kind of regression it speaks for: asked of held-out episodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import nnls

from recommender.policy.arrays import Bools, Floats, Ints
from recommender.policy.contextual import ContextualConfig
from recommender.policy.fqe import fit_rewards
from recommender.policy.latent_fit import fit_latent
from recommender.policy.learner import Batch
from recommender.policy.linear import fit_linear

NUM_FOLDS: Final = 5
MAX_ROWS: Final = 40_000
SURE: Final = 2.6


@dataclass(frozen=True, slots=True)
class Skill:
    """`share` of the rewards' variance that is explained on held-out episodes, 0 or less when nothing is learnt: by
    the kinds' blend where that is beyond doubt, else by their plain mean, which noise never helps; `blend` weighs the
    kinds (boosted, linear, hidden classes) so that they explain most; `level` is the mean.
    """

    share: float
    blend: tuple[float, ...]
    level: float


def measure_skill(batch: Batch, seed: int, config: ContextualConfig) -> Skill:
    """Five folds over episodes, each kind as in the contextual learner; a random part of very long logs is enough."""
    batch = batch.take(_keep_rows(batch, seed))
    fold = batch.episode % NUM_FOLDS
    num_kinds = 3 if config.has_classes else 2
    level = float(batch.reward.mean())
    if np.unique(fold).size < NUM_FOLDS or not batch.reward.std():
        return Skill(0.0, (1.0 / num_kinds,) * num_kinds, level)
    usual, said = np.empty(fold.size), np.empty((fold.size, num_kinds))
    for k in range(NUM_FOLDS):
        held_out = fold == k
        seen = batch.take(~held_out)
        usual[held_out] = seen.reward.mean()
        said[held_out] = _predict(seen, batch.take(held_out), seed, config)
    left, told = batch.reward - usual, said - usual[:, None]
    share = _find_share(left, told, fold, batch.episode)
    return Skill(share, tuple(nnls(told, left)[0].tolist()), level)


def _find_share(left: Floats, told: Floats, fold: Ints, episode: Ints) -> float:
    """What is explained of rewards less their mean [N] by what the kinds tell beyond it [N, kinds]."""
    blended = np.empty(left.size)
    for k in range(NUM_FOLDS):
        held_out = fold == k
        blended[held_out] = told[held_out] @ nnls(told[~held_out], left[~held_out])[0]
    gain = np.bincount(episode, left**2 - (left - blended) ** 2)[np.bincount(episode) > 0]
    is_sure = gain.mean() > SURE * gain.std() / gain.size**0.5
    missed = left - (blended if is_sure else told.mean(axis=1))
    return 1.0 - float((missed**2).sum() / (left**2).sum())


def _keep_rows(batch: Batch, seed: int) -> Bools:
    """Whole episodes of about MAX_ROWS rows."""
    num_episodes = int(batch.episode.max()) + 1
    share = min(1.0, MAX_ROWS / batch.action.size)
    return np.asarray(np.random.default_rng([seed, 13]).random(num_episodes)[batch.episode] < share)


def _predict(seen: Batch, held_out: Batch, seed: int, config: ContextualConfig) -> Floats:
    """What each kind says of the held-out decisions [N, kinds]."""
    rows, by_index = np.arange(held_out.action.size), config.by_index
    boosted = fit_rewards(_rows(seen, by_index), seen.reward, seed, by_index).predict(
        _rows(held_out, by_index), num_threads=1
    )
    linear = fit_linear(seen, config.linear, 1, by_index, config.use_options, seed).predict(held_out.states)[0]
    kinds = [np.asarray(boosted), linear[rows, held_out.action]]
    if config.has_classes:
        kinds.append(fit_latent(seen, config.latent, 1, seed).predict(held_out.states)[0][rows, held_out.action])
    return np.stack(kinds, axis=1)


def _rows(batch: Batch, by_index: bool) -> Floats:
    rows = batch.states.rows(batch.action)
    return np.concatenate([rows, batch.action[:, None]], axis=1) if by_index else rows
