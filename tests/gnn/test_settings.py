"""What a training file may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnn.embedding.config import config_of_family
from gnn.settings import apply_settings, read_settings
from kg.errors import FormatError, InputError, UnknownNameError


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path / "a.yaml", "out: m\ndev: d.tsv\ntriples: g.tsv\n"))
    assert settings.out == tmp_path / "m"
    assert settings.dev == tmp_path / "d.tsv"
    assert settings.triples == (tmp_path / "g.tsv",)


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("learning: fast\n", UnknownNameError, "no setting in .*a.yaml .learning.; allowed: .*relation"),
        ("- a\n", FormatError, "holds no settings"),
        ("a: [\n", FormatError, "is not YAML"),
        ("seed: many\n", FormatError, "`seed` is 'many'; give a value of the kind int"),
    ],
)
def test_a_wrong_file_gets_a_sentence(tmp_path: Path, text: str, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        read_settings(written(tmp_path / "a.yaml", text))


def test_an_absent_file_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_settings(tmp_path / "none.yaml")


def test_settings_reach_nested_configs_and_keep_the_rest() -> None:
    config = apply_settings(config_of_family("rgcn", "treats", 3), {"dim": 8, "gcn": {"fan_out": 2}, "penalty": 1})
    assert (config.dim, config.gcn.fan_out, config.penalty) == (8, 2, 1.0)
    assert (config.seed, config.gcn.num_layers) == (3, 2)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"dim": "wide"}, "settings.dim is 'wide'; it must be of the kind int"),
        ({"dim": True}, "settings.dim is True"),
        ({"gcn": {"fan": 2}}, "no setting in settings.gcn"),
        ({"dim": {"fan": 2}}, "settings.dim is no group"),
        ({"seed": 3}, 'no setting in settings "seed"'),
    ],
)
def test_a_wrong_setting_gets_a_sentence(told: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        apply_settings(config_of_family("rgcn", "treats"), told)
