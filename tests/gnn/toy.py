"""A toy world for whole-pipeline tests: drugs of a class bind the class's gene and treat the gene's diseases."""

from __future__ import annotations

from dataclasses import replace

from gnn.attention import AttentionConfig
from gnn.listwise import ListwiseConfig
from gnn.model import ModelConfig
from gnn.path_gnn import PathGnnConfig
from gnn.scorers import NetworkConfig, TreesConfig
from gnn.triples import Row, Triples, build_triples

NUM_CLASSES = 4
DRUGS_PER_CLASS = 5


def toy_rows() -> list[Row]:
    """Drug d of class c binds gene c; gene c is linked to diseases c and c+4; the drugs treat the first, some both."""
    rows: list[Row] = []
    for group in range(NUM_CLASSES):
        rows += [(f"Gene::{group}", "linked_to", f"Disease::{group + extra}") for extra in (0, NUM_CLASSES)]
        for number in range(DRUGS_PER_CLASS):
            drug = f"Drug::{group}{number}"
            rows += [(drug, "binds", f"Gene::{group}"), (drug, "causes", f"Effect::{number}")]
            rows.append((drug, "treats", f"Disease::{group}"))
            if number % 2:
                rows.append((drug, "treats", f"Disease::{group + NUM_CLASSES}"))
    return rows


def toy_triples() -> Triples:
    """The toy world as triples, read from `toy.tsv`."""
    rows = toy_rows()
    return build_triples(rows, sources=["toy.tsv"] * len(rows))


def toy_config(seed: int = 0) -> ModelConfig:
    """A model small enough for a test of a second."""
    few = ListwiseConfig(epochs=8, learning_rate=1e-2)
    return replace(
        ModelConfig("treats", seed),
        attention=AttentionConfig(hidden=4, fit=few),
        num_attentions=1,
        network=NetworkConfig(hidden=4, feature_dropout=0.2, fit=few),
        num_networks=1,
        additive=NetworkConfig(hidden=0, feature_dropout=0.0, fit=few),
        trees=TreesConfig(objectives=("lambdarank",), num_trees=5, min_rows_in_leaf=2),
        num_forests=1,
        path_gnn=PathGnnConfig(dim=4, dropout=0.0, hop_dropout=0.0, fit=few),
        num_path_gnns=1,
    )
