"""One training run, whatever the family and wherever the triples come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from gnn.control import CONTROL, permute_edges
from gnn.embedding.checkpoint import NAME as CHECKPOINT
from gnn.embedding.config import EmbeddingConfig, config_of_family
from gnn.embedding.train import EmbeddingRun, train_embedding
from gnn.evaluate import combine_evaluations
from gnn.leakage import check_leakage
from gnn.model import ModelConfig
from gnn.model_folder import hash_file
from gnn.read import read_pairs, read_triples
from gnn.settings import ENSEMBLE, TrainSettings, apply_settings, check_settings
from gnn.splits import check_split
from gnn.train import DEV_SHARE, TrainReport, split_pairs, train_triples
from gnn.triples import Ids, Triples, to_pair_ids
from kg.device import check_device
from kg.errors import InputError, ResourceError
from kg.progress import Progress, ignore_progress

GRAPH_SHARES = (0.1, 0.1)


@dataclass(frozen=True, slots=True)
class Ground:
    """The triples of a run, the pairs set aside of its relation, and what they were read from."""

    triples: Triples
    dev: Ids
    test: Ids | None
    inputs: tuple[tuple[str, str], ...]


def train_run(
    settings: TrainSettings,
    read_graph: Callable[[], Triples],
    *,
    resume: bool = False,
    progress: Progress = ignore_progress,
) -> TrainReport | None:
    """Do what `theragraph train` does; None in all but the first of several processes.

    Without files of triples, `read_graph` gives those of the graph store, and another tenth of the pairs is the test.
    """
    settings = check_settings(settings)
    device = check_device(settings.device)
    out = settings.out or Path()
    progress("reading", 0, None)
    ground = read_ground(settings, read_graph)
    if settings.num_seeds == 1:
        return train_one(settings, ground, out, device, resume=resume, progress=progress)
    reports = []
    for seed in range(settings.seed, settings.seed + settings.num_seeds):
        folder, one = out / f"seed-{seed}", replace(settings, seed=seed)
        begun = resume and (folder / CHECKPOINT).is_file()
        reports.append(train_one(one, ground, folder, device, resume=begun, progress=progress))
    return combine_reports(reports, out)


def combine_reports(reports: Sequence[TrainReport | None], out: Path) -> TrainReport | None:
    """Return several seeds' reports as one; None in all but the first of several processes."""
    done = [report for report in reports if report is not None]
    if not done:
        return None
    tests = [report.test for report in done if report.test is not None]
    return replace(
        done[0],
        out=out,
        seconds=sum(report.seconds for report in done),
        dev=combine_evaluations([report.dev for report in done]),
        test=combine_evaluations(tests) if tests else None,
    )


def train_one(
    settings: TrainSettings, ground: Ground, out: Path, device: str, *, resume: bool, progress: Progress
) -> TrainReport | None:
    """Train one seed; the pairs set aside are the same for all seeds of a run."""
    if settings.model != ENSEMBLE:
        return train_family(settings, ground, out, device, resume=resume, progress=progress)
    if resume:
        raise InputError("The ensemble keeps no checkpoint: it is trained in minutes; train it anew.")
    config = apply_settings(ModelConfig(settings.relation, settings.seed), settings.settings)
    try:
        return train_triples(
            ground.triples, config, ground.dev, out=out, test_pairs=ground.test, inputs=ground.inputs, device=device,
            progress=progress,
        )  # fmt: skip
    except torch.OutOfMemoryError as error:
        raise ResourceError(
            f"The device's memory does not hold the ensemble's features; train with --device cpu, or lower "
            f"max_training_candidates ({config.max_training_candidates})."
        ) from error


def train_family(
    settings: TrainSettings, ground: Ground, out: Path, device: str, *, resume: bool, progress: Progress
) -> TrainReport | None:
    """Train a gradient family; of a second head a tenth of the pairs is set aside at random."""
    family = config_of_family(settings.model, settings.relation, settings.seed)
    config = apply_settings(family, settings.settings)
    dev = [ground.dev]
    if config.contraindication:
        pairs = ground.triples.pairs_of(config.contraindication)
        dev.append(split_pairs(pairs, (DEV_SHARE,), settings.seed)[0])
    try:
        run = train_embedding(
            ground.triples, config, dev, out=out, test_pairs=ground.test, inputs=ground.inputs, device=device,
            resume=resume, progress=progress,
        )  # fmt: skip
    except torch.OutOfMemoryError as error:
        raise ResourceError(
            f"The device's memory does not hold {ground.triples.num_entities} vectors of {config.dim} complex numbers; "
            f"train with --device cpu, or lower dim. A checkpoint in {out} stays."
        ) from error
    return None if run is None else to_report(run, config, out, ground)


def to_report(run: EmbeddingRun, config: EmbeddingConfig, out: Path, ground: Ground) -> TrainReport:
    """Return what the run did in the shape that every family reports."""
    training, model = run.folder.triples, run.folder.model
    aside = run.folder.dev_pairs
    return TrainReport(
        run.folder.run,
        out,
        config.relation,
        training.num_entities,
        len(training.edges),
        len(model.task.pairs),
        run.seconds,
        run.dev[0],
        run.test,
        check_leakage(training, config.relation, aside),
        tuple(zip(config.heads[1:], run.dev[1:], strict=True)),
    )


def read_ground(settings: TrainSettings, read_graph: Callable[[], Triples]) -> Ground:
    """Read the run's triples and set pairs of its relation aside."""
    if not settings.triples:
        triples = _controlled(settings, read_graph())
        pairs = triples.pairs_of(settings.relation)
        dev, test = split_pairs(pairs, GRAPH_SHARES, settings.seed)
        return Ground(triples, dev, test, (("graph", triples.content_hash), *_told_control(settings)))
    for folder in {path.parent for path in (*settings.triples, settings.dev) if path is not None}:
        check_split(folder)
    triples = _controlled(settings, read_triples(settings.triples, file_format=settings.format))
    if settings.dev is None:
        dev = split_pairs(triples.pairs_of(settings.relation), (DEV_SHARE,), settings.seed)[0]
    else:
        dev = to_pair_ids(triples, read_pairs(settings.dev, settings.relation))
    files = [path for path in (*settings.triples, settings.dev) if path is not None and path.is_file()]
    inputs = (*((path.name, hash_file(path)) for path in files), *_told_control(settings))
    return Ground(triples, dev, None, inputs)


def _controlled(settings: TrainSettings, triples: Triples) -> Triples:
    triples.relation_id(settings.relation)
    return permute_edges(triples, settings.relation, settings.seed) if settings.control else triples


def _told_control(settings: TrainSettings) -> tuple[tuple[str, str], ...]:
    return ((CONTROL, settings.control),) if settings.control else ()
