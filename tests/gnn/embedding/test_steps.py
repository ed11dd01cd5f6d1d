"""Threads prepare the very steps that come without them, in order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnn.embedding.batches import build_source
from gnn.embedding.config import config_of_family
from gnn.embedding.distributed import World
from gnn.embedding.neighbours import build_adjacency
from gnn.embedding.steps import Step, prepare_epoch
from tests.gnn.toy import toy_triples


def steps_of(*, in_threads: bool, world: World | None = None) -> list[Step]:
    triples = toy_triples()
    config = replace(config_of_family("rgcn", "treats"), batch_size=8, share=4, num_negatives=4)
    source = build_source(triples, config)
    return list(prepare_epoch(source, build_adjacency(triples), 1, world or World(), in_threads=in_threads))


def test_threads_change_nothing() -> None:
    plain, threaded = steps_of(in_threads=False), steps_of(in_threads=True)
    assert len(plain) == len(threaded) > 8
    for one, other in zip(plain, threaded, strict=True):
        assert np.array_equal(one.nodes, other.nodes)
        assert np.array_equal(one.batch.wrong_tails, other.batch.wrong_tails)
        for block, again in zip(one.blocks, other.blocks, strict=True):
            assert np.array_equal(block.sources, again.sources)
            assert np.array_equal(block.receivers, again.receivers)


def test_an_error_while_preparing_reaches_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("gnn.embedding.steps.sample_blocks", broken)
    with pytest.raises(MemoryError):
        steps_of(in_threads=True)


def test_processes_share_a_batch() -> None:
    whole = steps_of(in_threads=False)
    shares = [steps_of(in_threads=False, world=World(rank, 2)) for rank in range(2)]
    for step, first, second in zip(whole, *shares, strict=True):
        assert first.weight + second.weight == pytest.approx(1.0)
        assert first.num_edges == step.num_edges == step.batch.heads.size
        assert np.array_equal(np.concatenate([first.batch.heads, second.batch.heads]), step.batch.heads)
