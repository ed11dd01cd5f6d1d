"""A study goes on where it stopped, prunes, and ends in a file that training reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gnn.run import train_run
from gnn.settings import TrainSettings, read_settings
from gnn.triples import Triples
from gnn.tune import BEST, STUDY, merge_settings, tune
from kg.errors import InputError
from tests.gnn.toy import toy_rows

optuna = pytest.importorskip("optuna", reason="tuning is an extra: pip install theragraph[tune]")
FIXED = {"epochs": 4, "batch_size": 64, "evaluate_every": 1, "dim": 8, "edges_per_epoch": 0}


def no_graph() -> Triples:
    raise AssertionError("the graph store is not asked where files are given")


@pytest.fixture
def settings(tmp_path: Path) -> TrainSettings:
    path = tmp_path / "g.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in toy_rows()), encoding="utf-8")
    return TrainSettings("treats", tmp_path / "tuned", triples=(path,), settings=FIXED)


def test_a_study_is_taken_up_again_and_its_best_is_trained(settings: TrainSettings, tmp_path: Path) -> None:
    first = tune(settings, no_graph, num_trials=2)
    assert first.num_trials == 2
    again = tune(settings, no_graph, num_trials=3)
    assert again.num_trials == 3
    assert again.best_mrr >= first.best_mrr
    assert (tmp_path / "tuned" / STUDY).is_file()
    best = read_settings(tmp_path / "tuned" / BEST)
    assert best.settings["dim"] == 8
    report = train_run(best, no_graph)
    assert report is not None
    assert report.dev.metrics.mrr == pytest.approx(again.best_mrr)


def test_a_lagging_trial_is_pruned(settings: TrainSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def falling(*_: Any) -> float:
        calls.append(1)
        return 1.0 / len(calls)

    monkeypatch.setattr("gnn.tune.dev_mrr", falling)
    report = tune(settings, no_graph, num_trials=5)
    assert report.num_pruned >= 1
    assert report.best_mrr == 1.0


def test_fixed_settings_win_within_their_group() -> None:
    told = {"dim": 16, "gcn": {"fan_out": 4, "num_layers": 2}}
    assert merge_settings(told, {"gcn": {"fan_out": 9}}) == {"dim": 16, "gcn": {"fan_out": 9, "num_layers": 2}}


def test_no_trial_is_no_search(settings: TrainSettings) -> None:
    with pytest.raises(InputError, match="trials is 0; give at least 1"):
        tune(settings, no_graph, num_trials=0)
