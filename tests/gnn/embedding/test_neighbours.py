"""Sampling keeps within the fan-out, tells who is heard by whom, and never a batch's own edges."""

from __future__ import annotations

import numpy as np

from gnn.embedding.neighbours import Adjacency, Block, all_blocks, build_adjacency, message_keys, sample_blocks
from gnn.triples import Triples, build_triples

NONE = np.zeros(0, np.int64)


def star() -> Triples:
    """Hub h points to ten leaves by r; leaf l0 points to h by s."""
    return build_triples([*(("h", "r", f"l{n}") for n in range(10)), ("l0", "s", "h")])


def heard(adjacency: Adjacency, block: Block) -> set[tuple[int, int, int]]:
    return set(
        zip(
            block.nodes[block.sources].tolist(),
            block.relations.tolist(),
            block.nodes[block.receivers].tolist(),
            strict=True,
        )
    )


def test_a_node_hears_its_neighbours_in_both_directions() -> None:
    graph = star()
    adjacency, ids = build_adjacency(graph), graph.entity_ids()
    (block,) = sample_blocks(adjacency, np.array([ids["l0"]]), 1, 8, NONE, np.random.default_rng(0))
    h, leaf = ids["h"], ids["l0"]
    assert heard(adjacency, block) == {(h, graph.relation_id("r"), leaf), (h, graph.relation_id("s") + 2, leaf)}
    assert block.nodes[: block.num_receivers].tolist() == [leaf]


def test_a_hub_hears_no_more_than_the_fan_out_and_two_layers_are_two_hops() -> None:
    graph = star()
    adjacency, ids = build_adjacency(graph), graph.entity_ids()
    first, last = sample_blocks(adjacency, np.array([ids["h"]]), 2, 3, NONE, np.random.default_rng(0))
    assert len(last.sources) == 3
    assert first.num_receivers == len(last.nodes)
    assert set(last.nodes[1:].tolist()) <= set(range(graph.num_entities)) - {ids["h"]}


def test_left_out_edges_are_heard_in_neither_direction() -> None:
    graph = star()
    adjacency, ids = build_adjacency(graph), graph.entity_ids()
    own = message_keys(adjacency, np.array([ids["h"]]), np.array([graph.relation_id("r")]), np.array([ids["l0"]]))
    nodes = np.array(sorted([ids["h"], ids["l0"]]))
    (block,) = sample_blocks(adjacency, nodes, 1, 100, own, np.random.default_rng(0))
    found = heard(adjacency, block)
    assert (ids["h"], graph.relation_id("r"), ids["l0"]) not in found
    assert (ids["l0"], graph.relation_id("r") + 2, ids["h"]) not in found
    assert (ids["h"], graph.relation_id("s") + 2, ids["l0"]) in found
    assert len(found) == 11 * 2 - 9 - 2


def test_all_blocks_hold_every_message_once() -> None:
    adjacency = build_adjacency(star())
    blocks = list(all_blocks(adjacency, max_messages=4))
    assert len(blocks) > 2
    assert np.concatenate([block.nodes for block in blocks]).tolist() == list(range(adjacency.num_nodes))
    assert sum(len(block.sources) for block in blocks) == 22
