"""Whether a log teaches anything at all: can its rewards be predicted for episodes that were not looked at?"""

from __future__ import annotations

from typing import Final

import numpy as np

from recommender.policy.fqe import fit_rewards
from recommender.policy.learner import Batch

NUM_FOLDS: Final = 5


def measure_skill(batch: Batch, seed: int) -> float:
    """The share of the rewards' variance that is explained on held-out episodes, 0 or less when nothing is learnt."""
    held_out = batch.episode % NUM_FOLDS == 0
    if not held_out.any() or held_out.all():
        return 0.0
    rows = np.concatenate([batch.states.rows(batch.action), batch.action[:, None]], axis=1)
    model = fit_rewards(rows[~held_out], batch.reward[~held_out], seed)
    missed = batch.reward[held_out] - np.asarray(model.predict(rows[held_out], num_threads=1))
    spread = float(((batch.reward[held_out] - batch.reward[~held_out].mean()) ** 2).mean())
    return 1.0 - float((missed**2).mean()) / spread if spread else 0.0
