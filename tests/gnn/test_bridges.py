"""Names around a head against names around a tail: what is alike, and what must not be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from gnn.bridges import build_bridges, discover_bridges, list_alike_names, read_name_vectors
from gnn.explain import explain_files
from gnn.features import BY_NAMES, build_features
from gnn.metagraph import Dense
from gnn.model import additive_columns, choose_ground, walk_data
from gnn.model_folder import read_model
from gnn.name_vectors import NO_NAMES, WIDTH, NameVectors
from gnn.predict import score_pairs
from gnn.space import SpaceConfig, TaskGraph, build_task_graph, choose_space, offered_bridges
from gnn.task import build_task, build_training_queries
from gnn.train import train_triples
from gnn.triples import Row, Triples, build_triples, exclude_pairs, to_pair_ids
from kg.errors import ModelError
from tests.gnn.toy import toy_config, toy_rows

AILMENTS = ("asthma", "hypertension", "depression", "malaria")
EFFECTS = ("bronchospasm", "high blood pressure", "low mood", "parasitic fever", "nausea")
NAMES = {f"Disease::{n}": f"{AILMENTS[n % 4]}{' of childhood' if n > 3 else ''}" for n in range(8)} | {
    f"Effect::{n}": name for n, name in enumerate(EFFECTS)
}
DEV = [("Drug::00", "Disease::0"), ("Drug::13", "Disease::5"), ("Drug::22", "Disease::2")]


def graph_of(names: Mapping[str, str], rows: Sequence[Row] | None = None) -> TaskGraph:
    return to_graph(build_triples(toy_rows() if rows is None else rows, names=names))


def to_graph(triples: Triples) -> TaskGraph:
    return build_task_graph(triples, build_task(triples, "treats"))


def build(graph: TaskGraph) -> dict[str, Dense]:
    found = discover_bridges(graph)
    vectors = read_name_vectors(graph, found, NO_NAMES)
    return dict(zip([bridge.name for bridge in found], build_bridges(graph, found, vectors), strict=True))


def test_only_types_with_names_are_joined() -> None:
    assert sorted(build(graph_of(NAMES))) == ["causes ~ name", "causes ~ name (pooled)"]
    assert discover_bridges(graph_of({})) == []
    assert discover_bridges(graph_of({"Effect::0": "nausea"})) == []


def test_an_effect_points_to_the_disease_that_it_is_called_like() -> None:
    # drug d of every class causes effect d alone
    for name, alike in build(graph_of(NAMES)).items():
        for number in range(4):
            assert int(alike[number, :4].argmax()) == number, name


def test_likeness_by_hand() -> None:
    rows = [("D::a", "causes", "E::1"), ("D::a", "causes", "E::2"), ("D::b", "causes", "E::2")]
    rows += [("D::a", "treats", "T::x"), ("D::b", "treats", "T::y")]
    graph = graph_of({"E::1": "p", "E::2": "q", "T::x": "p", "T::y": "q"}, rows)
    vectors = np.zeros((2, WIDTH), np.float16)
    vectors[0, 0] = vectors[1, 1] = 1.0
    pooled, summed = build_bridges(graph, discover_bridges(graph), NameVectors(("p", "q"), vectors))
    # about their mean the two names are opposite; E::2 has two drugs, so it counts 1 / sqrt 2
    assert summed == pytest.approx(np.array([[0.6, 0.6 * 0.5**0.5], [0.0, 0.6 * 0.5**0.5]]), abs=1e-5)
    assert pooled == pytest.approx(np.array([[1.0, -1.0], [-1.0, 1.0]]), abs=1e-5)


def test_the_names_that_are_alike_add_up_to_the_bridge() -> None:
    graph = graph_of(NAMES)
    found = discover_bridges(graph)
    vectors = read_name_vectors(graph, found, NO_NAMES)
    told = list_alike_names(graph, found, vectors, 1, 1)
    assert [(names.bridge, names.head_side, names.tail_side) for names in told] == [
        ("causes ~ name", graph.metagraph.members["Effect"][1], graph.metagraph.members["Disease"][1])
    ]
    assert sum(names.value for names in told) == pytest.approx(build(graph)["causes ~ name"][1, 1])


def test_no_bridge_sees_the_pairs_to_be_predicted() -> None:
    triples = build_triples(toy_rows(), names=NAMES)
    without = exclude_pairs(triples, "treats", triples.pairs_of("treats")[::3])
    for name, alike in build(to_graph(triples)).items():
        assert np.array_equal(alike, build(to_graph(without))[name])


def test_the_order_of_the_input_changes_nothing() -> None:
    shuffled = [toy_rows()[place] for place in np.random.default_rng(0).permutation(len(toy_rows())).tolist()]
    for name, alike in build(graph_of(dict(reversed(NAMES.items())), shuffled)).items():
        assert np.array_equal(alike, build(graph_of(NAMES))[name])


def test_as_many_are_kept_as_the_settings_say() -> None:
    graph = graph_of(NAMES)
    assert len(choose_space(graph, SpaceConfig()).bridges) == 2
    assert len(choose_space(graph, SpaceConfig(max_bridges=1)).bridges) == 1
    assert choose_space(graph, SpaceConfig(max_bridges=0)).bridges == ()
    assert choose_space(graph_of({}), SpaceConfig()).bridges == ()
    assert len(choose_space(graph, SpaceConfig(max_cells=20 * 8)).bridges) == 1
    assert offered_bridges(graph, SpaceConfig(max_cells=20)) == []


def test_the_members_read_them_and_the_floor_does_not() -> None:
    _, ground = choose_ground(build_triples(toy_rows(), names=NAMES), toy_config())
    names, raw = build_features(ground.space, ground.ridges, build_training_queries(ground.task))
    alike = np.array([name.startswith(BY_NAMES) for name in names])
    assert alike.sum() == 2
    assert raw[..., alike].any()
    assert walk_data(ground.space).extra.shape == (20, 8, len(ground.space.metapaths) + 2)

    class Relative:
        relative = np.ones(len(names), bool)

    assert not additive_columns(names, Relative)[np.concatenate([alike, alike])].any()  # type: ignore[arg-type]


def test_a_kept_model_scores_the_same_and_encodes_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    triples = build_triples(toy_rows(), names=NAMES)
    train_triples(triples, toy_config(), to_pair_ids(triples, DEV), out=tmp_path)
    assert "causes ~ name" in (tmp_path / "card.md").read_text(encoding="utf-8")
    first = score_pairs(read_model(tmp_path).model)
    told = explain_files(tmp_path, "Drug::01", "treats", "Disease::1")["names"][0]
    assert (told["bridge"], told["head_side"], told["tail_side"]) == ("causes ~ name", "Effect::1", "Disease::1")

    def refuse(_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("gnn.name_vectors._encode", refuse)
    assert np.array_equal(first.scores, score_pairs(read_model(tmp_path).model).scores)
    (tmp_path / "names.npz").unlink()
    with pytest.raises(ModelError, match=r"names\.npz is missing"):
        read_model(tmp_path)
