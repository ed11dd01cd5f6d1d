"""Any family's model folder, by its path."""

from __future__ import annotations

import json
from pathlib import Path

from gnn.embedding.folder import EmbeddingFolder, read_embedding
from gnn.model_folder import ModelFolder, read_model
from gnn.scorer import LinkScorer
from gnn.triples import Ids
from kg.errors import UnknownNameError

AnyFolder = ModelFolder | EmbeddingFolder


def read_folder(path: Path) -> AnyFolder:
    """Read a model folder of whatever family; ModelError for a damaged or missing one."""
    return read_embedding(path) if family_of(path) else read_model(path)


def seed_folders(path: Path) -> list[Path]:
    """Return the folders of a run of several seeds (`seed-0`, `seed-1` …) in order, or the folder itself."""
    found = sorted(path.glob("seed-*"), key=lambda one: (len(one.name), one.name))
    return [one for one in found if (one / "config.json").is_file()] or [path]


def family_of(path: Path) -> str:
    """Return the gradient-trained family that a folder names, "" for the ensemble or for no model at all."""
    try:
        told = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(told.get("family", "")) if isinstance(told, dict) else ""


def model_of(folder: AnyFolder, relation: str) -> LinkScorer:
    """Return the scorer of a relation; UnknownNameError when the folder has learnt others only."""
    if isinstance(folder, EmbeddingFolder):
        return folder.model_of(relation)
    if relation != folder.model.config.relation:
        raise UnknownNameError("relation in this model", relation, [folder.model.config.relation])
    return folder.model


def dev_pairs_of(folder: AnyFolder, relation: str) -> Ids:
    """Return the (num_pairs, 2) ids set aside for selection of a relation that the folder has learnt."""
    if isinstance(folder, EmbeddingFolder):
        return folder.dev[folder.model.config.heads.index(relation)]
    return folder.dev_pairs
