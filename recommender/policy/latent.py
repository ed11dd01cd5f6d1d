"""The latent kind of the contextual ensemble: hidden classes of patients who respond alike.

At each visit a patient is of one of K classes that nobody sees, and may pass into another before the next (a hidden
Markov model; Rabiner 1989). Classes differ in the normal scores of what is seen and in how often each action is
answered by each level of reward. What was done before a visit shifts what is seen, and patients under treatment may
keep an offset of their own (a random intercept; Laird and Ware 1982). What a patient showed and answered so far weighs
the classes, by Bayes's rule, and they say what an action is worth: a drug that failed speaks against every class that
it helps.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np

from recommender.policy.arrays import Bools, Floats, Ints
from recommender.policy.linear import to_scores
from recommender.policy.state import States, predict_in_parts
from recommender.policy.trail import NOTHING, Trail

NUM_PASSES: Final = 3
_CHUNK: Final = 4_000
_NEVER: Final = 1e-30


@dataclass(frozen=True, slots=True, eq=False)
class Courses:
    """Up to W visits of N patients, the newest in the last column; what is not a visit is zero.

    `scores` [N, W, D] were seen, `before` [N, W] is 0 at a first visit and else one more than the action that it
    follows; after a visit `action` was done and answered by the `level` of reward, where `is_answered` [N, W].
    """

    scores: Floats
    is_visit: Bools
    before: Ints
    action: Ints
    level: Ints
    is_answered: Bools

    @property
    def size(self) -> int:
        """How many patients."""
        return int(self.before.shape[0])

    @property
    def is_treated(self) -> Bools:
        """Whether something was done before the visit [N, W]."""
        return self.before > 0

    @property
    def first(self) -> Ints:
        """The column of each patient's first visit [N]."""
        return np.asarray(self.is_visit.argmax(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """One member: `prior` [K] at the first visit and `passing` [K, K] from one to the next; scores by class, `mean`
    [K, D] and `spread` [K, D, D], `within` [D, D] for all of them; the `shift` [A + 1, D] by what was done before;
    `between` [D, D], how patients under treatment differ for good; `answer` [K, A, L], the chances of the levels.
    """

    prior: Floats
    passing: Floats
    mean: Floats
    spread: Floats
    within: Floats
    shift: Floats
    between: Floats
    answer: Floats

    def weigh(self, courses: Courses) -> Floats:
        """The chance of each class at the newest visit [N, K]."""
        offset, whitener = np.zeros((courses.size, self.mean.shape[1])), self.find_whiteners()
        for _ in range(NUM_PASSES):
            belief = self.follow(courses, self.find_likelihood(courses, offset, whitener))[0]
            offset = self.find_offsets(courses, belief)[0]
        return belief[:, -1]

    def find_whiteners(self) -> Floats:
        """What makes each class's scores, less their mean, standard normal [K, D, D]."""
        return np.linalg.inv(np.linalg.cholesky(self.spread))

    def find_likelihood(self, courses: Courses, offset: Floats, whitener: Floats) -> Floats:
        """The likelihood of what was seen and answered at each visit by class [N, W, K], divided by its largest."""
        patient, place = np.nonzero(courses.is_visit)
        seen = self.explain(courses, offset)[patient, place]
        white = (seen - self.mean[:, None, :]) @ whitener.transpose(0, 2, 1)
        volume = np.log(np.diagonal(whitener, axis1=1, axis2=2)).sum(axis=1)
        log_density = volume - 0.5 * np.einsum("krd,krd->rk", white, white)
        answered = courses.is_answered[patient, place]
        action, level = (x[patient, place][answered] for x in (courses.action, courses.level))
        log_density[answered] += np.log(self.answer[:, action, level].T)
        likelihood = np.ones((*courses.before.shape, self.prior.size))
        likelihood[patient, place] = np.exp(log_density - log_density.max(axis=1, keepdims=True))
        return np.maximum(likelihood, _NEVER)

    def explain(self, courses: Courses, offset: Floats) -> Floats:
        """The scores without what the treatment before, and the patient's own offset, moved [N, W, D]."""
        own = courses.is_treated[:, :, None] * offset[:, None, :]
        return np.asarray(courses.scores - self.shift[courses.before] - own)

    def follow(self, courses: Courses, likelihood: Floats) -> tuple[Floats, Floats]:
        """The chance of each class at each visit by all up to it [N, W, K], and what it was divided by [N, W]."""
        belief, total = np.zeros_like(likelihood), np.ones(likelihood.shape[:2])
        first = courses.first
        for w in range(likelihood.shape[1]):
            came = belief[:, w - 1] @ self.passing if w else belief[:, 0]
            joint = np.where((first == w)[:, None], self.prior, came) * likelihood[:, w]
            is_visit = courses.is_visit[:, w]
            total[is_visit, w] = joint[is_visit].sum(axis=1)
            belief[is_visit, w] = joint[is_visit] / total[is_visit, w][:, None]
        return belief, total

    def find_offsets(self, courses: Courses, belief: Floats) -> tuple[Floats, Floats, Ints]:
        """The expected offsets [N, D] of patients of these classes [N, W, K], their covariance by the count of visits
        under treatment [T + 1, D, D], and that count [N]."""
        treated = courses.is_treated
        left = (courses.scores - self.shift[courses.before] - belief @ self.mean) * treated[:, :, None]
        count = treated.sum(axis=1)
        counts = np.arange(count.max() + 1)[:, None, None]
        gain = self.between @ np.linalg.inv(self.within + counts * self.between)
        return np.einsum("nij,nj->ni", gain[count], left.sum(axis=1)), gain @ self.within, count


@dataclass(frozen=True, slots=True, eq=False)
class LatentValues:
    """The fits, `num_fits` of which make a member, with the `grid` [Q, D] of quantiles that makes scores, the `edges`
    [L - 1] between the levels of reward, and what a level is `worth` by action [A, L]."""

    grid: Floats
    edges: Floats
    worth: Floats
    fits: tuple[Classes, ...]
    num_fits: int = 1

    def predict(self, states: States) -> Floats:
        """The mean value of each action by each member's fits [M, N, A]; ValueError where the states have no trail."""
        return predict_in_parts(self._predict, states, _CHUNK)

    def _predict(self, states: States) -> Floats:
        courses = read_courses(need_trail(states), self.grid, self.edges)
        values = np.stack([f.weigh(courses) @ (f.answer * self.worth).sum(axis=2) for f in self.fits])
        return np.asarray(values.reshape(-1, self.num_fits, *values.shape[1:]).mean(axis=1))

    def save(self, path: Path) -> None:
        """Write the arrays."""
        stacked = {f.name: np.stack([getattr(c, f.name) for c in self.fits]) for f in fields(Classes)}
        np.savez(path, grid=self.grid, edges=self.edges, worth=self.worth, num_fits=self.num_fits, **stacked)

    @classmethod
    def load(cls, path: Path) -> LatentValues:
        """Read what `save` wrote; OSError, KeyError or ValueError when it is missing or damaged."""
        with np.load(path, allow_pickle=False) as stored:
            arrays = [stored[f.name] for f in fields(Classes)]
            made = tuple(Classes(*parts) for parts in zip(*arrays, strict=True))
            return cls(stored["grid"], stored["edges"], stored["worth"], made, int(stored["num_fits"]))


def need_trail(states: States) -> Trail:
    """The states' trail; ValueError where actions are told apart by their features and no trail is kept."""
    if states.trail is None:
        raise ValueError("These states have no trail of visits; actions must be told apart by number.")
    return states.trail


def read_courses(
    trail: Trail, grid: Floats, edges: Floats, action: Ints | None = None, reward: Floats | None = None
) -> Courses:
    """The visits with their scores and answers; what was done last [N] and earned [N] is known of closed episodes."""
    scores = np.zeros(trail.seen.shape)
    scores[trail.is_visit] = np.nan_to_num(to_scores(trail.seen[trail.is_visit], grid))
    size = len(trail.action)
    last = np.full(size, NOTHING) if action is None else action
    earned = np.zeros(size) if reward is None else reward
    done = np.concatenate([trail.action[:, 1:], last[:, None]], axis=1)
    level = np.digitize(np.concatenate([trail.reward[:, 1:], earned[:, None]], axis=1), edges)
    is_answered = trail.is_visit & (done != NOTHING)
    before = np.where(trail.is_visit, trail.action + 1, 0)
    return Courses(scores, trail.is_visit, before, done, level, is_answered)
