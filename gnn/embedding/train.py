"""From triples to the folder of a gradient-trained model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import numpy as np
import torch

from gnn.blend import fit_calibration, to_row_log_probabilities
from gnn.embedding.batches import build_source
from gnn.embedding.card import to_card
from gnn.embedding.checkpoint import end_checkpoint, keep_checkpoint, resume_state
from gnn.embedding.config import EmbeddingConfig
from gnn.embedding.distributed import World, device_of, joined_world
from gnn.embedding.fit import EpochReport, Hooks, State, fit_state, start_state
from gnn.embedding.folder import EmbeddingFolder, build_models, keep_embedding
from gnn.embedding.logs import Tell, told_to_tensorboard
from gnn.embedding.model import EmbeddingModel, encode_entities, score_tails
from gnn.embedding.neighbours import build_adjacency
from gnn.evaluate import Evaluation, Judged, evaluate_model, hide_others
from gnn.model_folder import run_id
from gnn.ranking import rank_targets
from gnn.referee import contraindicated_pairs
from gnn.task import LinkTask, build_task, build_test_queries, to_places, types_of
from gnn.triples import Ids, Triples, exclude_pairs
from kg.progress import Progress, ignore_progress


@dataclass(frozen=True, slots=True)
class EmbeddingRun:
    """What a training run left behind: the folder and one evaluation a head on dev, and on test where there was one."""

    folder: EmbeddingFolder
    dev: tuple[Evaluation, ...]
    test: Evaluation | None
    seconds: float


def train_embedding(
    triples: Triples,
    config: EmbeddingConfig,
    dev: Sequence[Ids],
    *,
    out: Path,
    test_pairs: Ids | None = None,
    inputs: tuple[tuple[str, str], ...] = (),
    device: str = "cpu",
    resume: bool = False,
    progress: Progress = ignore_progress,
) -> EmbeddingRun | None:
    """Train on the graph without the pairs set aside, select on dev MRR, calibrate on dev, keep the folder.

    `dev` holds the pairs set aside of each head of the config. With several processes (torchrun) only the first one
    keeps and returns anything.
    """
    started = monotonic()
    types = tuple(types_of(triples, relation) for relation in config.heads)
    training = without_pairs(triples, config, dev, test_pairs)
    run = run_id(config, training, inputs)
    task = build_task(training, config.relation, types[0])
    with joined_world(device) as world, told_to_tensorboard(out, told=world.is_first) as tell_board:
        state = start_state(config, training.num_entities, len(training.relations), device_of(device, world))
        resume_state(state, out, run, resume=resume)
        look = _Look(training, task, to_places(task, dev[0]))
        reports: list[EpochReport] = []
        hooks = _hooks(look, config, out, run, world, (tell_board, reports.append), progress)
        adjacency = build_adjacency(training) if config.encoder == "rgcn" else None
        fit_state(state, config, build_source(training, config), adjacency, hooks, world)
        if not world.is_first:
            return None
    weights = state.weights()
    state.network.to("cpu")
    models = build_models(config, training, state.network, weights["table"], types)
    places = [to_places(model.task, pairs) for model, pairs in zip(models, dev, strict=True)]
    models = tuple(calibrate(model, some) for model, some in zip(models, places, strict=True))
    measured, tested = _measure(models, places, test_pairs)
    seconds = monotonic() - started
    told = (tested or measured[0]).to_json()
    folder = EmbeddingFolder(run, models, training, tuple(dev), inputs, tuple(told.items()))
    facts = {"device": device, "epochs": str(state.epoch), "seconds": f"{seconds:.0f}"}
    facts |= {"edges a second": _speed(reports), "torch": str(torch.__version__)}
    evaluations = {head: one.to_json() for head, one in zip(config.heads, measured, strict=True)}
    keep_embedding(folder, weights, out, to_card(config, run, training, evaluations, facts))
    end_checkpoint(out)
    return EmbeddingRun(folder, measured, tested, seconds)


def without_pairs(triples: Triples, config: EmbeddingConfig, dev: Sequence[Ids], test_pairs: Ids | None) -> Triples:
    """Return the graph without the pairs set aside of each head."""
    for relation, pairs in zip(config.heads, dev, strict=True):
        triples = exclude_pairs(triples, relation, pairs)
    return triples if test_pairs is None else exclude_pairs(triples, config.relation, test_pairs)


def _measure(
    models: Sequence[EmbeddingModel], dev: Sequence[Ids], test_pairs: Ids | None
) -> tuple[tuple[Evaluation, ...], Evaluation | None]:
    seed, first = models[0].config.seed, models[0]
    test = to_places(first.task, np.zeros((0, 2), np.int64) if test_pairs is None else test_pairs)
    beside = [[test], *([] for _ in models[1:])]
    judged = [Judged(contraindicated_pairs(m.triples, m.task)) for m in models]
    measured = [
        evaluate_model(m, p, b, seed=seed, judged=j) for m, p, b, j in zip(models, dev, beside, judged, strict=True)
    ]
    tested = evaluate_model(first, test, [dev[0]], seed=seed, judged=judged[0]) if len(test) else None
    return tuple(measured), tested


@dataclass(frozen=True, slots=True)
class _Look:
    """What selection looks at: the dev pairs as places in the task."""

    training: Triples
    task: LinkTask
    dev: Ids


def _hooks(
    look: _Look,
    config: EmbeddingConfig,
    out: Path,
    run: str,
    world: World,
    listeners: tuple[Tell, ...],
    progress: Progress,
) -> Hooks:
    def tell(report: EpochReport) -> None:
        for listen in listeners:
            listen(report)
        progress("training", report.epoch, config.epochs)

    def keep(state: State) -> None:
        if world.is_first:
            keep_checkpoint(state, out, run)

    return Hooks(lambda state: dev_mrr(state, look.training, look.task, look.dev), tell, keep)


def _speed(reports: Sequence[EpochReport]) -> str:
    """Return the edges trained on a second, looks at dev left out; without an epoch in this process there is none."""
    seconds = sum(report.seconds for report in reports)
    return f"{sum(report.num_edges for report in reports) / seconds:.0f}" if seconds else "not measured"


def dev_mrr(state: State, training: Triples, task: LinkTask, dev: Ids) -> float:
    """Return the filtered MRR of the dev pairs (places), 0.0 without any."""
    if not len(dev):
        return 0.0
    queries = build_test_queries(task, dev)
    vectors = encode_entities(state.network, state.table, training)
    scores = score_tails(state.network, vectors, training, task, queries.heads)
    return float((1.0 / rank_targets(scores, queries.targets, hide_others(task, queries, [dev]))).mean())


def calibrate(model: EmbeddingModel, dev: Ids) -> EmbeddingModel:
    """Return the model with a calibration fitted on dev pairs (places); without any it stays the identity."""
    if not len(dev):
        return model
    queries = build_test_queries(model.task, dev)
    hidden = hide_others(model.task, queries, [dev])
    raw = score_tails(model.network, model.vectors, model.triples, model.task, queries.heads)
    slope, offset = fit_calibration(to_row_log_probabilities(raw, hidden), queries.targets, hidden)
    return replace(model, slope=slope, offset=offset)
