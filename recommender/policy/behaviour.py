"""The behaviour policy: what the people in the log tend to do, estimated where the log does not say."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from recommender.policy.arrays import Bools, Floats, Ints, softmax
from recommender.policy.state import States

MIN_PROPENSITY: Final = 1e-3
MAX_ROWS: Final = 40_000
_PENALTY: Final = 0.3
_ROUNDS: Final = 60


@dataclass(frozen=True, slots=True, eq=False)
class Behaviour:
    """A multinomial logistic model of the action, over standardised states; `weights` [C + 1, A].

    `is_seen` [A] is False for a numbered action that the log never holds.
    """

    centre: Floats
    scale: Floats
    weights: Floats
    is_seen: Bools

    def propensities(self, states: States) -> Floats:
        """The probability of each action [N, A]: none where gate or log never allow it, else a little."""
        known = states.narrow(self.is_seen.size)
        features = (_features(known) - self.centre) / self.scale
        fitted = softmax(features @ self.weights[:-1] + self.weights[-1])
        chances = np.zeros(states.mask.shape)
        chances[:, : known.num_actions] = np.where(known.mask & self.is_seen, np.maximum(fitted, MIN_PROPENSITY), 0.0)
        return np.asarray(chances / np.maximum(chances.sum(axis=1, keepdims=True), MIN_PROPENSITY))

    def save(self, path: Path) -> None:
        """Write the model as a NumPy archive."""
        np.savez(path, centre=self.centre, scale=self.scale, weights=self.weights, is_seen=self.is_seen)

    @classmethod
    def load(cls, path: Path) -> Behaviour:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(stored["centre"], stored["scale"], stored["weights"], stored["is_seen"])


def fit_behaviour(states: States, actions: Ints, seed: int) -> Behaviour:
    """Estimate the behaviour policy from the logged actions; a random part of very long logs is enough."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(actions.size)[:MAX_ROWS]
    features = _features(states.take(rows))
    centre, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    weights = np.zeros((features.shape[1] + 1, states.num_actions))
    seen = np.unique(actions[rows])
    weights[-1] = np.log(MIN_PROPENSITY)
    is_seen = np.bincount(actions, minlength=states.num_actions) > 0
    is_seen |= states.trail is None  # described options have no number that could be unseen
    if seen.size == 1:
        weights[-1, seen] = 0.0
        return Behaviour(centre, scale, weights, is_seen)
    model = LogisticRegression(C=_PENALTY, max_iter=_ROUNDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # an early stop only smooths the estimate
        model.fit((features - centre) / scale, actions[rows])
    is_binary = seen.size == 2
    weights[:-1, seen] = np.stack([-model.coef_[0] / 2, model.coef_[0] / 2], 1) if is_binary else model.coef_.T
    weights[-1, seen] = [-model.intercept_[0] / 2, model.intercept_[0] / 2] if is_binary else model.intercept_
    weights[-1, np.setdiff1d(np.arange(states.num_actions), seen)] = weights[-1, seen].min() + np.log(MIN_PROPENSITY)
    return Behaviour(centre, scale, weights, is_seen)


def _features(states: States) -> Floats:
    return states.context if states.base is None else np.concatenate([states.context, states.base], axis=1)
