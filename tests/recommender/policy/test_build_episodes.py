"""Episodes from the demo sets: a hand-made stay, and the whole pipeline where the data is at hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from kg.errors import UnknownNameError
from recommender.patient import Concept, Medication, Origin, Patient
from recommender.policy.build_episodes import build_episodes, find_common_drugs, to_rows
from recommender.policy.contextual import ContextualConfig
from recommender.policy.episodes import read_episodes
from recommender.policy.evaluate import evaluate_policy
from recommender.policy.latent_fit import LatentConfig
from recommender.policy.train import TrainConfig, train_policy


def given(text: str, day: str) -> Medication:
    return Medication(Concept(text), origin=Origin("x", day))


STAY = Patient(
    "p", date(2026, 1, 9), medications=(given("Heparin 5000 U", "2026-01-03"), given("aspirin", "2026-01-01"))
)


def test_the_steps_of_a_stay() -> None:
    rows = to_rows(STAY, -1.0, ("heparin", "aspirin", "insulin"))
    assert [(r["step"], r["action"], r["reward"], r["terminal"]) for r in rows] == [
        (0, 1, 0.0, False),
        (1, 0, -1.0, True),
    ]
    assert to_rows(STAY, None, ("heparin",)) == []
    assert to_rows(STAY, 1.0, ("insulin",)) == []


def test_common_drugs_count_each_patient_once() -> None:
    other = Patient("q", date(2026, 1, 9), medications=(given("Aspirin EC", ""), given("aspirin", "")))
    assert find_common_drugs([STAY, other], 1) == ("aspirin",)


@pytest.mark.parametrize(("source", "folder"), [("mimic3", "mimic3_demo"), ("eicu", "eicu_demo")])
def test_the_pipeline_runs(source: str, folder: str, shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    log = tmp_path / "log.parquet"
    built = build_episodes(source, shared_data(folder), log)
    assert built.num_episodes == read_episodes(log).num_episodes > 50
    quick = ContextualConfig(latent=LatentConfig(num_rounds=5, max_fits=1))
    train_policy(log, tmp_path / "policy", 0, TrainConfig(evidence="demo", contextual=quick))
    answer = evaluate_policy(tmp_path / "policy", log)
    assert answer["refused"] or "flatters" in answer["reason"]


def test_unknown_sources() -> None:
    with pytest.raises(UnknownNameError, match="mimic4"):
        build_episodes("mimic4", Path(), Path())
