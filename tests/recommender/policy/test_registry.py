"""Promotion, shadow and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import InputError, ModelError
from recommender.policy.episodes import Episodes, write_episodes
from recommender.policy.ope import Estimate, Evaluation
from recommender.policy.registry import (
    RegistryState,
    find_objection,
    find_version,
    promote_policy,
    read_state,
    rollback_policy,
    shadow_policy,
)
from recommender.policy.train import PolicyInfo, TrainConfig, load_info, train_policy

from .logs import bandit_log


def good_log(size: int) -> Episodes:
    return bandit_log(lambda seen, action: float(seen == action), size)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_episodes(good_log(700), tmp_path / "train.jsonl")
    write_episodes(good_log(900), tmp_path / "test.jsonl")
    train_policy(tmp_path / "train.jsonl", tmp_path / "recorded", 0)
    train_policy(tmp_path / "train.jsonl", tmp_path / "demo", 0, TrainConfig(evidence="demo"))
    return tmp_path


def test_a_better_policy_serves_and_steps_back(home: Path) -> None:
    registry = home / "registry"
    promotion = promote_policy(home / "recorded", registry, home / "test.jsonl")
    assert promotion.promoted
    assert promotion.base_value == pytest.approx(1 / 3, abs=0.06)
    assert read_state(registry).promoted == promotion.version
    assert load_info(find_version(registry, promotion.version)).version == promotion.version
    assert rollback_policy(registry) == RegistryState("", promotion.version, ())
    with pytest.raises(InputError, match="nothing to roll back"):
        rollback_policy(registry)


def test_promoting_what_serves_changes_nothing_and_a_broken_copy_is_no_version(home: Path) -> None:
    registry = home / "registry"
    version = load_info(home / "recorded").version
    broken = registry / "versions" / f"{version}.new"
    broken.mkdir(parents=True)
    (broken / "config.json").write_text("{", encoding="utf-8")
    promote_policy(home / "recorded", registry, home / "test.jsonl")
    state = read_state(registry)
    assert load_info(find_version(registry, version)).version == version
    assert not broken.exists()
    promote_policy(home / "recorded", registry, home / "test.jsonl")
    assert read_state(registry) == state == RegistryState(version)


def test_demo_evidence_stays_in_shadow_outside_the_demo(home: Path) -> None:
    registry = home / "registry"
    promotion = promote_policy(home / "demo", registry, home / "test.jsonl")
    assert not promotion.promoted
    assert "demo evidence" in promotion.reason
    assert read_state(registry) == RegistryState(shadow=promotion.version)
    assert promote_policy(home / "demo", registry, home / "test.jsonl", for_demo=True).promoted
    other = promote_policy(home / "recorded", registry, home / "test.jsonl")
    assert read_state(registry).history == (promotion.version,)
    assert rollback_policy(registry) == RegistryState(promotion.version, other.version, ())


def test_objections(home: Path) -> None:
    info: PolicyInfo = load_info(home / "recorded")
    fair = Evaluation((Estimate("dr", 0.6, 0.4, 0.8),), "dr", 200.0, 400)
    poor = Evaluation((Estimate("dr", 0.6, 0.4, 0.8),), "dr", 20.0, 400, refused=True, reason="overlap is too poor")
    assert find_objection(fair, 0.39, info) == ""
    assert "does not beat" in find_objection(fair, 0.4, info)
    assert find_objection(poor, 0.0, info) == "overlap is too poor"


def test_damaged_and_missing(tmp_path: Path, home: Path) -> None:
    assert read_state(tmp_path / "nowhere") == RegistryState()
    registry = tmp_path / "registry"
    shadow_policy(home / "recorded", registry)
    (registry / "state.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="is damaged"):
        read_state(registry)
    with pytest.raises(InputError, match="holds no policy"):
        find_version(registry, "abc")
