"""Chunks of one relation, corruptions of the right types, hard negatives where the graph has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnn.embedding.batches import build_source, cut_chunks
from gnn.embedding.config import config_of_family
from gnn.triples import Triples, build_triples

ROWS = [
    ("Drug::a", "treats", "Disease::x"),
    ("Drug::b", "treats", "Disease::y"),
    ("Drug::a", "harms", "Disease::y"),
    ("Drug::a", "harms", "Disease::x"),
    ("Drug::c", "causes", "Disease::x"),
    ("Drug::c", "binds", "Gene::1"),
]


def triples() -> Triples:
    return build_triples(ROWS)


def names(graph: Triples, ids: np.ndarray) -> set[str]:
    return {graph.entities[i] for i in ids.ravel().tolist() if i >= 0}


def test_every_edge_is_in_a_chunk_of_its_own_relation() -> None:
    graph = triples()
    chunks = cut_chunks(graph.edges, 4, np.random.default_rng(0))
    assert chunks.shape == (4, 4, 3)
    assert (chunks[:, :, 1] == chunks[:, :1, 1]).all()
    assert {tuple(edge) for edge in chunks.reshape(-1, 3).tolist()} == {tuple(edge) for edge in graph.edges.tolist()}


def test_corruptions_have_the_types_of_the_relation() -> None:
    graph, config = triples(), replace(config_of_family("complex", "treats"), share=2, num_negatives=20, batch_size=100)
    (batch,) = build_source(graph, config).batches(0)
    rows = batch.relations == graph.relation_id("binds")
    assert names(graph, batch.wrong_heads[rows]) == {"Drug::a", "Drug::b", "Drug::c"}
    assert names(graph, batch.wrong_tails[rows]) == {"Gene::1"}
    untyped = build_source(graph, replace(config, typed_negatives=False))
    (batch,) = untyped.batches(0)
    assert "Disease::x" in names(graph, batch.wrong_tails[rows])


def test_what_harms_is_a_hard_negative_of_what_treats_unless_it_also_treats() -> None:
    graph = triples()
    config = replace(
        config_of_family("complex", "treats"), share=2, contraindication="harms", hard_negatives=("causes",)
    )
    (batch,) = build_source(graph, config).batches(0)
    ids = graph.entity_ids()
    treats = batch.relations == graph.relation_id("treats")
    of_a = treats[:, None] & (batch.heads == ids["Drug::a"])
    of_b = treats[:, None] & (batch.heads == ids["Drug::b"])
    assert names(graph, batch.hard_tails[of_a]) == {"Disease::y"}
    assert (batch.hard_tails[of_b] == -1).all()
    assert names(graph, batch.hard_heads[of_a]) == {"Drug::c"}
    assert names(graph, batch.hard_heads[of_b]) == {"Drug::a"}
    binds = batch.relations == graph.relation_id("binds")
    assert (batch.hard_tails[binds] == -1).all()


def test_the_contraindication_head_has_what_treats_as_its_hard_negatives() -> None:
    graph = triples()
    config = replace(config_of_family("complex", "treats"), share=1, contraindication="harms")
    (batch,) = build_source(graph, config).batches(0)
    harms = batch.relations == graph.relation_id("harms")
    assert names(graph, batch.hard_heads[harms]) == {"Drug::b"}


def test_an_epoch_is_decided_by_seed_and_number() -> None:
    source = build_source(triples(), replace(config_of_family("complex", "treats"), share=2))
    first, again, other = (next(source.batches(epoch)) for epoch in (1, 1, 2))
    assert np.array_equal(first.wrong_tails, again.wrong_tails)
    assert not np.array_equal(first.wrong_tails, other.wrong_tails)


def test_a_short_epoch_keeps_all_edges_to_be_learnt() -> None:
    graph = triples()
    source = build_source(graph, replace(config_of_family("complex", "treats"), share=1, edges_per_epoch=3))
    (batch,) = source.batches(0)
    assert len(batch.relations) == 3
    assert int((batch.relations == graph.relation_id("treats")).sum()) == 2
