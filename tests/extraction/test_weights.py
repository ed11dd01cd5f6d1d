"""Taggers on disk."""

from pathlib import Path

import pytest
import torch

from extraction.tagger import TaggerConfig
from extraction.weights import from_small, read_members, read_tagger, to_small, write_tagger
from kg.errors import ModelError

SMALL = TaggerConfig(kind="cnn", vocabulary=200, width=8, layers=1, heads=2, inner=12, characters=4, hidden=6)


def test_rows_lose_less_than_half_a_step() -> None:
    values = {"matrix": torch.linspace(-3, 5, 4096).view(64, 64), "bias": torch.tensor([0.5, -0.25])}
    small = to_small(values)
    assert small["matrix"].dtype == torch.int8
    restored = from_small(small)
    steps = values["matrix"].abs().amax(dim=1, keepdim=True) / 127
    assert ((restored["matrix"] - values["matrix"]).abs() <= steps * 0.501).all()
    assert restored["bias"].tolist() == [0.5, -0.25]


def test_a_tagger_survives_the_disk(tmp_path: Path) -> None:
    torch.manual_seed(0)
    tagger = SMALL.create()
    write_tagger(tagger, tmp_path / "model")
    again = read_tagger(tmp_path / "model")
    assert again.config == SMALL
    assert not again.training
    torch.testing.assert_close(again.classify.weight, tagger.classify.weight, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("content", [None, "{}", '{"kind": "cnn", "wide": 3}', "not json"])
def test_a_damaged_folder_says_what_to_do(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content, "utf-8")
    with pytest.raises(ModelError, match="extract train"):
        read_tagger(tmp_path)


def test_a_model_may_name_the_taggers_beside_it(tmp_path: Path) -> None:
    assert read_members(tmp_path) == ((tmp_path, 1.0),)
    (tmp_path / "beside.json").write_text('{".": 2, "../fast": 1, "../cnn": 1}', "utf-8")
    assert read_members(tmp_path) == ((tmp_path, 0.5), (tmp_path / "../fast", 0.25), (tmp_path / "../cnn", 0.25))
    (tmp_path / "beside.json").write_text("[1]", "utf-8")
    with pytest.raises(ModelError, match="folders and shares"):
        read_members(tmp_path)
