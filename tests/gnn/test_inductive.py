"""A disease that no training ever saw, described by a gene or a text, is ranked where it belongs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars
import pytest

from gnn.inductive import NewEntities, add_entities, read_new_entities
from gnn.predict import predict_files
from gnn.run import train_run
from gnn.settings import TrainSettings
from gnn.train import train_triples
from gnn.triples import build_triples, to_pair_ids
from kg.errors import InputError, UnknownNameError
from tests.gnn.toy import toy_config, toy_rows, toy_triples

DEV = [("Drug::00", "Disease::0"), ("Drug::13", "Disease::5"), ("Drug::22", "Disease::2")]
NEW = "Gene::2\tlinked_to\tDisease::new\nDisease::new\tname\tA disease of class two\n"


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ensemble")
    triples = toy_triples()
    train_triples(triples, replace(toy_config(), num_networks=2), to_pair_ids(triples, DEV), out=out)
    return out


@pytest.fixture(scope="module")
def rgcn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = {"dim": 16, "epochs": 60, "batch_size": 32, "share": 8, "num_negatives": 8, "edges_per_epoch": 0}
    out = tmp_path_factory.mktemp("rgcn")
    told = settings | {"patience": 0, "learning_rate": 0.1, "gcn": {"dropout": 0.0, "own_dropout": 0.5}}
    train_run(TrainSettings("treats", out, model="rgcn", settings=told), lambda: build_triples(toy_rows()))
    return out


def drugs_of(model: Path, text: str, folder: Path) -> list[str]:
    (folder / "new.tsv").write_text(text, encoding="utf-8")
    predict_files(model, "treats", folder / "p.parquet", new=folder / "new.tsv")
    table = polars.read_parquet(folder / "p.parquet")
    assert table["tail"].unique().to_list() == ["Disease::new"]
    assert table.height == 20
    return table.sort("probability", descending=True)["head"].to_list()


@pytest.mark.parametrize(("family", "first", "fewest"), [("ensemble", 2, 2), ("rgcn", 5, 3)])
def test_the_drugs_of_its_gene_come_first(
    family: str, first: int, fewest: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # the ensemble's probabilities are of a row: a drug that has all diseases of its own class has little else to choose
    best = drugs_of(request.getfixturevalue(family), NEW, tmp_path)[:first]
    assert sum(drug.startswith("Drug::2") for drug in best) >= fewest


def test_another_gene_gives_another_order(ensemble: Path, tmp_path: Path) -> None:
    best = drugs_of(ensemble, NEW.replace("Gene::2", "Gene::3"), tmp_path)[:2]
    assert all(drug.startswith("Drug::3") for drug in best)


def test_a_text_alone_speaks_through_names_that_are_alike(tmp_path: Path) -> None:
    words = ("cardiac arrhythmia", "renal insufficiency", "pulmonary fibrosis", "cerebral ataxia")
    names = {f"Disease::{n}": f"{words[n % 4]} {'early' if n < 4 else 'late'} onset" for n in range(8)}
    triples = build_triples(toy_rows(), names=names)
    train_triples(triples, toy_config(), to_pair_ids(triples, DEV), out=tmp_path / "m")
    for group, word in enumerate(words):
        drugs_of(tmp_path / "m", f"Disease::new\tname\t{word} of childhood\n", tmp_path)
        table = polars.read_parquet(tmp_path / "p.parquet")
        means = table.group_by(table["head"].str.slice(0, 7).alias("class")).agg(polars.col("score").mean())
        assert means.sort("score")["class"][-1] == f"Drug::{group}", word


def test_the_known_ones_are_numbered_as_before() -> None:
    triples = toy_triples()
    new = NewEntities((("Gene::2", "linked_to", "AAA::first"),), {}, {"AAA::first": "Disease"})
    extended, added = add_entities(triples, new, "Disease")
    assert added == ("AAA::first",)
    assert extended.entities[:-1] == triples.entities
    assert extended.types[-1] == "Disease"
    assert len(extended.edges) == len(triples.edges) + 1


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("Gene::2\tlinked_to\tDisease::0\n", InputError, "known already"),
        ("Gene::2\tlinked_to\tDisease::0\nDisease::n\tname\tx\n", InputError, "names no new entity"),
        ("Gene::2\tlinks\tDisease::n\n", UnknownNameError, "linked_to"),
        ("Disease::n\ttype\tDisease\n", InputError, "Nothing describes"),
        ("Gene::2\tlinked_to\tGene::n\nGene::n\ttype\tGene\n", UnknownNameError, "Drug"),
    ],
)
def test_a_wrong_description_gets_a_sentence(
    ensemble: Path, tmp_path: Path, text: str, error: type[Exception], sentence: str
) -> None:
    (tmp_path / "new.tsv").write_text(text, encoding="utf-8")
    with pytest.raises(error, match=sentence):
        predict_files(ensemble, "treats", tmp_path / "p.parquet", new=tmp_path / "new.tsv")


def test_a_look_up_says_that_it_cannot(tmp_path: Path) -> None:
    small = {"dim": 4, "epochs": 1}
    train_run(TrainSettings("treats", tmp_path, model="complex", settings=small), lambda: build_triples(toy_rows()))
    (tmp_path / "new.tsv").write_text(NEW, encoding="utf-8")
    assert read_new_entities(tmp_path / "new.tsv").names == {"Disease::new": "A disease of class two"}
    with pytest.raises(InputError, match="no vector for entities that it has not seen"):
        predict_files(tmp_path, "treats", tmp_path / "p.parquet", new=tmp_path / "new.tsv")
