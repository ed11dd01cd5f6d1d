"""Fitting the hidden classes by expectation and maximisation (Baum and Welch; Dempster, Laird and Rubin 1977)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from recommender.policy.arrays import Floats, Ints
from recommender.policy.latent import Classes, Courses, LatentValues, need_trail, read_courses
from recommender.policy.learner import Batch
from recommender.policy.linear import NUM_QUANTILES

NUM_LEVELS: Final = 4
MAX_CLASSES: Final = 32
FITTED_EPISODES: Final = 4096
SPREAD_PRIOR: Final = 200.0
MEAN_PRIOR: Final = 5.0
SHIFT_PRIOR: Final = 20.0
ANSWER_PRIOR: Final = 0.5
SHARE_PRIOR: Final = 5.0
WORTH_PRIOR: Final = 5.0
PASSING_PRIOR: Final = 100.0
STAYING: Final = 0.9
_FIRST_BETWEEN: Final = 0.3
_FLOOR: Final = 1e-3
_ANCHOR: Final = 0.8
_SCATTER: Final = 0.3
_SHIFTED_FROM: Final = 3


@dataclass(frozen=True, slots=True)
class LatentConfig:
    """`spare_classes` is how many more hidden classes there are than actions; a member has up to `max_fits` fits."""

    spare_classes: int = 8
    num_rounds: int = 30
    max_fits: int = 4


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """A log with its sizes, and the weight [N] of each patient."""

    courses: Courses
    weight: Floats
    num_classes: int
    num_actions: int
    num_levels: int


@dataclass(frozen=True, slots=True, eq=False)
class _Belonging:
    """Who belongs where, by all that happened: chances of the classes [N, W, K], at first visits [N, K], and expected
    numbers of passings [K, K]; with the patients' offsets [N, D]."""

    shares: Floats
    at_first: Floats
    passings: Floats
    offset: Floats


def fit_latent(batch: Batch, config: LatentConfig, num_members: int, seed: int) -> LatentValues:
    """Fit the members, each on bootstraps of the episodes: on several of a short log, where one fit is far from the
    next and their mean better than any."""
    grid, edges = find_grid(batch), find_edges(batch.reward)
    last = np.flatnonzero(batch.is_last)
    courses = read_courses(
        need_trail(batch.states.take(last)), grid, edges, batch.action[last], batch.reward[last]
    )  # fmt: skip
    num_actions = batch.states.num_actions
    num_classes = min(num_actions + config.spare_classes, MAX_CLASSES)
    rng = np.random.default_rng([seed, 19])
    num_fits = max(1, min(config.max_fits, FITTED_EPISODES // courses.size))
    fits = []
    for _ in range(num_members * num_fits):
        weight = rng.poisson(1.0, courses.size).astype(np.float64)
        task = _Task(courses, weight, num_classes, num_actions, edges.size + 1)
        fits.append(_fit_classes(task, config.num_rounds, rng))
    return LatentValues(grid, edges, find_worth(batch, edges), tuple(fits), num_fits)


def find_grid(batch: Batch) -> Floats:
    """The quantiles [Q, D] of what was seen; of what never was, zeros."""
    newest = need_trail(batch.states).seen[:, -1]
    seen = np.where(np.isnan(newest).all(axis=0), 0.0, newest)
    return np.asarray(np.nanquantile(seen, np.linspace(0, 1, NUM_QUANTILES), axis=0))


def find_edges(rewards: Floats) -> Floats:
    """The borders [L - 1] between up to four levels of reward, by k-means on the line."""
    centres = np.linspace(rewards.min(), rewards.max(), NUM_LEVELS)
    for _ in range(30):
        level = np.argmin(np.abs(rewards[:, None] - centres), axis=1)
        count = np.bincount(level, minlength=centres.size)
        centres = np.where(count > 0, np.bincount(level, rewards, centres.size) / np.maximum(count, 1), centres)
    centres = np.unique(centres[count > 0])
    return np.asarray((centres[1:] + centres[:-1]) / 2)


def find_worth(batch: Batch, edges: Floats) -> Floats:
    """The mean reward of each level by action [A, L], drawn towards the level's own."""
    level, size = np.digitize(batch.reward, edges), edges.size + 1
    overall = np.bincount(level, batch.reward, size) / np.maximum(np.bincount(level, minlength=size), 1)
    place, cells = batch.action * size + level, batch.states.num_actions * size
    total = np.bincount(place, batch.reward, cells).reshape(-1, size)
    count = np.bincount(place, minlength=cells).reshape(-1, size)
    return np.asarray((total + WORTH_PRIOR * overall) / (count + WORTH_PRIOR))


def _fit_classes(task: _Task, num_rounds: int, rng: np.random.Generator) -> Classes:
    classes = _start_classes(task)
    belonging = _start_belonging(task, rng)
    for step in range(num_rounds):
        if step:
            belonging = _expect(task, classes, belonging)
        classes = _maximise(task, classes, belonging, step)
    return classes


def _start_classes(task: _Task) -> Classes:
    courses, k = task.courses, task.num_classes
    seen = courses.scores[courses.is_visit]
    width = seen.shape[1]
    pooled = np.cov(seen.T).reshape(width, width) + _FLOOR * np.eye(width)
    return Classes(
        prior=np.full(k, 1.0 / k),
        passing=STAYING * np.eye(k) + (1.0 - STAYING) / k,
        mean=np.zeros((k, width)),
        spread=np.tile(pooled, (k, 1, 1)),
        within=pooled,
        shift=np.zeros((task.num_actions + 1, width)),
        between=_FIRST_BETWEEN * np.diag(np.diag(pooled)),
        answer=np.full((k, task.num_actions, task.num_levels), 1.0 / task.num_levels),
    )


def _start_belonging(task: _Task, rng: np.random.Generator) -> _Belonging:
    """A first guess: who answered an action best is of its class all along, everybody else anywhere."""
    courses, k = task.courses, task.num_classes
    share = rng.dirichlet(np.full(k, _SCATTER), courses.size)
    patient, place = np.nonzero(courses.is_answered & (courses.level == task.num_levels - 1))
    share[patient] *= 1.0 - _ANCHOR
    share[patient, courses.action[patient, place] % k] += _ANCHOR
    share /= share.sum(axis=1, keepdims=True)
    shares = share[:, None, :] * courses.is_visit[:, :, None]
    return _Belonging(shares, share, np.zeros((k, k)), np.zeros((courses.size, courses.scores.shape[2])))


def _expect(task: _Task, classes: Classes, before: _Belonging) -> _Belonging:
    """Who belongs where, looking back from each patient's end as well as forward."""
    courses = task.courses
    offset = classes.find_offsets(courses, before.shares)[0]
    likelihood = classes.find_likelihood(courses, offset, classes.find_whiteners())
    belief, total = classes.follow(courses, likelihood)
    ahead, passings = np.ones_like(belief), np.zeros_like(classes.passing)
    for w in range(belief.shape[1] - 2, -1, -1):
        coming = likelihood[:, w + 1] * ahead[:, w + 1] / total[:, w + 1][:, None]
        ahead[:, w] = coming @ classes.passing.T
        here = courses.is_visit[:, w]
        passings += (belief[here, w] * task.weight[here][:, None]).T @ coming[here]
    shares = belief * ahead
    shares /= np.maximum(shares.sum(axis=2, keepdims=True), np.finfo(float).tiny)
    return _Belonging(shares, shares[np.arange(courses.size), courses.first], passings * classes.passing, offset)


def _maximise(task: _Task, old: Classes, belonging: _Belonging, step: int) -> Classes:
    """The classes that fit the patients best who belong to them so."""
    courses, weight = task.courses, task.weight
    patient, place = np.nonzero(courses.is_visit)
    shares = belonging.shares[patient, place]
    mine = shares * weight[patient][:, None]
    seen = old.explain(courses, belonging.offset)[patient, place]
    mass = mine.sum(axis=0)
    mean = mine.T @ seen / (mass + MEAN_PRIOR)[:, None]
    spread, left = np.empty_like(old.spread), np.zeros_like(seen)
    for k in range(task.num_classes):
        rest = seen - mean[k]
        spread[k] = (rest * mine[:, [k]]).T @ rest
        left += shares[:, [k]] * rest
    within = spread.sum(axis=0) / mass.sum() + _FLOOR * np.eye(len(old.within))
    weighed = mass[:, None, None]
    at_first = weight @ belonging.at_first + SHARE_PRIOR
    prior = at_first / at_first.sum()
    return replace(
        old,
        prior=prior,
        passing=_count_passings(belonging.passings, prior) if step else old.passing,
        mean=mean,
        spread=(spread + SPREAD_PRIOR * within) / (weighed + SPREAD_PRIOR) + _FLOOR * np.eye(len(within)),
        within=within,
        shift=_shift(old.shift, courses.before[patient, place], left) if step >= _SHIFTED_FROM else old.shift,
        between=_find_between(task, old, belonging) if step > 1 else old.between,
        answer=_count_answers(task, patient, place, mine),
    )


def _count_passings(passings: Floats, prior: Floats) -> Floats:
    """The chances of passing [K, K], drawn towards staying."""
    drawn = passings + PASSING_PRIOR * (STAYING * np.eye(prior.size) + (1.0 - STAYING) * prior)
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def _shift(old: Floats, before: Ints, left: Floats) -> Floats:
    """What visits after an action differ by, beyond what is explained; nothing at first visits."""
    count = np.bincount(before, minlength=len(old)) + SHIFT_PRIOR
    more = np.stack([np.bincount(before, column, len(old)) for column in left.T], axis=1) / count[:, None]
    shift = old + more
    shift[0] = 0.0
    return np.asarray(shift)


def _find_between(task: _Task, old: Classes, belonging: _Belonging) -> Floats:
    """How the offsets of patients who were treated differ [D, D]."""
    offset, unsure, count = old.find_offsets(task.courses, belonging.shares)
    weight = task.weight * (count > 0)
    known = (offset * weight[:, None]).T @ offset
    unknown = np.einsum("n,nij->ij", np.bincount(count, weight, len(unsure)), unsure)
    return np.asarray((known + unknown) / max(weight.sum(), 1.0) + _FLOOR * np.eye(len(known)))


def _count_answers(task: _Task, patient: Ints, place: Ints, mine: Floats) -> Floats:
    """The chance of each level by class and action [K, A, L], drawn towards the action's own."""
    levels, cells = task.num_levels, task.num_actions * task.num_levels
    answered = task.courses.is_answered[patient, place]
    action, level = (x[patient, place][answered] for x in (task.courses.action, task.courses.level))
    cell = action * levels + level
    overall = np.bincount(cell, minlength=cells).reshape(-1, levels) + 1.0
    usual = overall / overall.sum(axis=1, keepdims=True)
    count = np.stack([np.bincount(cell, share, cells) for share in mine[answered].T]).reshape(-1, *overall.shape)
    prior = ANSWER_PRIOR * levels
    return np.asarray((count + prior * usual) / (count.sum(axis=2, keepdims=True) + prior))
