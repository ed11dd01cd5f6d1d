"""Filtered ranking of a model on a test split, beside the floors on the same queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from gnn.floors import score_co_treatment, score_popularity
from gnn.folders import AnyFolder, dev_pairs_of, model_of, read_folder, seed_folders
from gnn.metagraph import Dense
from gnn.ranking import (
    RANK_TYPE,
    Floats,
    Mask,
    RankingMetrics,
    average_precision,
    paired_difference,
    rank_targets,
    reciprocal_ranks,
    to_metrics,
)
from gnn.read import read_areas, read_pairs
from gnn.referee import (
    CONTRAINDICATIONS,
    calibration_errors,
    contraindicated_pairs,
    rate_in_top,
    sign_flip_test,
    slice_masks,
)
from gnn.scorer import LinkScorer, Scored
from gnn.splits import check_split
from gnn.task import LinkTask, Queries, build_test_queries, to_places
from gnn.triples import Ids, to_pair_ids

FLOORS = ("popularity", "co_treatment", "metapath")
Ranks = tuple[tuple[str, Floats], ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What else is asked of a model than its ranks; see `gnn.referee`.

    `harmful` marks contraindicated pairs (None: not assessed), `areas` maps places of tails to areas, `dev` are
    places of pairs on which the other calibrations are fitted.
    """

    harmful: Mask | None = None
    areas: Mapping[int, str] = field(default_factory=dict)
    dev: Ids = field(default_factory=lambda: np.zeros((0, 2), np.int64))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Ranks of a model, of its members and of each floor on the same queries, (num_queries,) or one row a seed.

    `slices` mark queries; `in_top` is the share of contraindicated pairs among the first k, None when not assessed.
    """

    ranks: Floats
    members: Ranks
    floors: Ranks
    slices: tuple[tuple[str, Mask], ...]
    average_precision: float
    calibration: tuple[tuple[str, float], ...]
    in_top: tuple[tuple[str, float], ...] | None = None
    seed: int = 0

    @property
    def metrics(self) -> RankingMetrics:
        """The model's own metrics."""
        return to_metrics(self.ranks, seed=self.seed)

    def to_json(self) -> dict[str, Any]:
        """Return the document of `theragraph evaluate --json`."""
        told: dict[str, Any] = self.metrics.to_json()
        told |= {"rank_type": RANK_TYPE, "side": "tail", "filtered": True}
        calibration = dict(self.calibration)
        told |= {"auprc": self.average_precision, "ece": calibration["model"], "calibration": calibration}
        told["contraindicated_in_top_k"] = None if self.in_top is None else dict(self.in_top)
        told["members"] = {name: to_metrics(ranks, seed=self.seed).to_json() for name, ranks in self.members}
        told["floors"] = {name: self._floor_to_json(ranks) for name, ranks in self.floors}
        told["slices"] = {name: self._slice_to_json(mask) for name, mask in self.slices}
        if self.ranks.ndim == 2:
            told["seeds"] = {"n": len(self.ranks), "mrr": (1.0 / self.ranks).mean(axis=1).tolist()}
        return told

    def _floor_to_json(self, ranks: Floats) -> dict[str, Any]:
        mean, low, high = paired_difference(self.ranks, ranks, seed=self.seed)
        told: dict[str, Any] = to_metrics(ranks, seed=self.seed).to_json()
        p = sign_flip_test(self.ranks, ranks, seed=self.seed)
        return told | {"model_minus_floor": {"mrr": mean, "interval": [low, high], "p": p}}

    def _slice_to_json(self, mask: Mask) -> dict[str, Any]:
        told: dict[str, Any] = to_metrics(self.ranks[..., mask], seed=self.seed).to_json()
        told["floors"] = {name: float(reciprocal_ranks(ranks[..., mask]).mean()) for name, ranks in self.floors}
        return told


def hide_others(task: LinkTask, queries: Queries, true_pairs: Sequence[Ids]) -> Mask:
    """Return the (num_queries, num_tails) mask of true answers other than each query's own.

    `true_pairs` are arrays of places beyond the task's own pairs.
    """
    truth = task.known() > 0
    for pairs in true_pairs:
        truth[pairs[:, 0], pairs[:, 1]] = True
    hidden: Mask = truth[queries.heads]
    hidden[np.arange(len(queries)), queries.targets] = False
    return hidden


def evaluate_model(
    model: LinkScorer,
    test_places: Ids,
    other_places: Sequence[Ids] = (),
    *,
    seed: int = 0,
    scored: Scored | None = None,
    judged: Judged | None = None,
) -> Evaluation:
    """Rank every test pair's tail among all tails; `other_places` are further true pairs to filter out.

    `scored` are the scores of the same queries where they are at hand already.
    """
    judged = judged or Judged()
    task = model.task
    queries = build_test_queries(task, test_places)
    hidden = hide_others(task, queries, [test_places, *other_places])
    scored = scored or model.score_all(queries)
    scorers = {
        "popularity": score_popularity(task, queries),
        "co_treatment": score_co_treatment(task, queries),
        "metapath": scored.metapath,
    }

    def rank(scores: Dense) -> Floats:
        return rank_targets(scores, queries.targets, hidden)

    test = (scored.scores, queries.targets, hidden)
    errors = calibration_errors(_dev_part(model, judged.dev), test, model.probability(scored.scores))
    in_top = None if judged.harmful is None else rate_in_top(queries, scored.scores, judged.harmful)
    return Evaluation(
        rank(scored.scores),
        tuple((name, rank(values)) for name, values in scored.members.items()),
        tuple((name, rank(scorers[name])) for name in FLOORS),
        tuple(slice_masks(task, queries, judged.areas).items()),
        _mean_average_precision(queries, scored.scores),
        tuple(errors.items()),
        None if in_top is None else tuple(in_top.items()),
        seed,
    )


def _dev_part(model: LinkScorer, dev: Ids) -> tuple[Dense, Ids, Mask]:
    if not len(dev):
        return np.zeros((0, model.task.shape[1]), np.float32), np.zeros(0, np.int64), np.zeros((0, 0), bool)
    queries = build_test_queries(model.task, dev)
    return model.score(queries), queries.targets, hide_others(model.task, queries, [dev])


def combine_evaluations(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Return several seeds' evaluations of the same queries as one: ranks a row a seed, the other numbers averaged."""
    first = evaluations[0]
    if len(evaluations) == 1:
        return first
    in_top = None
    if first.in_top is not None:
        in_top = _mean_of([one.in_top or () for one in evaluations])
    return replace(
        first,
        ranks=np.stack([one.ranks for one in evaluations]),
        members=_stack([one.members for one in evaluations]),
        floors=_stack([one.floors for one in evaluations]),
        average_precision=float(np.mean([one.average_precision for one in evaluations])),
        calibration=_mean_of([one.calibration for one in evaluations]),
        in_top=in_top,
    )


def _stack(ranks: Sequence[Ranks]) -> Ranks:
    return tuple((name, np.stack([dict(one)[name] for one in ranks])) for name, _ in ranks[0])


def _mean_of(values: Sequence[tuple[tuple[str, float], ...]]) -> tuple[tuple[str, float], ...]:
    return tuple((name, float(np.mean([dict(one)[name] for one in values]))) for name, _ in values[0])


def evaluate_files(
    model_path: Path,
    test: Path,
    known: Sequence[Path] = (),
    *,
    relation: str | None = None,
    areas: Path | None = None,
    contraindications: Sequence[str] = CONTRAINDICATIONS,
    seed: int = 0,
) -> Evaluation:
    """Do what `theragraph evaluate` does: read the model and the pairs of its relation, rank, compare with floors.

    A folder of several seeds is evaluated seed by seed on the same queries. `areas` is a file of entity and area;
    `contraindications` name the relations whose pairs must not stand among the first.
    """
    check_split(test.parent)
    measured = []
    for path in seed_folders(model_path):
        folder = read_folder(path)
        model = model_of(folder, relation or folder.model.task.relation)
        dev = to_places(model.task, dev_pairs_of(folder, model.task.relation))
        others = [*(_read_places(folder, model, path) for path in known), dev]
        harmful = contraindicated_pairs(folder.triples, model.task, contraindications)
        judged = Judged(harmful, _area_places(folder, model.task, read_areas(areas)) if areas else {}, dev)
        measured.append(evaluate_model(model, _read_places(folder, model, test), others, seed=seed, judged=judged))
    return combine_evaluations(measured)


def _area_places(folder: AnyFolder, task: LinkTask, areas: Mapping[str, str]) -> dict[int, str]:
    names = folder.triples.entities
    return {place: areas[names[tail]] for place, tail in enumerate(task.tails.tolist()) if names[tail] in areas}


def _read_places(folder: AnyFolder, model: LinkScorer, path: Path) -> Ids:
    return to_places(model.task, to_pair_ids(folder.triples, read_pairs(path, model.task.relation)))


def _mean_average_precision(queries: Queries, scores: Dense) -> float:
    """Return the AUPRC per tail over the queried heads, averaged over the tails that are the answer to one."""
    heads, first = np.unique(queries.heads, return_index=True)
    truth = np.zeros((len(heads), scores.shape[1]), bool)
    truth[np.searchsorted(heads, queries.heads), queries.targets] = True
    known = (queries.known[first] > 0) & ~truth
    values = [
        average_precision(scores[first, tail][~known[:, tail]], truth[~known[:, tail], tail])
        for tail in np.flatnonzero(truth.any(axis=0)).tolist()
    ]
    return float(np.mean(values))
