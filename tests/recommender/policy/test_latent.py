"""Hidden classes: found where they are, told by history, missing values bearable, and the way to disk and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.policy.episodes import Episodes, check_rows
from recommender.policy.latent import Classes, Courses, LatentValues
from recommender.policy.latent_fit import LatentConfig, find_edges, fit_latent
from recommender.policy.learner import Batch
from recommender.policy.state import States, build_states
from recommender.policy.trail import MAX_VISITS, NOTHING, Trail, join_trails

from .logs import row

CONFIG = LatentConfig(spare_classes=2)
RESPONDS = 0.9


def two_kinds(size: int = 300, *, missing: float = 0.0) -> Episodes:
    """Two kinds of patients; kind k answers action k and shows a noisy 2 k - 1, twice. Three visits at most."""
    rng, rows = np.random.default_rng(0), []
    for i in range(size):
        kind = int(rng.integers(2))
        for step in range(3):
            action = int(rng.integers(3))
            cured = action == kind and rng.random() < RESPONDS
            seen = [None if rng.random() < missing else 2 * kind - 1 + float(rng.normal(0, 1.5)) for _ in range(2)]
            more = {"observation": seen, "reward": float(cured), "propensity": 1 / 3, "terminal": cured or step == 2}
            rows.append(row(f"{i:04d}", step, action, **more))
            if cured:
                break
    return check_rows(rows)


def batch_of(log: Episodes) -> Batch:
    states = build_states(log, log.num_actions)
    return Batch(states, log.episode, log.action, log.reward, log.propensity, log.is_last)


@pytest.fixture(scope="module")
def values() -> LatentValues:
    return fit_latent(batch_of(two_kinds()), CONFIG, 2, 0)


def visit(observation: list[float], action: int = NOTHING) -> Trail:
    return Trail.start(1, 2).add(np.array([observation]), np.array([action]), np.zeros(1))


def to_states(trail: Trail) -> States:
    size = len(trail.action)
    return States(np.zeros((size, 1)), np.zeros((size, 3, 1)), np.ones((size, 3), dtype=bool), None, trail)


def test_what_is_seen_tells_the_kind(values: LatentValues) -> None:
    for kind in (0, 1):
        found = values.predict(to_states(visit([4.0 * kind - 2.0] * 2))).mean(axis=0)[0]
        assert found.argmax() == kind
        assert found[kind] == pytest.approx(RESPONDS, abs=0.15)
        assert found[2] < 0.1


def test_a_failure_speaks_against_every_action_of_the_kind(values: LatentValues) -> None:
    """Nothing is seen of the patient, and action 0 failed: he is of the other kind, who answers action 1."""
    first = visit([0.0, 0.0])
    failed = first.add(np.zeros((1, 2)), np.array([0]), np.zeros(1))
    before, after = (values.predict(to_states(t)).mean(axis=0)[0] for t in (first, failed))
    assert after[0] < before[0] - 0.2
    assert after[1] > before[1] + 0.2


def test_missing_values_are_borne() -> None:
    log = two_kinds(missing=0.3)
    found = fit_latent(batch_of(log), CONFIG, 2, 0)
    assert np.isfinite(found.predict(build_states(log, 3))).all()
    never = check_rows([row(f"{i}", 0, i % 2, observation=[None, float(i % 3)], terminal=True) for i in range(40)])
    assert np.isfinite(fit_latent(batch_of(never), CONFIG, 2, 0).predict(build_states(never, 2))).all()


def test_the_belief_by_hand() -> None:
    """Two classes with means -1 and 1; the second score 2 less the shift 1 is seen, and action 0, which helps class 1
    alone, failed before: prior 1/2, failure 1 : 1/4, no passing, then N(1; -1, 1) : N(1; 1, 1)."""
    answer = np.array([[[1.0, 0.0]], [[0.25, 0.75]]])
    two = Classes(
        np.full(2, 0.5), np.eye(2), np.array([[-1.0], [1.0]]), np.ones((2, 1, 1)), np.ones((1, 1)),
        np.array([[0.0], [1.0]]), np.zeros((1, 1)), np.maximum(answer, 1e-300),
    )  # fmt: skip
    courses = Courses(
        np.array([[[0.0], [2.0]]]), np.ones((1, 2), dtype=bool), np.array([[0, 1]]), np.array([[0, NOTHING]]),
        np.zeros((1, 2), dtype=np.int64), np.array([[True, False]]),
    )  # fmt: skip
    odds = 4 * np.exp(-2.0)
    assert two.weigh(courses)[0] == pytest.approx([odds / (1 + odds), 1 / (1 + odds)])


def test_an_offset_is_found() -> None:
    """One class at 0, two visits under treatment at 3: the offset is 2 v 3 / (1 + 2 v) with v = 1/2."""
    one = Classes(
        np.ones(1), np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1, 1)), np.ones((1, 1)), np.zeros((2, 1)),
        np.full((1, 1), 0.5), np.ones((1, 1, 1)),
    )  # fmt: skip
    seen, before = np.array([[[9.0], [3.0], [3.0]]]), np.array([[0, 1, 1]])
    courses = Courses(seen, before >= 0, before, before, before, before > 0)
    offset, unsure, count = one.find_offsets(courses, np.ones((1, 3, 1)))
    assert offset[0, 0] == pytest.approx(1.5)
    assert unsure[count[0], 0, 0] == pytest.approx(0.25)


def test_levels_lie_between_the_clusters() -> None:
    edges = find_edges(np.array([-64.0, -63.0, 0.0, 1.0, 60.0, 61.0]))
    assert np.digitize([-60.0, 2.0, 55.0], edges).tolist() == [0, 1, 2]
    assert find_edges(np.zeros(5)).size == 0


def test_a_trail_keeps_its_last_visits() -> None:
    trail = Trail.start(1, 1)
    for i in range(MAX_VISITS + 3):
        trail = trail.add(np.full((1, 1), float(i)), np.array([i]), np.zeros(1))
    assert trail.action[0].tolist() == list(range(3, MAX_VISITS + 3))
    joined = join_trails([trail, Trail.start(1, 1).add(np.zeros((1, 1)), np.array([NOTHING]), np.zeros(1))])
    assert joined.is_visit.sum(axis=1).tolist() == [MAX_VISITS, 1]
    assert joined.action[1, -1] == NOTHING


def test_round_trip(values: LatentValues, tmp_path: Path) -> None:
    states = build_states(two_kinds(20), 3)
    values.save(tmp_path / "latent.npz")
    assert np.array_equal(LatentValues.load(tmp_path / "latent.npz").predict(states), values.predict(states))


def test_a_member_is_the_mean_of_its_fits(values: LatentValues) -> None:
    """Of a short log each member has several fits; of each of them alone the values are other ones."""
    assert values.num_fits == CONFIG.max_fits
    assert len(values.fits) == 2 * CONFIG.max_fits
    states = build_states(two_kinds(20), 3)
    alone = replace(values, num_fits=1).predict(states)
    np.testing.assert_allclose(values.predict(states)[0], alone[: CONFIG.max_fits].mean(axis=0))
    assert not np.allclose(alone[0], alone[1])
