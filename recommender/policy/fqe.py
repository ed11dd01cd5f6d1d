"""Fitted Q evaluation (Le, Voloshin and Yue 2019): the value of a policy by repeated regression on the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import lightgbm as lgb
import numpy as np

from recommender.policy.arrays import Bools, Floats, Ints
from recommender.policy.episodes import Episodes
from recommender.policy.state import States

MAX_ROUNDS: Final = 6
_TREES: Final = 50
_SETTINGS: Final[dict[str, Any]] = {
    "objective": "l2",
    "learning_rate": 0.1,
    "num_leaves": 15,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.7,
    "lambda_l2": 1.0,
    "cat_smooth": 10.0,
    "min_data_per_group": 5,
    "num_threads": 1,
    "deterministic": True,
    "verbose": -1,
}


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """For each step of the log: `logged` [N] values what was done, `decided` [N] what the policy would do."""

    logged: Floats
    decided: Floats


def fit_values(episodes: Episodes, states: States, decided: Ints, learn_from: Bools, seed: int) -> Fitted:
    """Learn the policy's values from the steps `learn_from` [N] and return them for all steps."""
    rows, wished = _rows(states, episodes.action), _rows(states, decided)
    longest = int(np.bincount(episodes.episode).max())
    following = np.where(episodes.is_last, 0.0, 1.0)
    ahead = np.zeros(episodes.action.size)
    for _ in range(min(longest, MAX_ROUNDS)):
        target = episodes.reward + following * np.append(ahead[1:], 0.0)
        model = fit_rewards(rows[learn_from], target[learn_from], seed)
        ahead = np.asarray(model.predict(wished, num_threads=1))
    return Fitted(np.asarray(model.predict(rows, num_threads=1)), ahead)


def _rows(states: States, actions: Ints) -> Floats:
    return np.concatenate([states.rows(actions), actions[:, None]], axis=1)


def fit_rewards(rows: Floats, target: Floats, seed: int, by_index: bool = True) -> lgb.Booster:
    """Regress a target on rows; with `by_index` their last column is the action's number."""
    categorical = [rows.shape[1] - 1] if by_index else []
    data = lgb.Dataset(rows, target, categorical_feature=categorical, params={"verbose": -1})
    return lgb.train(_SETTINGS | {"seed": seed}, data, _TREES)
