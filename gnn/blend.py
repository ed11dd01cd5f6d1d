"""Members' scores into one score and one calibrated probability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit

from gnn.metagraph import Dense
from gnn.ranking import Mask
from gnn.triples import Ids

_PULL = 4.0
_STEPS = 60
_PROBABILITY_FLOOR = 1e-9


@dataclass(frozen=True, slots=True)
class Blend:
    """score = Σ weight · log-probability in the row ÷ spread; probability = sigmoid(slope · score + offset)."""

    members: tuple[str, ...]
    weights: tuple[float, ...]
    spreads: tuple[float, ...]
    slope: float = 1.0
    offset: float = 0.0

    def score(self, scores: Mapping[str, Dense], hidden: Mask) -> Dense:
        """Return (num_queries, num_candidates) combined log-probabilities; hidden candidates share none of it."""
        parts = [
            (weight / spread) * to_row_log_probabilities(scores[member], hidden)
            for member, weight, spread in zip(self.members, self.weights, self.spreads, strict=True)
        ]
        return to_row_log_probabilities(np.sum(parts, axis=0), hidden)

    def probability(self, combined: Dense) -> Dense:
        """Return the calibrated probability that each pair is true."""
        probability: Dense = expit(self.slope * combined + self.offset).astype(np.float32)
        return probability


def to_row_log_probabilities(scores: Dense, hidden: Mask) -> Dense:
    """Return scores minus the log of the row's summed exponentials over candidates that are not hidden."""
    shown = np.where(hidden, -np.inf, scores)
    top = shown.max(axis=1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    total = np.log(np.maximum(np.exp(shown - top).sum(axis=1, keepdims=True), _PROBABILITY_FLOOR))
    rows: Dense = (scores - top - total).astype(np.float32)
    return rows


def fit_blend(
    scores: Mapping[str, Dense],
    targets: Ids,
    hidden: Mask,
    priors: Mapping[str, float],
    *,
    spreads: Mapping[str, float],
) -> Blend:
    """Choose the weights on held-out queries: most likely answers, pulled towards `priors`, then calibrate.

    With no held-out query the priors are the weights and the calibration is the identity.
    """
    members = tuple(sorted(scores))
    start = np.array([priors[m] for m in members])
    spread = tuple(float(spreads[m]) for m in members)
    if not len(targets):
        return Blend(members, tuple(float(w) for w in start), spread)
    rows = np.stack([to_row_log_probabilities(scores[m], hidden) / spreads[m] for m in members])
    weights = _fit_weights(rows, targets, hidden, start)
    plain = Blend(members, tuple(float(w) for w in weights), spread)
    slope, offset = fit_calibration(plain.score(scores, hidden), targets, hidden)
    return Blend(members, plain.weights, spread, slope, offset)


def row_spread(scores: Dense, hidden: Mask) -> float:
    """Return the mean over rows of the standard deviation of a member's log-probabilities: its unit."""
    shown = np.where(hidden, np.nan, to_row_log_probabilities(scores, hidden))
    return max(float(np.nanstd(shown, axis=1).mean()), 1e-6)


def fit_calibration(combined: Dense, targets: Ids, hidden: Mask) -> tuple[float, float]:
    """Return slope and offset of Platt's scaling (1999) over all shown candidates of held-out queries.

    A weak pull to slope one and offset zero keeps a perfectly separated sample from claiming certainty.
    """
    labels = np.zeros(hidden.shape, bool)
    labels[np.arange(len(targets)), targets] = True
    shown = ~hidden
    values = torch.from_numpy(combined[shown].astype(np.float64))
    truth = torch.from_numpy(labels[shown].astype(np.float64))
    parameters = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)

    def loss() -> torch.Tensor:
        logits = parameters[0] * values + parameters[1]
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(logits, truth, reduction="sum")
        return wrong + (parameters[0] - 1.0) ** 2 + 0.1 * parameters[1] ** 2

    _minimise(parameters, loss)
    slope, offset = parameters.detach().tolist()
    return slope, offset


def expected_calibration_error(probability: Dense, truth: Mask, num_bins: int = 15) -> float:
    """Return the mean gap between probability and frequency over `num_bins` equally filled bins (ECE)."""
    order = np.argsort(probability.ravel(), kind="stable")
    bins = zip(
        np.array_split(probability.ravel()[order], num_bins),
        np.array_split(truth.ravel()[order], num_bins),
        strict=True,
    )
    gaps = [len(p) * abs(float(p.mean()) - float(t.mean())) for p, t in bins if len(p)]
    return sum(gaps) / max(probability.size, 1)


def _fit_weights(rows: Dense, targets: Ids, hidden: Mask, start: NDArray[np.float64]) -> NDArray[np.float64]:
    layers = torch.from_numpy(rows.astype(np.float64))
    mask, answer = torch.from_numpy(hidden), torch.from_numpy(targets)
    prior = torch.from_numpy(np.log(np.maximum(start, 1e-6)))
    logs = prior.clone().requires_grad_(True)

    def loss() -> torch.Tensor:
        combined = (torch.exp(logs)[:, None, None] * layers).sum(dim=0).masked_fill(mask, -1e9)
        away = logs - prior
        return torch.nn.functional.cross_entropy(combined, answer, reduction="sum") + _PULL * (away**2).sum()

    _minimise(logs, loss)
    return np.asarray(torch.exp(logs).detach().numpy())


def _minimise(parameters: torch.Tensor, loss: Callable[[], torch.Tensor]) -> None:
    optimizer = torch.optim.LBFGS([parameters], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss()
        torch.autograd.backward(value)
        return value

    optimizer.step(closure)  # type: ignore[no-untyped-call]
