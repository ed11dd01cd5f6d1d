"""Whether a log teaches anything at all: can its rewards be predicted for episodes that were not looked at?"""

from __future__ import annotations

from typing import Final

import numpy as np

from recommender.policy.arrays import Bools, Floats
from recommender.policy.fqe import fit_rewards
from recommender.policy.learner import Batch
from recommender.policy.linear import LinearConfig, fit_linear

NUM_FOLDS: Final = 5
MAX_ROWS: Final = 40_000
_LINEAR: Final = LinearConfig(num_members=1)


def measure_skill(batch: Batch, seed: int, by_index: bool = True) -> float:
    """The share of the rewards' variance that is explained on held-out episodes, 0 or less when nothing is learnt.

    Five folds over episodes; the prediction is the mean of a linear and a boosted regression, as in the contextual
    learner. A random part of very long logs is enough.
    """
    kept = _keep_rows(batch, seed)
    batch = batch.take(kept)
    fold = batch.episode % NUM_FOLDS
    if np.unique(fold).size < NUM_FOLDS:
        return 0.0
    missed, spread = 0.0, 0.0
    for k in range(NUM_FOLDS):
        held_out = fold == k
        seen = batch.take(~held_out)
        missed += float(((batch.reward[held_out] - _predict(seen, batch.take(held_out), seed, by_index)) ** 2).sum())
        spread += float(((batch.reward[held_out] - seen.reward.mean()) ** 2).sum())
    return 1.0 - missed / spread if spread else 0.0


def _keep_rows(batch: Batch, seed: int) -> Bools:
    """Whole episodes of about MAX_ROWS rows."""
    num_episodes = int(batch.episode.max()) + 1
    share = min(1.0, MAX_ROWS / batch.action.size)
    return np.asarray(np.random.default_rng([seed, 13]).random(num_episodes)[batch.episode] < share)


def _predict(seen: Batch, held_out: Batch, seed: int, by_index: bool) -> Floats:
    linear = fit_linear(seen, _LINEAR, by_index, use_options=True, seed=seed).predict(held_out.states)[0]
    boosted = fit_rewards(_rows(seen, by_index), seen.reward, seed, by_index).predict(
        _rows(held_out, by_index), num_threads=1
    )
    return np.asarray((linear[np.arange(held_out.action.size), held_out.action] + boosted) / 2)


def _rows(batch: Batch, by_index: bool) -> Floats:
    rows = batch.states.rows(batch.action)
    return np.concatenate([rows, batch.action[:, None]], axis=1) if by_index else rows
