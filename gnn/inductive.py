"""Entities that a trained model has never seen, described at query time by edges and a text.

A new disease known only by its symptoms, genes or name is added behind the known entities, so that every number the
model was trained with stays; nothing is trained again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from gnn.embedding.folder import EmbeddingFolder, build_models
from gnn.folders import AnyFolder
from gnn.model import rebuild_ground
from gnn.read import read_rows
from gnn.triples import Ids, Row, Triples
from kg.errors import InputError, UnknownNameError

NAME, TYPE = "name", "type"


@dataclass(frozen=True, slots=True)
class NewEntities:
    """Edges of new entities, and by entity its name (free text) and its type."""

    rows: tuple[Row, ...]
    names: Mapping[str, str]
    types: Mapping[str, str]


def read_new_entities(path: Path) -> NewEntities:
    """Read lines of head, relation, tail; the relations `name` and `type` give a new entity's text and type."""
    rows = read_rows(path)
    return NewEntities(
        tuple(row for row in rows if row[1] not in (NAME, TYPE)),
        {head: text for head, relation, text in rows if relation == NAME},
        {head: kind for head, relation, kind in rows if relation == TYPE},
    )


def add_entities(triples: Triples, new: NewEntities, default_type: str) -> tuple[Triples, tuple[str, ...]]:
    """Return the graph with the new entities behind the known ones, and their identifiers in order.

    InputError for a line that names no new entity, or one whose other end is neither known nor described.
    """
    ids = triples.entity_ids()
    described = {*new.names, *new.types, *(row[0] for row in new.rows), *(row[2] for row in new.rows)}
    added = tuple(sorted(described - ids.keys()))
    if not added:
        raise InputError("Every entity of the file is known already; score it without --new.")
    numbers = ids | {name: len(ids) + place for place, name in enumerate(added)}
    edges = [_to_edge(triples, numbers, row, added) for row in new.rows]
    joined = {name for row in new.rows for name in (row[0], row[2])} | new.names.keys()
    for name in added:
        if name not in joined:
            raise InputError(f'Nothing describes "{name}"; give it an edge to a known entity or a line of `name`.')
    extended = replace(
        triples,
        entities=(*triples.entities, *added),
        types=(*triples.types, *(new.types.get(name, default_type) for name in added)),
        names=(*triples.names, *(new.names.get(name, "") for name in added)),
        edges=np.unique(np.concatenate([triples.edges, np.array(edges, np.int64).reshape(-1, 3)]), axis=0),
    )
    return extended, added


def extend_folder(folder: AnyFolder, new: NewEntities) -> tuple[AnyFolder, tuple[str, ...]]:
    """Return a folder whose model also scores the new entities; they are tails unless typed otherwise.

    InputError for a look-up family: it has no vector for what it has not seen.
    """
    task = folder.model.task
    extended, added = add_entities(folder.triples, new, task.tail_types[0])
    _check_types(extended, added, (*task.head_types, *task.tail_types))
    if isinstance(folder, EmbeddingFolder):
        return _extend_embedding(folder, extended), added
    model = folder.model
    steps = model.ground.paths.steps if model.ground.paths else None
    ground = rebuild_ground(extended, model.config, model.choice, model.ground.space.vectors, steps)
    return replace(folder, model=replace(model, ground=ground), triples=extended), added


def _extend_embedding(folder: EmbeddingFolder, extended: Triples) -> EmbeddingFolder:
    first = folder.model
    if first.config.encoder == "lookup":
        raise InputError(
            f'The family "{first.config.family}" has no vector for entities that it has not seen; '
            "train the ensemble or --model rgcn for new ones."
        )
    width = first.table.shape[1]
    blank = torch.zeros(extended.num_entities - folder.triples.num_entities, width)
    types = tuple((model.task.head_types, model.task.tail_types) for model in folder.models)
    built = build_models(first.config, extended, first.network, torch.cat([first.table, blank]), types)
    calibrated = (replace(b, slope=m.slope, offset=m.offset) for b, m in zip(built, folder.models, strict=True))
    return replace(folder, models=tuple(calibrated), triples=extended)


def new_places(folder: AnyFolder, added: Sequence[str], side: Ids) -> Ids | None:
    """Return the places of the new entities on one side of the task, None (all places) where none stands there."""
    places: Ids = np.flatnonzero(side >= folder.triples.num_entities - len(added))
    return places if len(places) else None


def _check_types(triples: Triples, added: Sequence[str], allowed: Sequence[str]) -> None:
    kinds = dict(zip(triples.entities[-len(added) :], triples.types[-len(added) :], strict=True))
    if not any(kind in allowed for kind in kinds.values()):
        name, kind = next(iter(kinds.items()))
        raise UnknownNameError(f'type that is ranked, for "{name}",', kind, allowed)


def _to_edge(triples: Triples, numbers: Mapping[str, int], row: Row, added: Sequence[str]) -> tuple[int, int, int]:
    head, relation, tail = row
    if head not in added and tail not in added:
        raise InputError(f'"{head} {relation} {tail}" names no new entity; --new describes new ones only.')
    return numbers[head], triples.relation_id(relation), numbers[tail]
