"""Runs by file or option, of every family."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars
import pytest
import torch

from gnn.evaluate import evaluate_files
from gnn.explain import explain_files
from gnn.folders import read_folder
from gnn.predict import predict_files
from gnn.run import train_run
from gnn.settings import MODELS, TrainSettings, read_settings
from gnn.triples import Triples, build_triples
from kg.errors import InputError, ResourceError, UnknownNameError
from tests.gnn.toy import toy_config, toy_rows

SMALL = {"dim": 8, "epochs": 6, "batch_size": 32, "share": 8, "num_negatives": 8}


def no_graph() -> Triples:
    raise AssertionError("the graph store is not asked where files are given")


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "g.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in toy_rows()), encoding="utf-8")
    return path


def test_files_are_trained_on_with_a_tenth_set_aside(graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnn.run.ModelConfig", lambda relation, seed: toy_config(seed))
    settings = TrainSettings("treats", graph.parent / "m", triples=(graph,))
    report = train_run(settings, no_graph)
    assert report is not None
    assert report.dev.metrics.n == 3
    assert report.num_pairs == 28 - 3
    with pytest.raises(UnknownNameError, match="treats"):
        train_run(TrainSettings("treatz", graph.parent / "m", triples=(graph,)), no_graph)


def test_a_config_file_says_all(graph: Path) -> None:
    text = "relation: treats\nout: m\nmodel: complex\ntriples: [g.tsv]\nseed: 3\nsettings: {dim: 8, epochs: 2}\n"
    (graph.parent / "run.yaml").write_text(text, encoding="utf-8")
    report = train_run(read_settings(graph.parent / "run.yaml"), no_graph)
    assert report is not None
    assert report.out == graph.parent / "m"
    assert evaluate_files(report.out, graph).metrics.n == 28
    table = graph.parent / "p.parquet"
    assert predict_files(report.out, "treats", table) == 20 * 8
    assert polars.read_parquet(table)["probability"].is_between(0.0, 1.0).all()
    assert explain_files(report.out, "Drug::31", "treats", "Disease::3")["model_only"] is True


def test_the_graph_store_gives_the_triples_where_no_file_does(tmp_path: Path) -> None:
    settings = TrainSettings("treats", tmp_path, model="rotate", settings=SMALL)
    report = train_run(settings, lambda: build_triples(toy_rows()))
    assert report is not None
    assert report.test is not None
    assert report.num_pairs == 28 - 3 - 3


def test_the_second_head_is_reported_beside_the_first(graph: Path) -> None:
    more = "".join(f"Drug::{g}{n}\tharms\tDisease::{(g + 1) % 4}\n" for g in range(4) for n in range(5))
    graph.write_text(graph.read_text(encoding="utf-8") + more, encoding="utf-8")
    told = SMALL | {"contraindication": "harms", "hard_negatives": ["causes"]}
    settings = TrainSettings("treats", graph.parent / "m", model="complex", triples=(graph,), settings=told)
    report = train_run(settings, no_graph)
    assert report is not None
    assert report.to_json()["heads"]["harms"]["n"] == 2
    assert predict_files(report.out, "harms", graph.parent / "p.parquet") == 20 * 8
    assert evaluate_files(report.out, graph, relation="harms").metrics.n == 20


def test_a_run_tells_what_is_contraindicated_among_the_first(graph: Path) -> None:
    settings = TrainSettings("treats", graph.parent / "m", model="complex", triples=(graph,), settings=SMALL)
    harm = "".join(
        f"Drug::{g}{n}\tcontraindicated_in\tDisease::{d}\n" for g in range(4) for n in range(5) for d in range(8)
    )
    for text, told in (("", None), (harm, {"1": 1.0, "3": 1.0, "10": 1.0})):
        graph.write_text(graph.read_text(encoding="utf-8") + text, encoding="utf-8")
        report = train_run(replace(settings, out=graph.parent / f"m{len(text)}"), no_graph)
        assert report is not None
        assert report.to_json()["dev"]["contraindicated_in_top_k"] == told
    own = replace(settings, relation="contraindicated_in", out=graph.parent / "own")
    report = train_run(own, no_graph)
    assert report is not None
    assert report.to_json()["dev"]["contraindicated_in_top_k"] is None


@pytest.mark.parametrize("family", MODELS)
def test_a_graph_of_one_edge_gets_a_sentence(family: str, tmp_path: Path) -> None:
    (tmp_path / "g.tsv").write_text("Drug::a\ttreats\tDisease::x\n", encoding="utf-8")
    with pytest.raises(InputError, match='"treats" has 0 known pairs beside those set aside'):
        train_run(TrainSettings("treats", tmp_path / "m", model=family, triples=(tmp_path / "g.tsv",)), no_graph)


def test_an_empty_dev_split_gets_a_sentence(graph: Path) -> None:
    (graph.parent / "dev.tsv").write_text("", encoding="utf-8")
    settings = TrainSettings("treats", graph.parent / "m", triples=(graph,), dev=graph.parent / "dev.tsv")
    with pytest.raises(InputError, match='has no triple of the relation "treats"'):
        train_run(settings, no_graph)


def test_a_full_device_gets_a_sentence(graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("gnn.run.train_triples", full)
    monkeypatch.setattr("gnn.run.train_embedding", full)
    for model, advice in (("ensemble", "max_training_candidates"), ("complex", "dim")):
        with pytest.raises(ResourceError, match=f"--device cpu, or lower {advice}"):
            train_run(TrainSettings("treats", graph.parent / "m", model=model, triples=(graph,)), no_graph)


def test_weights_that_are_no_numbers_predict_nothing(graph: Path) -> None:
    out = graph.parent / "m"
    train_run(TrainSettings("treats", out, model="complex", triples=(graph,), settings=SMALL), no_graph)
    weights = torch.load(out / "weights.pt", weights_only=True)
    torch.save(weights | {"table": weights["table"].index_fill(0, torch.tensor([0]), torch.nan)}, out / "weights.pt")
    with pytest.raises(InputError, match="not a number"):
        predict_files(out, "treats", graph.parent / "p.parquet")
    assert not (graph.parent / "p.parquet").exists()


def test_seeds_are_kept_apart_and_evaluated_together(graph: Path) -> None:
    settings = TrainSettings(
        "treats", graph.parent / "m", model="complex", triples=(graph,), num_seeds=2, settings=SMALL
    )
    report = train_run(settings, no_graph)
    assert report is not None
    assert report.dev.ranks.shape == (2, 3)
    told = evaluate_files(graph.parent / "m", graph).to_json()
    assert told["n"] == 28
    assert told["seeds"]["n"] == 2
    assert told["mrr"] == pytest.approx(sum(told["seeds"]["mrr"]) / 2)
    assert 0.0 < told["floors"]["popularity"]["model_minus_floor"]["p"] <= 1.0


def test_a_control_says_so_in_its_folder(graph: Path) -> None:
    settings = TrainSettings("treats", graph.parent / "m", model="complex", triples=(graph,), control="degree-permuted")
    report = train_run(replace(settings, settings=SMALL), no_graph)
    plain = train_run(replace(settings, control="", out=graph.parent / "n", settings=SMALL), no_graph)
    assert report is not None
    assert plain is not None
    assert report.run != plain.run
    assert dict(read_folder(report.out).inputs)["control"] == "degree-permuted"
    with pytest.raises(UnknownNameError, match="degree-permuted"):
        train_run(replace(settings, control="shuffled"), no_graph)


def test_what_a_run_lacks_gets_a_sentence(graph: Path) -> None:
    with pytest.raises(InputError, match="no relation; give --relation"):
        train_run(TrainSettings(out=graph.parent), no_graph)
    with pytest.raises(InputError, match="no out; give --out"):
        train_run(TrainSettings("treats"), no_graph)
    with pytest.raises(UnknownNameError, match="ensemble"):
        train_run(TrainSettings("treats", graph.parent, model="transe"), no_graph)
    with pytest.raises(InputError, match="keeps no checkpoint"):
        train_run(TrainSettings("treats", graph.parent, triples=(graph,)), no_graph, resume=True)
