"""A gradient-trained model on disk: config.json, graph.npz, weights.pt and card.md, as the ensemble's folder."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gnn.embedding.config import EmbeddingConfig
from gnn.embedding.model import EmbeddingModel, encode_entities
from gnn.embedding.network import Network
from gnn.model_folder import from_json
from gnn.task import build_task
from gnn.triples import Ids, Triples, from_arrays, to_arrays
from kg.errors import ModelError, ResourceError, UnknownNameError


@dataclass(frozen=True, slots=True)
class EmbeddingFolder:
    """One model per head (relation) over the same weights; `dev` are the pairs set aside for selection, per head."""

    run: str
    models: tuple[EmbeddingModel, ...]
    triples: Triples
    dev: tuple[Ids, ...]
    inputs: tuple[tuple[str, str], ...]
    measured: tuple[tuple[str, Any], ...]

    @property
    def model(self) -> EmbeddingModel:
        """The first head's model."""
        return self.models[0]

    @property
    def dev_pairs(self) -> Ids:
        """The first head's pairs set aside."""
        return self.dev[0]

    def model_of(self, relation: str) -> EmbeddingModel:
        """Return the model of a relation; UnknownNameError when it was not learnt."""
        for model in self.models:
            if model.task.relation == relation:
                return model
        raise UnknownNameError("relation in this model", relation, [m.task.relation for m in self.models])


def keep_embedding(folder: EmbeddingFolder, weights: dict[str, torch.Tensor], out: Path, card: str) -> None:
    """Write the folder; ResourceError when the disk refuses."""
    config = folder.model.config
    told = {
        "version": 1,
        "family": config.family,
        "run": folder.run,
        "config": asdict(config),
        "types": [[model.task.head_types, model.task.tail_types] for model in folder.models],
        "calibration": [[model.slope, model.offset] for model in folder.models],
        "graph_hash": folder.triples.content_hash,
        "inputs": folder.inputs,
        "measured": folder.measured,
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        pairs = {f"dev_pairs_{number}": some for number, some in enumerate(folder.dev)}
        np.savez_compressed(out / "graph.npz", **to_arrays(folder.triples), **pairs)
        torch.save(weights, out / "weights.pt")
        (out / "card.md").write_text(card, encoding="utf-8")
        (out / "config.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ResourceError(
            f"{out} cannot be written: {error.strerror}; free some space or choose another folder."
        ) from error


def read_embedding(path: Path) -> EmbeddingFolder:
    """Read the folder; ModelError for a damaged one or one whose graph is another."""
    try:
        told = json.loads((path / "config.json").read_text(encoding="utf-8"))
        triples, dev = _read_graph(path / "graph.npz", len(told["types"]))
        if triples.content_hash != told["graph_hash"]:
            raise ModelError(f"{path}/graph.npz is not the graph that config.json names; train the model again.")
        config = from_json(EmbeddingConfig, told["config"])
        weights = torch.load(path / "weights.pt", weights_only=True)
        network = Network(config, len(triples.relations))
        network.load_state_dict({name: value for name, value in weights.items() if name != "table"})
        heads = tuple((tuple(head), tuple(tail)) for head, tail in told["types"])
        models = build_models(config, triples, network, weights["table"], heads)
        calibrated = [replace(m, slope=s, offset=o) for m, (s, o) in zip(models, told["calibration"], strict=True)]
    except FileNotFoundError as error:
        raise ModelError(
            f"{error.filename} is missing: {path} is not a whole model folder; train the model."
        ) from error
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path} is damaged ({error}); train the model again.") from error
    inputs, measured = (tuple((str(name), value) for name, value in told[key]) for key in ("inputs", "measured"))
    return EmbeddingFolder(told["run"], tuple(calibrated), triples, dev, inputs, measured)


def build_models(
    config: EmbeddingConfig,
    triples: Triples,
    network: Network,
    table: torch.Tensor,
    types: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...],
) -> tuple[EmbeddingModel, ...]:
    """Return one uncalibrated model a head, in the order of `config.heads`."""
    vectors = encode_entities(network, table, triples)
    tasks = [build_task(triples, relation, kinds) for relation, kinds in zip(config.heads, types, strict=True)]
    return tuple(EmbeddingModel(config, triples, task, network, table, vectors) for task in tasks)


def _read_graph(path: Path, num_heads: int) -> tuple[Triples, tuple[Ids, ...]]:
    with np.load(path, allow_pickle=False) as arrays:
        return from_arrays(arrays), tuple(arrays[f"dev_pairs_{n}"].astype(np.int64) for n in range(num_heads))
