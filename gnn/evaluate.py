"""Filtered ranking of a model on a test split, beside the floors on the same queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gnn.blend import expected_calibration_error
from gnn.floors import score_co_treatment, score_popularity
from gnn.folders import AnyFolder, dev_pairs_of, model_of, read_folder
from gnn.metagraph import Dense
from gnn.ranking import (
    RANK_TYPE,
    Floats,
    Mask,
    RankingMetrics,
    average_precision,
    paired_difference,
    rank_targets,
    to_metrics,
)
from gnn.read import read_pairs
from gnn.scorer import LinkScorer
from gnn.task import LinkTask, Queries, build_test_queries, to_places
from gnn.triples import Ids, to_pair_ids

FLOORS = ("popularity", "co_treatment", "metapath")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Ranks of a model and of each floor on the same queries; `unseen` marks heads without any training pair."""

    ranks: Floats
    floors: tuple[tuple[str, Floats], ...]
    unseen: Mask
    average_precision: float
    calibration_error: float
    seed: int = 0

    @property
    def metrics(self) -> RankingMetrics:
        """The model's own metrics."""
        return to_metrics(self.ranks, seed=self.seed)

    def to_json(self) -> dict[str, Any]:
        """Return the document of `theragraph evaluate --json`."""
        told: dict[str, Any] = self.metrics.to_json()
        told |= {"rank_type": RANK_TYPE, "side": "tail", "filtered": True}
        told["auprc"] = self.average_precision
        told["ece"] = self.calibration_error
        told["floors"] = {name: self._floor_to_json(ranks) for name, ranks in self.floors}
        if self.unseen.any():
            told["unseen_heads"] = to_metrics(self.ranks[self.unseen], seed=self.seed).to_json()
        return told

    def _floor_to_json(self, ranks: Floats) -> dict[str, Any]:
        mean, low, high = paired_difference(self.ranks, ranks, seed=self.seed)
        told: dict[str, Any] = to_metrics(ranks, seed=self.seed).to_json()
        return told | {"model_minus_floor": {"mrr": mean, "interval": [low, high]}}


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
    scored: tuple[Dense, Dense] | None = None,
) -> Evaluation:
    """Rank every test pair's tail among all tails; `other_places` are further true pairs to filter out.

    `scored` are the model's and the metapath floor's scores of the same queries where they are at hand already.
    """
    task = model.task
    queries = build_test_queries(task, test_places)
    hidden = hide_others(task, queries, [test_places, *other_places])
    scores, metapath = scored or model.score_with_floor(queries)
    scorers = {
        "popularity": score_popularity(task, queries),
        "co_treatment": score_co_treatment(task, queries),
        "metapath": metapath,
    }
    floors = tuple((name, rank_targets(scorers[name], queries.targets, hidden)) for name in FLOORS)
    probability = model.probability(scores)
    truth = np.zeros(hidden.shape, bool)
    truth[np.arange(len(queries)), queries.targets] = True
    return Evaluation(
        rank_targets(scores, queries.targets, hidden),
        floors,
        ~queries.known.any(axis=1),
        _mean_average_precision(queries, scores),
        expected_calibration_error(probability[~hidden], truth[~hidden]),
        seed,
    )


def evaluate_files(
    model_path: Path, test: Path, known: Sequence[Path] = (), *, relation: str | None = None, seed: int = 0
) -> Evaluation:
    """Do what `theragraph evaluate` does: read the model and the pairs of its relation, rank, compare with floors."""
    folder = read_folder(model_path)
    relation = relation or folder.model.task.relation
    model = model_of(folder, relation)
    others = [_read_places(folder, model, path) for path in known]
    others.append(to_places(model.task, dev_pairs_of(folder, relation)))
    return evaluate_model(model, _read_places(folder, model, test), others, seed=seed)


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
