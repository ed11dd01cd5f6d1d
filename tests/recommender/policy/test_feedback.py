"""The feedback log: append-only, each record once, rewards by the configured weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kg.errors import FormatError, InputError
from recommender.policy.feedback import FeedbackCount, RewardConfig, add_feedback, read_feedback, score_outcome


def record(episode: str = "a", step: int = 0, **more: Any) -> dict[str, Any]:
    base = {
        "episode_id": episode,
        "step": step,
        "policy_version": "base",
        "observation": [50.0, None],
        "options": [[600.0, 1.0], [450.0, 1.0]],
        "base_scores": [600, 450],
        "action": 0,
        "propensity": 0.9,
        "outcome": {"effect": 1.0, "adverse_events": 0, "burden": 0.5, "accepted": True},
        "terminal": True,
    }
    return base | more


def write(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


def test_records_are_added_once(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "feedback.jsonl"
    assert add_feedback(write(tmp_path / "1", record("a"), record("b")), log) == FeedbackCount(2, 0)
    before = log.read_bytes()
    assert add_feedback(write(tmp_path / "2", record("b"), record("c")), log) == FeedbackCount(1, 1)
    assert log.read_bytes().startswith(before)


def test_one_bad_record_adds_nothing(tmp_path: Path) -> None:
    log = tmp_path / "feedback.jsonl"
    with pytest.raises(FormatError, match="line 2: has the action 2 of 2 options"):
        add_feedback(write(tmp_path / "1", record("a"), record("b", action=2)), log)
    assert not log.exists()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ([1], "is not an object"),
        ({"episode_id": "a"}, "has no step"),
        (record(base_scores=[1]), "one base score for each option"),
        (record(outcome={"effect": "good"}), "not an object of numbers"),
    ],
)
def test_faults_name_the_line(tmp_path: Path, bad: Any, words: str) -> None:
    with pytest.raises(FormatError, match=f"line 1: .*{words}|{words}"):
        add_feedback(write(tmp_path / "1", bad), tmp_path / "log")
    with pytest.raises(InputError, match="There is no feedback file"):
        add_feedback(tmp_path / "absent", tmp_path / "log")


def test_rewards_by_hand() -> None:
    """1 - 0.2 * 0.5 + 0.05 = 0.95; two adverse events take 2."""
    config = RewardConfig()
    assert score_outcome(record()["outcome"], config) == pytest.approx(0.95)
    assert score_outcome({"effect": 1.0, "adverse_events": 2}, config) == pytest.approx(-1.0)


def test_overriding_an_alert_is_never_rewarded() -> None:
    assert score_outcome({"effect": 1.0, "accepted": True, "overrode_alert": True}, RewardConfig()) == 0.0
    assert score_outcome({"effect": -1.0, "overrode_alert": True}, RewardConfig()) == -1.0


def test_slates_are_padded_and_masked(tmp_path: Path) -> None:
    shorter = record("b", options=[[100.0, 2.0]], base_scores=[100], propensity=None)
    episodes = read_feedback(write(tmp_path / "log", record("a"), shorter))
    assert episodes.mask is not None
    assert episodes.options is not None
    assert episodes.mask.tolist() == [[True, True], [True, False]]
    assert episodes.options[1].tolist() == [[100.0, 2.0], [0.0, 0.0]]
    assert episodes.reward[0] == pytest.approx(0.95)
