"""Gradient-trained families on the toy world: learnt, kept, read again, resumed to the last bit, in two heads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from gnn.embedding import fit
from gnn.embedding.checkpoint import NAME
from gnn.embedding.config import EmbeddingConfig, GcnConfig, config_of_family
from gnn.embedding.folder import read_embedding
from gnn.embedding.train import EmbeddingRun, train_embedding
from gnn.task import build_open_queries
from gnn.triples import Triples, build_triples, to_pair_ids
from kg.errors import InputError, ModelError, ResourceError, UnknownNameError
from tests.gnn.toy import toy_rows, toy_triples

DEV = [("Drug::00", "Disease::0"), ("Drug::13", "Disease::5"), ("Drug::22", "Disease::2")]
FAMILIES = ("complex", "rotate", "rgcn")


def small(family: str, **changes: object) -> EmbeddingConfig:
    config = config_of_family(family, "treats")
    gcn = GcnConfig(fan_out=4, num_bases=2, dropout=0.1)
    sizes = {"dim": 8, "epochs": 6, "batch_size": 32, "share": 8, "num_negatives": 8, "edges_per_epoch": 0}
    return replace(config, gcn=gcn, **(sizes | changes))


def train(
    triples: Triples, config: EmbeddingConfig, out: Path, *, resume: bool = False, **more: object
) -> EmbeddingRun:
    run = train_embedding(triples, config, [to_pair_ids(triples, DEV)], out=out, resume=resume, **more)
    assert run is not None
    return run


def weights_of(out: Path) -> dict[str, torch.Tensor]:
    return torch.load(out / "weights.pt", weights_only=True)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_toy_world_is_learnt(family: str, tmp_path: Path) -> None:
    run = train(toy_triples(), small(family, epochs=40, patience=0), tmp_path)
    told = run.dev[0].to_json()
    assert set(told["floors"]) == {"popularity", "co_treatment", "metapath"}
    task = run.folder.model.task
    scores = run.folder.model.score(build_open_queries(task, np.arange(20)))
    known = task.known() > 0
    above = (scores[known][:, None] > scores[~known][None, :]).mean()
    assert above > 0.9
    card = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {family} model")
    assert int(card.partition("- edges a second: ")[2].partition("\n")[0]) > 0
    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_killed_run_resumed_has_the_weights_of_an_undisturbed_one(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    triples, config = toy_triples(), small(family, evaluate_every=2)
    train(triples, config, tmp_path / "whole")
    real, calls = fit._train_epoch, []

    def killed(*arguments: object) -> tuple[float, int, float]:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(fit, "_train_epoch", killed)
        with pytest.raises(KeyboardInterrupt):
            train(triples, config, tmp_path / "cut")
    with pytest.raises(ModelError, match="--resume"):
        train(triples, config, tmp_path / "cut")
    train(triples, config, tmp_path / "cut", resume=True)
    whole, cut = weights_of(tmp_path / "whole"), weights_of(tmp_path / "cut")
    assert whole.keys() == cut.keys()
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


def test_another_order_of_the_input_and_the_same_seed_give_the_same_weights(tmp_path: Path) -> None:
    for number, rows in enumerate((toy_rows(), toy_rows()[::-1])):
        train(build_triples(rows), small("complex"), tmp_path / str(number))
    first, second = weights_of(tmp_path / "0"), weights_of(tmp_path / "1")
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_reloaded_model_scores_the_same(family: str, tmp_path: Path) -> None:
    run = train(toy_triples(), small(family), tmp_path)
    again = read_embedding(tmp_path)
    assert torch.equal(run.folder.model.vectors, again.model.vectors)
    assert (again.model.slope, again.model.offset) == (run.folder.model.slope, run.folder.model.offset)
    assert again.run == run.folder.run
    assert list((tmp_path / "logs").glob("events*")), "TensorBoard's events"


def test_the_best_epoch_is_kept_and_training_stops_when_dev_stops_rising(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter([0.2, 0.5, 0.4, 0.3, 0.9])
    monkeypatch.setattr("gnn.embedding.train.dev_mrr", lambda *_: next(told))
    train(toy_triples(), small("complex", evaluate_every=1, patience=2, epochs=5), tmp_path / "stopped")
    assert next(told) == 0.9
    monkeypatch.undo()
    train(toy_triples(), small("complex", evaluate_every=1, patience=0, epochs=2), tmp_path / "two")
    stopped, two = weights_of(tmp_path / "stopped"), weights_of(tmp_path / "two")
    assert all(torch.equal(stopped[name], two[name]) for name in two)


def test_a_checkpoint_of_another_graph_or_a_damaged_one_gets_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    triples, config = toy_triples(), small("complex")
    monkeypatch.setattr("gnn.embedding.train.end_checkpoint", lambda out: None)
    train(triples, config, tmp_path)
    other = build_triples([*toy_rows(), ("Drug::00", "binds", "Gene::3")])
    with pytest.raises(ModelError, match="the graph, the settings or the seed differ"):
        train(other, config, tmp_path, resume=True)
    with pytest.raises(ModelError, match="the graph, the settings or the seed differ"):
        train(triples, replace(config, dim=4), tmp_path, resume=True)
    (tmp_path / NAME).write_bytes(b"not a checkpoint")
    with pytest.raises(ModelError, match="damaged"):
        train(triples, config, tmp_path, resume=True)


def test_a_full_device_and_a_loss_that_is_no_number_lose_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, real = small("complex", evaluate_every=1), fit.train_batch
    calls: list[int] = []

    def full(*arguments: object) -> torch.Tensor:
        calls.append(1)
        if len(calls) > 12:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(fit, "train_batch", full)
        with pytest.raises(ResourceError, match=r"lower batch_size .* --resume"):
            train(toy_triples(), config, tmp_path / "full")
    assert (tmp_path / "full" / NAME).is_file()
    with pytest.raises(ModelError, match="not a number in epoch 1"):
        train(toy_triples(), replace(config, initial_scale=1e30), tmp_path / "nan")


def test_two_heads_are_trained_together_and_answered_apart(tmp_path: Path) -> None:
    rows = [*toy_rows(), *((f"Drug::{g}{n}", "harms", f"Disease::{(g + 1) % 4}") for g in range(4) for n in range(5))]
    triples = build_triples(rows)
    config = small("complex", contraindication="harms", hard_negatives=("causes",), epochs=40, patience=0)
    dev = [to_pair_ids(triples, DEV), to_pair_ids(triples, [("Drug::00", "Disease::1"), ("Drug::32", "Disease::0")])]
    run = train_embedding(triples, config, dev, out=tmp_path)
    assert run is not None
    treats, harms = (read_embedding(tmp_path).model_of(name) for name in ("treats", "harms"))
    with pytest.raises(UnknownNameError, match="harms"):
        read_embedding(tmp_path).model_of("cures")
    assert [treats.task.relation, harms.task.relation] == ["treats", "harms"]
    assert [len(one.ranks) for one in run.dev] == [3, 2]
    scores = treats.score(build_open_queries(treats.task, np.arange(20)))
    harmed, known = harms.task.known() > 0, treats.task.known() > 0
    assert scores[harmed & ~known].mean() < scores[~harmed & ~known].mean()


def test_wrong_settings_get_a_sentence() -> None:
    with pytest.raises(UnknownNameError, match="rgcn"):
        config_of_family("transe", "treats")
    with pytest.raises(UnknownNameError, match="softmax"):
        small("complex", loss="hinge")
    with pytest.raises(InputError, match="dim is 0"):
        small("complex", dim=0)
    with pytest.raises(InputError, match="learning_rate is nan"):
        small("complex", learning_rate=float("nan"))
