"""Reading and writing episodes: round trips, and every fault by row and column."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kg.errors import FormatError, InputError, UnknownNameError
from recommender.policy.episodes import check_rows, read_episodes, weakest_evidence, write_episodes

from .logs import row


@pytest.mark.parametrize("name", ["log.parquet", "log.jsonl"])
def test_round_trip(tmp_path: Path, name: str) -> None:
    rows = [
        row("b", 0, 2, observation=[1.5, None], propensity=None, terminal=True, action_mask=[True, False, True]),
        row("a", 1, 1, action_mask=[True] * 3),
        row("a", 0, 0, action_mask=[True] * 3),
    ]
    write_episodes(check_rows(rows), tmp_path / name)
    read = read_episodes(tmp_path / name)
    assert read.ids == ("b", "a")
    assert read.step.tolist() == [0, 0, 1]
    assert read.action.tolist() == [2, 0, 1]
    assert np.isnan(read.observation[0, 1])
    assert np.isnan(read.propensity[0])
    assert read.propensity[1] == 0.5
    assert read.mask is not None
    assert read.mask[0].tolist() == [True, False, True]
    assert read.num_actions == 3
    assert read.returns().tolist() == [1.0, 2.0]


def test_a_file_of_others_without_propensities(tmp_path: Path) -> None:
    table = pa.table(
        {
            "episode_id": [7, 7],
            "step": [0, 1],
            "observation": [[0.1, 0.2], [0.3, 0.4]],
            "action": [0, 3],
            "reward": [0, 1],
            "propensity": pa.array([None, None], pa.float64()),
            "terminal": [False, True],
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    read = read_episodes(tmp_path / "x.parquet")
    assert read.ids == ("7",)
    assert np.isnan(read.propensity).all()
    assert read.is_last.tolist() == [False, True]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"action": -1}, "row 2, column action"),
        ({"action": 1.5}, "row 2, column action"),
        ({"action": True}, "row 2, column action"),
        ({"reward": "high"}, "row 2, column reward"),
        ({"reward": float("nan")}, "row 2, column reward"),
        ({"reward": None}, "row 2, column reward is missing"),
        ({"propensity": 0}, "row 2, column propensity"),
        ({"propensity": 1.2}, "row 2, column propensity"),
        ({"terminal": 1}, "row 2, column terminal"),
        ({"step": -1}, "row 2, column step"),
        ({"observation": [1.0]}, "has 1 values where row 1 has 2"),
        ({"observation": ["x", 1.0]}, "holds 'x'"),
        ({"observation": 3}, "is not a list"),
        ({"step": 0}, "step 0 twice"),
    ],
)
def test_faults_name_row_and_column(change: dict[str, object], words: str) -> None:
    with pytest.raises(FormatError, match=words):
        check_rows([row(), row(step=1) | change])


def test_nothing_after_the_terminal_step() -> None:
    with pytest.raises(FormatError, match="goes on after the terminal step 0"):
        check_rows([row(terminal=True), row(step=1)])


def test_masks_of_one_width() -> None:
    with pytest.raises(FormatError, match="action_mask of episode a has no 2 values"):
        check_rows([row(action_mask=[True, True]), row(step=1, action_mask=[True])])
    with pytest.raises(FormatError, match="action 4 of episode a is beyond action_mask"):
        check_rows([row(action=4, action_mask=[True, True])])


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no episode file"):
        read_episodes(tmp_path / "absent.parquet")
    for name, content, words in (
        ("a.parquet", b"PAR1 nonsense", "cannot be read as Parquet"),
        ("b.jsonl", b"{", "line 1: is not JSON"),
        ("c.jsonl", b"[1]", "line 1: is not an object"),
        ("d.jsonl", b"\xff\xfe{}", "is not UTF-8"),
        ("e.jsonl", b"\n", "holds no step"),
        ("f.jsonl", json.dumps({"step": 0}).encode(), "row 1, column episode_id is missing"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FormatError, match=words):
            read_episodes(tmp_path / name)


def test_evidence_is_kept_and_the_weakest_counts(tmp_path: Path) -> None:
    write_episodes(check_rows([row("a"), row("b", evidence="demo")]), tmp_path / "log.parquet")
    assert read_episodes(tmp_path / "log.parquet").evidence == "demo"
    assert weakest_evidence(["demo", "simulated", "recorded"]) == "simulated"
    with pytest.raises(UnknownNameError, match="hearsay"):
        check_rows([row(evidence="hearsay")])


def test_descriptions_of_actions_of_one_shape() -> None:
    options = [[1.0, 2.0], [3.0, 4.0]]
    read = check_rows([row(options=options), row(step=1, options=options)])
    assert read.options is not None
    assert read.options.shape == (2, 2, 2)
    with pytest.raises(FormatError, match="column options of episode a"):
        check_rows([row(options=options), row(step=1, options=[[1.0], [3.0]])])


def test_take_keeps_whole_episodes() -> None:
    some = check_rows([row("a"), row("b"), row("b", 1), row("c")]).take(np.array([1, 2]))
    assert some.ids == ("b", "c")
    assert some.episode.tolist() == [0, 0, 1]


def test_groups_survive_the_file_and_stay_with_their_episode(tmp_path: Path) -> None:
    rows = [row("a", groups={"sex": "f", "ethnicity": None}), row("b", groups={"sex": "m"}), row("c")]
    write_episodes(check_rows(rows), tmp_path / "log.parquet")
    found = read_episodes(tmp_path / "log.parquet")
    assert found.groups == ({"sex": "f"}, {"sex": "m"}, {})
    assert found.take(np.array([1, 2])).groups == ({"sex": "m"}, {})
    assert check_rows([row("a")]).groups == ()
