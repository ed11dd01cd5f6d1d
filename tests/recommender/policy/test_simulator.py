"""The clinic: Gymnasium's interface, masks, counted truth, and the order of the rules that treat in it."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from recommender.policy.simulate import (
    choose_as_clinician,
    choose_at_random,
    choose_base,
    choose_oracle,
    simulate,
)
from recommender.policy.simulator import ClinicEnv, Cohort
from recommender.policy.world import SimulatorConfig, build_graph_world, build_world
from tests.recommender.worlds import small_world

CONFIG = SimulatorConfig()


@pytest.mark.filterwarnings("ignore:.*")
def test_the_environment_keeps_gymnasiums_contract() -> None:
    check_env(ClinicEnv(), skip_render_check=True)


def test_the_same_seed_gives_the_same_log() -> None:
    world = build_world(CONFIG)
    first = simulate(world, CONFIG, 50, 1, choose_as_clinician).episodes
    second = simulate(world, CONFIG, 50, 1, choose_as_clinician).episodes
    assert (first.action == second.action).all()
    assert (first.reward == second.reward).all()


def test_random_loses_to_the_base_and_the_base_to_the_oracle() -> None:
    world = build_world(CONFIG)
    values = [simulate(world, CONFIG, 1500, 2, rule).value for rule in (choose_at_random, choose_base, choose_oracle)]
    assert values[0] + 0.1 < values[1] < values[2] - 0.1


def test_no_rule_leaves_the_mask_and_propensities_are_right() -> None:
    world = build_world(CONFIG)
    for rule in (choose_at_random, choose_base, choose_oracle, choose_as_clinician):
        assert simulate(world, CONFIG, 300, 3, rule).num_unsafe == 0
    log = simulate(world, CONFIG, 3000, 3, choose_at_random).episodes
    assert log.mask is not None
    np.testing.assert_allclose(log.propensity, 1 / log.mask.sum(axis=1))


def test_an_unsafe_act_is_counted() -> None:
    world = build_world(CONFIG)
    found = simulate(world, CONFIG, 300, 3, lambda cohort, states: (np.argmin(states.mask, axis=1), np.ones(300)))
    assert found.num_unsafe > 0


def test_closed_episodes_earn_nothing() -> None:
    cohort = Cohort(build_world(CONFIG), CONFIG, 10, np.random.default_rng(0))
    cohort.is_open[:] = False
    reward, done = cohort.treat(np.zeros(10, dtype=np.int64))
    assert not reward.any()
    assert done.all()


def test_effects_from_the_graph() -> None:
    """Infection has three stated treatments of lines 1, 2 and 3; pain has two."""
    world = build_graph_world(small_world(), SimulatorConfig(num_conditions=2, num_treatments=5))
    assert sorted(world.effect[0].tolist(), reverse=True)[:3] == [0.8, 0.6, 0.4]
    assert sorted(world.effect[1].tolist(), reverse=True)[:2] == [0.8, 0.6]
