"""What is kept of a graph, and that it can be built again by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnn.space import Space, SpaceChoice, SpaceConfig, build_space, build_task_graph, choose_space
from gnn.task import build_task
from gnn.triples import build_triples
from kg.errors import ModelError
from tests.gnn.toy import toy_triples

CONFIG = SpaceConfig()


def build() -> tuple[SpaceChoice, Space]:
    triples = toy_triples()
    graph = build_task_graph(triples, build_task(triples, "treats"))
    choice = choose_space(graph, CONFIG)
    return choice, build_space(graph, choice, CONFIG.max_metapath_length)


def test_the_relation_itself_is_walked_nowhere() -> None:
    choice, space = build()
    walked = [*choice.head_channels, *choice.tail_channels, *choice.metapaths]
    assert not any("treats" in name for name in walked)
    assert space.metapath_names == ("binds · linked_to",)


def test_the_channel_that_tells_the_classes_apart_comes_first() -> None:
    # drugs of a class bind the same gene and treat the same disease; effects say nothing about classes
    choice, _ = build()
    assert choice.head_channels[:2] == ("binds", "causes")


def test_shapes_fit_the_task() -> None:
    _, space = build()
    assert space.metapaths.shape == (1, 20, 8)
    assert space.heads.scaled.shape[1:] == (20, 20)
    assert space.head_degrees.shape == (20, 2)
    assert space.head_degrees[0] == pytest.approx(np.log([2.0, 2.0]))


def test_another_graph_is_refused() -> None:
    choice, _ = build()
    other = build_triples([("Drug::1", "treats", "Disease::1"), ("Drug::2", "treats", "Disease::2")])
    graph = build_task_graph(other, build_task(other, "treats"))
    with pytest.raises(ModelError, match="another graph"):
        build_space(graph, replace(choice, head_anchors=np.array([0]), tail_anchors=np.array([0])), 3)


def test_one_type_on_both_sides_is_one_type() -> None:
    triples = build_triples([("G::1", "meets", "G::2"), ("G::2", "meets", "G::3"), ("G::1", "in", "P::1")])
    graph = build_task_graph(triples, build_task(triples, "meets"))
    assert graph.head_type == graph.tail_type == "G"


def test_progress_of_every_stage_ends_at_its_total() -> None:
    told: dict[str, list[tuple[int, int | None]]] = {}
    triples = toy_triples()
    graph = build_task_graph(triples, build_task(triples, "treats"))
    choose_space(graph, CONFIG, progress=lambda label, done, total: told.setdefault(label, []).append((done, total)))
    assert list(told) == ["choosing channels of Drug", "choosing channels of Disease", "choosing metapaths"]
    for steps in told.values():
        total = steps[-1][1]
        assert steps == [(done, total) for done in range((total or 0) + 1)]
