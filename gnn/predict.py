"""Every head against every tail, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars

from gnn.folders import AnyFolder, model_of, read_folder
from gnn.inductive import extend_folder, new_places, read_new_entities
from gnn.metagraph import Dense
from gnn.ranking import check_scores
from gnn.read import read_names
from gnn.scorer import LinkScorer
from gnn.task import LinkTask, build_open_queries, build_training_queries
from gnn.triples import Ids
from kg.errors import InputError, ResourceError
from kg.progress import Progress, ignore_progress

_HEADS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class PairScores:
    """Scores (log-probabilities within the head's row) and calibrated probabilities, (num_heads, num_tails)."""

    heads: Ids
    tails: Ids
    scores: Dense
    probabilities: Dense


def score_pairs(
    model: LinkScorer, heads: Ids | None = None, tails: Ids | None = None, progress: Progress = ignore_progress
) -> PairScores:
    """Score the given places (all by default); a pair that is already known is scored as if it were not.

    InputError where a score is not a number.
    """
    task = model.task
    heads = np.arange(task.shape[0]) if heads is None else heads
    tails = np.arange(task.shape[1]) if tails is None else tails
    scores = np.empty((len(heads), len(tails)), np.float32)
    for start in range(0, len(heads), _HEADS_AT_ONCE):
        progress("scoring", start, len(heads))
        queries = build_open_queries(task, heads[start : start + _HEADS_AT_ONCE])
        scores[start : start + _HEADS_AT_ONCE] = model.score(queries)[:, tails]
    _score_known(model, heads, tails, scores)
    check_scores(scores)
    progress("scoring", len(heads), len(heads))
    return PairScores(heads, tails, scores, model.probability(scores))


def _score_known(model: LinkScorer, heads: Ids, tails: Ids, scores: Dense) -> None:
    """Overwrite the scores of known pairs by those of the query that hides the pair's own edge."""
    queries = build_training_queries(model.task)
    wanted = np.flatnonzero(np.isin(queries.heads, heads) & np.isin(queries.targets, tails))
    if not len(wanted):
        return
    rows, columns = _place_in(heads, queries.heads[wanted]), _place_in(tails, queries.targets[wanted])
    scores[rows, columns] = model.score(queries.take(wanted))[np.arange(len(wanted)), queries.targets[wanted]]


def _place_in(places: Ids, wanted: Ids) -> Ids:
    order = np.argsort(places, kind="stable")
    found: Ids = order[np.searchsorted(places, wanted, sorter=order)]
    return found


def predict_files(
    model_path: Path,
    relation: str,
    out: Path,
    *,
    heads: Path | None = None,
    tails: Path | None = None,
    new: Path | None = None,
    progress: Progress = ignore_progress,
) -> int:
    """Do what `theragraph predict` does; return the number of rows written.

    `heads` and `tails` are files of one entity a line; `new` describes entities that the model has never seen, and then
    only pairs with one of them are scored. UnknownNameError when the model is of another relation.
    """
    progress("reading the model", 0, None)
    folder = read_folder(model_path)
    model_of(folder, relation)
    added: tuple[str, ...] = ()
    if new is not None:
        folder, added = extend_folder(folder, read_new_entities(new))
    model = model_of(folder, relation)
    task = model.task
    head_places, tail_places = (
        _read_side(folder, path, side, what) if path else new_places(folder, added, side)
        for path, side, what in ((heads, task.heads, "head"), (tails, task.tails, "tail"))
    )
    table = to_table(folder, task, score_pairs(model, head_places, tail_places, progress))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        table.write_parquet(out)
    except OSError as error:
        raise ResourceError(f"{out} cannot be written: {error.strerror}; choose another file.") from error
    return table.height


def to_table(folder: AnyFolder, task: LinkTask, pairs: PairScores) -> polars.DataFrame:
    """Return one row a pair: head, relation, tail, score, probability."""
    entities = np.array(folder.triples.entities, dtype=object)
    heads = entities[task.heads[pairs.heads]]
    tails = entities[task.tails[pairs.tails]]
    return polars.DataFrame(
        {
            "head": polars.Series(np.repeat(heads, len(tails)).tolist(), dtype=polars.String),
            "relation": polars.Series([task.relation], dtype=polars.String).new_from_index(0, pairs.scores.size),
            "tail": polars.Series(np.tile(tails, len(heads)).tolist(), dtype=polars.String),
            "score": pairs.scores.ravel().astype(np.float64),
            "probability": pairs.probabilities.ravel().astype(np.float64),
        }
    )


def _read_side(folder: AnyFolder, path: Path, side: Ids, what: str) -> Ids:
    return to_side_places(folder, read_names(path), side, what)


def to_side_places(folder: AnyFolder, names: Sequence[str], side: Ids, what: str) -> Ids:
    """Return the places of entities on one side; InputError for one that is not of the side's types."""
    ids = folder.triples.entity_ids()
    places: list[int] = []
    for name in names:
        number = ids.get(name, -1)
        place = int(np.searchsorted(side, number))
        if number < 0 or place >= len(side) or side[place] != number:
            raise InputError(f'"{name}" is no {what} that this model knows; see the entities in its graph.npz.')
        places.append(place)
    if not places:
        raise InputError(f"There is no {what} to score; give at least one entity, one a line.")
    return np.array(places)
