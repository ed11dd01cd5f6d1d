"""bfloat16 where it is safe, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from gnn.embedding import precision
from gnn.embedding.batches import build_source
from gnn.embedding.config import EmbeddingConfig, GcnConfig, config_of_family
from gnn.embedding.decoders import ComplEx, RotatE
from gnn.embedding.distributed import World
from gnn.embedding.fit import State, start_state, train_batch
from gnn.embedding.neighbours import build_adjacency
from gnn.embedding.steps import prepare_epoch
from tests.gnn.toy import toy_triples


@pytest.mark.parametrize(
    ("wanted", "device", "mixed"), [(True, "cuda", True), (False, "cuda", False), (True, "cpu", False)]
)
def test_products_are_mixed_on_a_device_that_may(wanted: bool, device: str, mixed: bool) -> None:
    config = replace(config_of_family("complex", "treats"), mixed_precision=wanted)
    assert precision.is_mixed(config, torch.device(device)) is mixed


def one_step(config: EmbeddingConfig, monkeypatch: pytest.MonkeyPatch, *, mixed: bool) -> tuple[State, float]:
    """Train one batch on the CPU, in bfloat16 where asked for although the CPU is never asked outside a test."""
    triples = toy_triples()
    monkeypatch.setattr(precision, "is_mixed", lambda *_: mixed)
    state = start_state(config, triples.num_entities, len(triples.relations), "cpu")
    adjacency = build_adjacency(triples) if config.encoder == "rgcn" else None
    step = next(prepare_epoch(build_source(triples, config), adjacency, 0, World(), in_threads=False))
    return state, float(train_batch(state, config, step, World()))


@pytest.mark.parametrize("family", ["complex", "rgcn"])
def test_mixed_training_is_nearly_the_same_and_its_weights_are_float32(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gcn = GcnConfig(fan_out=4, dropout=0.0, own_dropout=0.0)
    config = replace(config_of_family(family, "treats"), dim=8, batch_size=32, share=8, initial_scale=0.5, gcn=gcn)
    (plain, loss), (mixed, near) = (one_step(config, monkeypatch, mixed=on) for on in (False, True))
    assert loss != near, "bfloat16 was not used"
    assert near == pytest.approx(loss, rel=0.02)
    assert all(value.dtype == torch.float32 for value in mixed.weights().values())
    assert mixed.squares.dtype == torch.float32
    moved = (plain.table - mixed.table).abs().mean() / plain.table.abs().mean()
    assert moved < 0.1


def test_only_products_are_rounded() -> None:
    generator = np.random.default_rng(0)
    near: list[Any] = [torch.from_numpy(generator.normal(size=(2, n, 8)).astype(np.float32)) for n in (3, 4)]
    with torch.autocast("cpu", torch.bfloat16):
        rounded, distances = ComplEx().compare(*near), RotatE(6.0).compare(*near)
    assert rounded.dtype == torch.float32
    assert not torch.equal(rounded, ComplEx().compare(*near))
    assert torch.equal(distances, RotatE(6.0).compare(*near))
