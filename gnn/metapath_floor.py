"""The additive metapath floor alone, for models that have no member of that name."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from gnn.metagraph import Dense
from gnn.model import METAPATH_FLOOR, ModelConfig, choose_ground, fit_weights, score_members
from gnn.space import SpaceConfig
from gnn.task import LinkTask, Queries
from gnn.triples import Triples


def score_metapath_floor(training: Triples, task: LinkTask, queries: Queries, seed: int = 0) -> Dense:
    """Fit the additive model on the training graph and return its (num_queries, num_tails) scores."""
    members: dict[str, Any] = {field.name: 0 for field in fields(ModelConfig) if field.name.startswith("num_")}
    config = replace(ModelConfig(task.relation, seed, ridges=(), space=SpaceConfig(max_bridges=0)), **members)
    _, ground = choose_ground(training, config, (task.head_types, task.tail_types))
    return score_members(ground, fit_weights(config, ground), queries)[METAPATH_FLOOR]
