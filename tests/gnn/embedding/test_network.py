"""The encoder by sampling equals the encoder over everything when nothing is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from gnn.embedding.config import GcnConfig, config_of_family
from gnn.embedding.neighbours import build_adjacency, sample_blocks
from gnn.embedding.network import Network
from tests.gnn.toy import toy_triples


def test_sampled_and_whole_encoding_agree_when_the_fan_out_is_wide() -> None:
    triples = toy_triples()
    config = replace(config_of_family("rgcn", "treats"), dim=4, gcn=GcnConfig(fan_out=1000))
    torch.manual_seed(0)
    network = Network(config, len(triples.relations)).eval()
    table, adjacency = torch.randn(triples.num_entities, 8), build_adjacency(triples)
    nodes = np.array([0, 3, 7])
    blocks = sample_blocks(adjacency, nodes, 2, 1000, np.zeros(0, np.int64), np.random.default_rng(0))
    with torch.no_grad():
        sampled = network.encode(table[torch.from_numpy(blocks[0].nodes)], blocks)
    whole = network.encode_all(table, adjacency)[torch.from_numpy(nodes)]
    assert torch.allclose(sampled, whole, atol=1e-5)


def test_a_message_is_mixed_by_its_relation() -> None:
    triples = toy_triples()
    config = replace(config_of_family("rgcn", "treats"), dim=4)
    network = Network(config, len(triples.relations)).eval()
    table, adjacency = torch.randn(triples.num_entities, 8), build_adjacency(triples)
    before = network.encode_all(table, adjacency)
    with torch.no_grad():
        network.layers[1].mixes[triples.relation_id("treats")] += 1.0
    changed = (network.encode_all(table, adjacency) != before).any(dim=1)
    heard = np.unique(triples.pairs_of("treats")[:, 1])
    assert set(np.flatnonzero(changed.numpy()).tolist()) == set(heard.tolist())
