"""From triples to a model folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch

from gnn.blend import fit_blend
from gnn.card import to_card
from gnn.evaluate import Evaluation, Judged, evaluate_model, hide_others
from gnn.leakage import Leak, check_leakage
from gnn.metagraph import Dense
from gnn.model import (
    LinkModel,
    ModelConfig,
    Types,
    choose_ground,
    fit_weights,
    member_spreads,
    score_members,
    without_floor,
)
from gnn.model_folder import ModelFolder, keep_model, run_id
from gnn.referee import contraindicated_pairs
from gnn.task import build_test_queries, to_places, types_of
from gnn.triples import Ids, Triples, exclude_pairs
from kg.progress import Progress, ignore_progress

DEV_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What a training run did; `dev` is measured on the pairs set aside for selection, `test` on others.

    `heads` are the dev evaluations of further relations that were learnt together with it.
    """

    run: str
    out: Path
    relation: str
    num_entities: int
    num_edges: int
    num_pairs: int
    seconds: float
    dev: Evaluation
    test: Evaluation | None = None
    leaks: tuple[Leak, ...] = ()
    heads: tuple[tuple[str, Evaluation], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what `theragraph train --json` prints."""
        return {
            "run": self.run,
            "model": str(self.out),
            "relation": self.relation,
            "entities": self.num_entities,
            "edges": self.num_edges,
            "pairs": self.num_pairs,
            "seconds": round(self.seconds, 1),
            "dev": self.dev.to_json(),
            "test": self.test.to_json() if self.test else None,
            "heads": {relation: measured.to_json() for relation, measured in self.heads},
            "leaks": [leak.to_json() for leak in self.leaks],
        }


def split_pairs(pairs: Ids, shares: Sequence[float], seed: int) -> list[Ids]:
    """Return disjoint random parts of `pairs`, one per share, each with at least one pair."""
    order = np.random.default_rng(seed).permutation(len(pairs))
    parts: list[Ids] = []
    start = 0
    for share in shares:
        size = max(1, round(share * len(pairs)))
        parts.append(pairs[np.sort(order[start : start + size])])
        start += size
    return parts


def train_triples(
    triples: Triples,
    config: ModelConfig,
    dev_pairs: Ids,
    *,
    out: Path,
    test_pairs: Ids | None = None,
    inputs: tuple[tuple[str, str], ...] = (),
    device: str = "cpu",
    progress: Progress = ignore_progress,
) -> TrainReport:
    """Train on the graph without the dev and test pairs, choose the blend on dev, measure, keep the folder."""
    started = monotonic()
    aside = dev_pairs if test_pairs is None else np.concatenate([dev_pairs, test_pairs])
    training = exclude_pairs(triples, config.relation, aside)
    types = types_of(triples, config.relation)
    model, members = fit_model(training, config, dev_pairs, types, progress, device)
    places = to_places(model.ground.task, aside)
    dev_places, test_places = places[: len(dev_pairs)], places[len(dev_pairs) :]
    scored = model.blend_members(members, build_test_queries(model.task, dev_places))
    judged = Judged(contraindicated_pairs(training, model.task))
    measured = evaluate_model(model, dev_places, [test_places], seed=config.seed, scored=scored, judged=judged)
    tested = None
    if len(test_places):
        tested = evaluate_model(model, test_places, [dev_places], seed=config.seed, judged=judged)
    told = tested.to_json() if tested else measured.to_json()
    run = run_id(config, training, inputs)
    seconds = monotonic() - started
    folder = ModelFolder(model, training, dev_pairs, inputs, tuple(told.items()))
    keep_model(folder, out, to_card(model, run, measured.to_json(), seconds, device))
    counts = (training.num_entities, len(training.edges), len(model.ground.task.pairs))
    leaks = check_leakage(training, config.relation, aside)
    return TrainReport(run, out, config.relation, *counts, seconds, measured, tested, leaks)


def fit_model(
    training: Triples,
    config: ModelConfig,
    dev_pairs: Ids,
    types: Types | None = None,
    progress: Progress = ignore_progress,
    device: str = "cpu",
) -> tuple[LinkModel, dict[str, Dense]]:
    """Fit every member on `training`, then the blend on the dev pairs (entity ids), which `training` does not hold.

    Returns the model and its members' scores of the dev pairs.
    """
    torch.set_num_threads(1)
    choice, ground = choose_ground(training, config, types, progress)
    weights = fit_weights(config, ground, progress, device)
    spreads = member_spreads(ground, weights, config.seed)
    places = to_places(ground.task, dev_pairs)
    queries = build_test_queries(ground.task, places)
    scores = score_members(ground, weights, queries)
    hidden = hide_others(ground.task, queries, [places])
    blend = fit_blend(without_floor(scores), queries.targets, hidden, dict(config.prior_weights), spreads=spreads)
    return LinkModel(config, choice, ground, weights, blend), scores
