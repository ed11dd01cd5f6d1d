"""The whole way on the toy world: train, keep, read again, evaluate, predict, explain."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars
import pytest
from typer.testing import CliRunner

from cli import app
from gnn.evaluate import evaluate_files, evaluate_model
from gnn.explain import additive_terms, explain_files
from gnn.model import METAPATH_FLOOR
from gnn.model_folder import read_model
from gnn.path_graph import BY_NAME
from gnn.predict import predict_files
from gnn.task import build_open_queries, to_places
from gnn.train import TrainReport, split_pairs, train_triples
from gnn.triples import build_triples, to_pair_ids
from kg.errors import InputError, ModelError, UnknownNameError
from tests.gnn.toy import toy_config, toy_rows, toy_triples

DEV = [("Drug::00", "Disease::0"), ("Drug::13", "Disease::5"), ("Drug::22", "Disease::2")]
TEST = [("Drug::31", "Disease::3"), ("Drug::03", "Disease::4")]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainReport:
    triples = toy_triples()
    out = tmp_path_factory.mktemp("model")
    dev, test = to_pair_ids(triples, DEV), to_pair_ids(triples, TEST)
    return train_triples(triples, toy_config(), dev, out=out, test_pairs=test, inputs=(("toy", "0"),))


def write_pairs(path: Path, pairs: list[tuple[str, str]]) -> Path:
    path.write_text("".join(f"{h}\ttreats\t{t}\n" for h, t in pairs), encoding="utf-8")
    return path


def test_the_toy_world_is_learnt_and_beats_popularity(trained: TrainReport) -> None:
    told = trained.to_json()["test"]
    assert told["rank_type"] == "realistic"
    assert told["side"] == "tail"
    assert told["filtered"] is True
    assert set(told["floors"]) == {"popularity", "co_treatment", "metapath"}
    assert told["mrr"] > told["floors"]["popularity"]["mrr"]


def test_the_pairs_set_aside_are_not_in_the_kept_graph(trained: TrainReport) -> None:
    folder = read_model(trained.out)
    kept = {tuple(pair) for pair in folder.triples.pairs_of("treats").tolist()}
    aside = {tuple(pair) for pair in to_pair_ids(folder.triples, [*DEV, *TEST]).tolist()}
    assert not kept & aside


def test_a_reloaded_model_scores_the_same(trained: TrainReport, tmp_path: Path) -> None:
    again = evaluate_files(trained.out, write_pairs(tmp_path / "dev.tsv", DEV))
    folder = read_model(trained.out)
    places = to_places(folder.model.ground.task, to_pair_ids(folder.triples, DEV))
    assert again.ranks.tolist() == evaluate_model(folder.model, places).ranks.tolist()
    assert folder.run == trained.run


def test_the_same_seed_gives_the_same_weights_whatever_the_order_of_the_input(tmp_path: Path) -> None:
    scores = []
    for number, rows in enumerate((toy_rows(), toy_rows()[::-1])):
        triples = build_triples(rows)
        report = train_triples(triples, toy_config(), to_pair_ids(triples, DEV), out=tmp_path / str(number))
        scores.append(report.dev.ranks.tolist())
        table = tmp_path / f"{number}.parquet"
        predict_files(report.out, "treats", table)
    assert scores[0] == scores[1]
    assert polars.read_parquet(tmp_path / "0.parquet").equals(polars.read_parquet(tmp_path / "1.parquet"))


def test_predictions_hold_every_head_and_tail_known_ones_included(trained: TrainReport, tmp_path: Path) -> None:
    out = tmp_path / "p.parquet"
    assert predict_files(trained.out, "treats", out) == 20 * 8
    table = polars.read_parquet(out)
    assert table.columns == ["head", "relation", "tail", "score", "probability"]
    assert table.select("head", "tail").n_unique() == 160
    assert table["probability"].is_between(0.0, 1.0).all()
    assert table["score"].is_finite().all()


def test_chosen_heads_and_tails_score_as_in_the_whole_table(trained: TrainReport, tmp_path: Path) -> None:
    heads, tails = tmp_path / "heads.txt", tmp_path / "tails.txt"
    heads.write_text("Drug::31\nDrug::00\n", encoding="utf-8")
    tails.write_text("Disease::3\nDisease::0\n", encoding="utf-8")
    predict_files(trained.out, "treats", tmp_path / "all.parquet")
    predict_files(trained.out, "treats", tmp_path / "some.parquet", heads=heads, tails=tails)
    some = polars.read_parquet(tmp_path / "some.parquet")
    assert some["head"].to_list() == ["Drug::31", "Drug::31", "Drug::00", "Drug::00"]
    both = some.join(polars.read_parquet(tmp_path / "all.parquet"), on=["head", "tail"], suffix="_all")
    assert both.height == 4
    assert both["score"].to_numpy() == pytest.approx(both["score_all"].to_numpy(), abs=1e-4)


def test_an_explanation_walks_through_the_class(trained: TrainReport) -> None:
    told = explain_files(trained.out, "Drug::31", "treats", "Disease::3")
    assert set(told) >= {"score", "probability", "paths"}
    best = told["paths"][0]
    assert best["nodes"][0] == "Drug::31"
    assert best["nodes"][-1] == "Disease::3"
    assert len(best["edges"]) == len(best["nodes"]) - 1
    shares = [path["share"] for path in told["paths"]]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1.0 + 1e-6
    assert ["Drug::31", "Gene::3", "Disease::3"] in [path["nodes"] for path in told["paths"]]
    for path in told["paths"]:
        assert path["sources"] == [[] if edge == BY_NAME else ["toy.tsv"] for edge in path["edges"]]


def test_a_shown_path_names_what_states_its_edges(trained: TrainReport) -> None:
    shown = CliRunner().invoke(app, ["explain", "--model", str(trained.out), "Drug::31", "treats", "Disease::3"])
    assert "Drug::31 -[binds; toy.tsv]- Gene::3" in shown.stdout


def test_the_additive_terms_sum_to_the_additive_score(trained: TrainReport) -> None:
    model = read_model(trained.out).model
    queries = build_open_queries(model.ground.task, np.array([19]))
    scores = model.score_members(queries)[METAPATH_FLOOR][0]
    terms = additive_terms(model, 19, 6)
    assert sum(value for _, value in terms) == pytest.approx(scores[6] - scores.mean(), abs=1e-4)
    assert [abs(value) for _, value in terms] == sorted((abs(value) for _, value in terms), reverse=True)


def test_the_own_edge_is_in_no_explanation(trained: TrainReport) -> None:
    told = explain_files(trained.out, "Drug::01", "treats", "Disease::0")
    for path in told["paths"]:
        hops = list(zip(path["nodes"], path["edges"], path["nodes"][1:], strict=False))
        assert ("Drug::01", "treats", "Disease::0") not in hops


def test_a_damaged_folder_gets_a_sentence(trained: TrainReport, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a whole model folder"):
        read_model(tmp_path / "absent")
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in trained.out.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    told = json.loads((copy / "config.json").read_text(encoding="utf-8"))
    del told["config"]["network"]["hidden"]
    (copy / "config.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(ModelError, match="hidden"):
        read_model(copy)
    told["graph_hash"] = "0" * 32
    (copy / "config.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(ModelError, match="not the graph"):
        read_model(copy)


def test_wrong_names_get_a_sentence(trained: TrainReport, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="treats"):
        explain_files(trained.out, "Drug::31", "cures", "Disease::3")
    with pytest.raises(InputError, match="no head"):
        explain_files(trained.out, "Drug::99", "treats", "Disease::3")
    with pytest.raises(UnknownNameError, match="treats"):
        predict_files(trained.out, "cures", tmp_path / "p.parquet")


def test_split_parts_are_disjoint() -> None:
    pairs = np.stack([np.arange(20), np.arange(20)], axis=1)
    first, second = split_pairs(pairs, (0.1, 0.2), seed=3)
    assert (len(first), len(second)) == (2, 4)
    assert not set(first[:, 0].tolist()) & set(second[:, 0].tolist())
