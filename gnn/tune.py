"""The search for settings: one Optuna study in one SQLite file, which a later call takes up where it stopped.

The value of a trial is the dev MRR that early stopping would keep; no test pair is ever looked at. A trial whose
dev MRR lags behind the median of the others at the same epoch is pruned.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from gnn.embedding.batches import build_source
from gnn.embedding.config import FAMILIES, EmbeddingConfig, config_of_family
from gnn.embedding.distributed import World
from gnn.embedding.fit import EpochReport, Hooks, fit_state, start_state
from gnn.embedding.neighbours import build_adjacency
from gnn.embedding.train import dev_mrr, without_pairs
from gnn.run import Ground, read_ground
from gnn.settings import ENSEMBLE, TrainSettings, apply_settings, check_settings
from gnn.task import build_task, to_places, types_of
from gnn.triples import Triples
from kg.device import check_device
from kg.errors import InputError, ModelError, ResourceError
from kg.progress import Progress, ignore_progress

STUDY, BEST = "study.db", "best.yaml"


@dataclass(frozen=True, slots=True)
class TuneReport:
    """What a study has found so far, over all calls."""

    study: Path
    num_trials: int
    num_pruned: int
    num_failed: int
    best_mrr: float
    best: TrainSettings

    def to_json(self) -> dict[str, Any]:
        """Return what `theragraph tune --json` prints."""
        return {
            "study": str(self.study),
            "trials": self.num_trials,
            "pruned": self.num_pruned,
            "failed": self.num_failed,
            "best": {"mrr": self.best_mrr, "model": self.best.model, "settings": dict(self.best.settings)},
        }


def tune(
    settings: TrainSettings,
    read_graph: Callable[[], Triples],
    *,
    num_trials: int,
    timeout_s: float | None = None,
    progress: Progress = ignore_progress,
) -> TuneReport:
    """Search until the study in `out` has `num_trials` finished trials, or for `timeout_s` seconds.

    `settings.model` limits the search to a family, "ensemble" (the default) leaves it open among the gradient families;
    `settings.settings` are fixed for every trial. The best settings are written as a file for `train --config`.
    """
    try:
        import optuna
    except ImportError as error:
        raise ResourceError("Tuning needs Optuna; install theragraph[tune].") from error
    settings = check_settings(settings)
    if num_trials < 1:
        raise InputError(f"trials is {num_trials}; give at least 1.")
    out, device = settings.out or Path(), check_device(settings.device)
    ground = read_ground(settings, read_graph)
    out.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study(
            study_name=_name_of(settings, ground),
            storage=f"sqlite:///{out / STUDY}",
            load_if_exists=True,
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=settings.seed + len(_studied(out))),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=2),
        )
    ended = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)

    def tell(study: Any, trial: Any) -> None:
        progress("tuning", len(study.get_trials(deepcopy=False, states=ended)), num_trials)

    def objective(trial: Any) -> float:
        return _run_trial(trial, settings, ground, device)

    missing = num_trials - len(study.get_trials(deepcopy=False, states=ended))
    if missing > 0:
        caught = (ModelError, ResourceError)
        study.optimize(objective, n_trials=missing, timeout=timeout_s, catch=caught, callbacks=[tell])
    return _report(study, settings, out)


def suggest(trial: Any, settings: TrainSettings) -> tuple[str, dict[str, Any]]:
    """Return the family and settings of a trial: family, width, depth, loss, rate and sampling."""
    family = settings.model
    if family == ENSEMBLE:
        family = trial.suggest_categorical("model", FAMILIES)
    told: dict[str, Any] = {
        "dim": trial.suggest_categorical("dim", [16, 32, 64, 128]),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.5, log=True),
        "loss": trial.suggest_categorical("loss", ["logistic", "self_adversarial", "softmax"]),
        "num_negatives": trial.suggest_categorical("num_negatives", [16, 64, 256]),
        "share": trial.suggest_categorical("share", [16, 64]),
        "penalty": trial.suggest_float("penalty", 1e-6, 1e-1, log=True),
    }
    if family == "rgcn":
        told["gcn"] = {
            "num_layers": trial.suggest_int("num_layers", 1, 3),
            "fan_out": trial.suggest_categorical("fan_out", [4, 8, 16]),
            "dropout": trial.suggest_float("dropout", 0.0, 0.5),
        }
    return family, told


def _run_trial(trial: Any, settings: TrainSettings, ground: Ground, device: str) -> float:
    import optuna

    family, told = suggest(trial, settings)
    merged = merge_settings(told, settings.settings)
    trial.set_user_attr("run", json.dumps({"model": family, "settings": merged}))
    config = apply_settings(config_of_family(family, settings.relation, settings.seed), merged)
    if config.contraindication or not config.patience:
        raise InputError("Tuning looks at the dev MRR of one head; leave contraindication and patience 0 out.")

    def tell(report: EpochReport) -> None:
        if report.dev_mrr is not None:
            trial.report(report.dev_mrr, report.epoch)
            if trial.should_prune():
                raise optuna.TrialPruned

    return fit_for_dev(config, ground, device, tell)


def fit_for_dev(config: EmbeddingConfig, ground: Ground, device: str, tell: Callable[[EpochReport], None]) -> float:
    """Train without keeping anything; return the best dev MRR."""
    types = types_of(ground.triples, config.relation)
    training = without_pairs(ground.triples, config, [ground.dev], ground.test)
    task = build_task(training, config.relation, types)
    dev = to_places(task, ground.dev)
    state = start_state(config, training.num_entities, len(training.relations), device)
    adjacency = build_adjacency(training) if config.encoder == "rgcn" else None
    hooks = Hooks(lambda state: dev_mrr(state, training, task, dev), tell, lambda state: None)
    fit_state(state, config, build_source(training, config), adjacency, hooks, World())
    return state.best_mrr


def merge_settings(told: Mapping[str, Any], fixed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the suggested settings with the fixed ones over them, group by group."""
    merged = dict(told)
    for key, value in fixed.items():
        inner = merged.get(key)
        nested = isinstance(inner, Mapping) and isinstance(value, Mapping)
        merged[key] = merge_settings(inner or {}, value) if nested else value
    return merged


def _name_of(settings: TrainSettings, ground: Ground) -> str:
    """Return a name that another graph, relation or fixed setting does not share."""
    fixed = json.dumps(dict(settings.settings), sort_keys=True)
    return f"{settings.relation} {settings.model} {ground.triples.content_hash} {fixed}"


def _studied(out: Path) -> list[Any]:
    import optuna

    path = out / STUDY
    if not path.is_file():
        return []
    found = optuna.get_all_study_summaries(f"sqlite:///{path}")
    return [None] * sum(summary.n_trials for summary in found)


def _report(study: Any, settings: TrainSettings, out: Path) -> TuneReport:
    states = [trial.state.name for trial in study.get_trials(deepcopy=False)]
    if "COMPLETE" not in states:
        raise ModelError(f"None of {len(states)} trials ended with a dev MRR; allow more time or more trials.")
    told = json.loads(study.best_trial.user_attrs["run"])
    best = replace(settings, model=told["model"], settings=told["settings"])
    (out / BEST).write_text(_to_yaml(best), encoding="utf-8")
    done = sum(state in ("COMPLETE", "PRUNED") for state in states)
    pruned, failed = states.count("PRUNED"), states.count("FAIL")
    return TuneReport(out / STUDY, done, pruned, failed, float(study.best_value), best)


def _to_yaml(settings: TrainSettings) -> str:
    out = (settings.out or Path()).resolve()
    told: dict[str, Any] = {
        "relation": settings.relation,
        "out": str(out / "best"),
        "model": settings.model,
        "triples": [str(path.resolve()) for path in settings.triples],
        "format": settings.format,
        "seed": settings.seed,
        "device": settings.device,
        "settings": dict(settings.settings),
    }
    if settings.dev is not None:
        told["dev"] = str(settings.dev.resolve())
    return str(yaml.safe_dump(told, sort_keys=False))
