"""The report: one page without anything from outside, saying what it rests on."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from kg.errors import ResourceError
from recommender.policy.episodes import write_episodes
from recommender.policy.ope import Estimate
from recommender.policy.report import draw_curve, draw_forest, draw_regret, write_report
from recommender.policy.train import TrainConfig, train_policy

from .logs import clinic_log


def test_the_page(tmp_path: Path) -> None:
    write_episodes(clinic_log(300).episodes, tmp_path / "log.parquet")
    train_policy(tmp_path / "log.parquet", tmp_path / "policy", 0, TrainConfig(evidence="simulated"))
    write_report(tmp_path / "policy", tmp_path / "log.parquet", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    parts = ("Learning curve", "Calibration", "Drift", "Regret", "records no groups")
    for words in ("simulated evidence", "base ranking", "moved up", *parts):
        assert words in page
    assert "http://" not in page.replace("http-equiv", "")
    assert "<script" not in page
    with pytest.raises(ResourceError, match="cannot be written"):
        write_report(tmp_path / "policy", tmp_path / "log.parquet", tmp_path)


def test_pictures_are_well_formed() -> None:
    forest = draw_forest((Estimate("a < b", 0.5, 0.5, 0.5), Estimate("dr", 1.0, 0.0, 2.0)))
    assert len(ElementTree.fromstring(forest).findall("circle")) == 2
    assert ElementTree.fromstring(draw_regret(((1, 0.5), (50, -2.0)))).find("polyline") is not None
    assert ElementTree.fromstring(draw_curve(((10, -0.1), (20, 0.3)))).find("polyline") is not None
