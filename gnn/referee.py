"""What a careful judge asks beside the ranking: harm in the first places, slices, calibration, chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from gnn.blend import expected_calibration_error
from gnn.metagraph import Dense
from gnn.ranking import Floats, Mask, reciprocal_ranks
from gnn.task import LinkTask, Queries
from gnn.triples import Ids, Triples

TOP = (1, 3, 10)
CONTRAINDICATIONS = ("CONTRAINDICATED_IN", "contraindicated_in")
_NUM_FLIPS, _FLIPS_AT_ONCE = 5000, 100
_MIN_AREA = 5


def contraindicated_pairs(
    triples: Triples, task: LinkTask, relations: Sequence[str] = CONTRAINDICATIONS
) -> Mask | None:
    """Return the (num_heads, num_tails) mask of pairs that `relations` join, None when the graph has none of them.

    The task's own relation is none of them: a model of contraindications is to find these.
    """
    named = [one for one in relations if one in triples.relations and one != task.relation]
    if not named:
        return None
    mask = np.zeros(task.shape, bool)
    for relation in named:
        pairs = triples.pairs_of(relation)
        inside = pairs[np.isin(pairs[:, 0], task.heads) & np.isin(pairs[:, 1], task.tails)]
        mask[np.searchsorted(task.heads, inside[:, 0]), np.searchsorted(task.tails, inside[:, 1])] = True
    return mask


def rate_in_top(queries: Queries, scores: Dense, harmful: Mask) -> dict[str, float]:
    """Return, for each k, the share of the first k new suggestions of the queried heads that are contraindicated."""
    heads, first = np.unique(queries.heads, return_index=True)
    shown = np.where(queries.hidden[first], -np.inf, scores[first])
    order = np.argsort(-shown, axis=1, kind="stable")
    found = np.take_along_axis(harmful[heads], order, axis=1)
    return {str(k): float(found[:, :k].mean()) for k in TOP}


def sign_flip_test(ranks: Floats, floor: Floats, *, seed: int = 0) -> float:
    """Return the two-sided p-value of the mean difference in reciprocal rank under random signs (paired)."""
    difference = reciprocal_ranks(ranks) - reciprocal_ranks(floor)
    generator, found = np.random.default_rng(seed), abs(difference.sum()) - 1e-9
    as_far = 0
    for _ in range(_NUM_FLIPS // _FLIPS_AT_ONCE):
        signs = generator.integers(0, 2, size=(_FLIPS_AT_ONCE, len(difference))) * 2 - 1
        as_far += int((np.abs(signs @ difference) >= found).sum())
    return (1 + as_far) / (1 + _NUM_FLIPS)


def slice_masks(task: LinkTask, queries: Queries, areas: Mapping[int, str]) -> dict[str, Mask]:
    """Return which queries belong to which slice: unseen head, unseen tail, and each area of at least five queries.

    A tail is unseen when no other head is known to have it. `areas` maps places of tails to areas.
    """
    known = task.known().sum(axis=0)
    own = task.known()[queries.heads, queries.targets]
    masks: dict[str, Mask] = {
        "unseen_head": ~queries.known.any(axis=1),
        "unseen_tail": known[queries.targets] - own <= 0,
    }
    of_query = np.array([areas.get(place, "") for place in queries.targets.tolist()])
    for area in sorted(set(of_query.tolist()) - {""}):
        masks[f"area: {area}"] = of_query == area
    return {name: mask for name, mask in masks.items() if mask.sum() >= (_MIN_AREA if name.startswith("area") else 1)}


def calibration_errors(
    dev: tuple[Dense, Ids, Mask], test: tuple[Dense, Ids, Mask], probability: Dense
) -> dict[str, float]:
    """Return the ECE on test of the model's own probability, of none, of temperature and of isotonic scaling.

    `dev` and `test` are scores, targets and hidden candidates; temperature and isotonic scaling are fitted on dev.
    Without dev pairs only the first two are returned.
    """
    truth, shown = _labels(test), ~test[2]
    values = {"model": probability[shown], "none": np.exp(np.minimum(test[0][shown], 0.0))}
    if len(dev[1]):
        x, y = dev[0][~dev[2]], _labels(dev)
        values["temperature"] = expit(fit_temperature(x, y) * test[0][shown])
        scaling = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(x, y)
        values["isotonic"] = scaling.predict(test[0][shown])
    return {name: expected_calibration_error(value, truth) for name, value in values.items()}


def fit_temperature(scores: NDArray[np.float32], truth: Mask) -> float:
    """Return the factor whose sigmoid of the scores has the least log loss, by golden section over its logarithm."""

    def loss(log_factor: float) -> float:
        logits = np.exp(log_factor) * scores.astype(np.float64)
        return float(np.logaddexp(0.0, np.where(truth, -logits, logits)).mean())

    low, high, golden = -4.0, 4.0, (5**0.5 - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return float(np.exp((low + high) / 2))


def _labels(part: tuple[Dense, Ids, Mask]) -> Mask:
    scores, targets, hidden = part
    truth = np.zeros(scores.shape, bool)
    truth[np.arange(len(targets)), targets] = True
    labels: Mask = truth[~hidden]
    return labels
