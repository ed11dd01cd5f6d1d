"""A model on disk: one folder with the config, the graph it was trained on, its weights and its card.

    config.json      every setting, hashes of the input files and of the graph, versions, seed, choice, blend
    graph.npz        the training graph, numbered
    names.npz        the sentence vectors of the names that are compared
    weights.pt       networks (tensors only; read with `weights_only`)
    forest-N.txt     boosted trees (LightGBM's text)
    card.md          the model card

Loading invents nothing: a key that is missing from config.json is an error, and so is a graph whose hash is not the
one that config.json names.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import lightgbm
import numpy as np
import torch

from gnn.attention import build_attention
from gnn.blend import Blend
from gnn.embedding.config import EmbeddingConfig
from gnn.features import Scaling
from gnn.model import Ground, LinkModel, ModelConfig, Weights, rebuild_ground, walk_data
from gnn.name_vectors import NameVectors
from gnn.path_gnn import PathGnn
from gnn.scorers import CandidateNetwork
from gnn.space import SpaceChoice
from gnn.triples import Ids, Triples, from_arrays, to_arrays
from kg.errors import ModelError, ResourceError

FOLDER_VERSION = 1
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model with the graph it knows, the pairs that were set aside for selection, and what was measured on them."""

    model: LinkModel
    triples: Triples
    dev_pairs: Ids
    inputs: tuple[tuple[str, str], ...]
    measured: tuple[tuple[str, Any], ...]

    @property
    def run(self) -> str:
        """The run's identifier: a hash of config, graph and inputs."""
        return run_id(self.model.config, self.triples, self.inputs)


def run_id(config: ModelConfig | EmbeddingConfig, triples: Triples, inputs: tuple[tuple[str, str], ...]) -> str:
    """Return a 64-bit hash of what went into a training run, in hexadecimal."""
    told = json.dumps([asdict(config), triples.content_hash, [digest for _, digest in inputs]], sort_keys=True)
    return blake2b(told.encode(), digest_size=8).hexdigest()


def hash_file(path: Path) -> str:
    """Return the 128-bit hash of a file's bytes, in hexadecimal."""
    digest = blake2b(digest_size=16)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def keep_model(folder: ModelFolder, out: Path, card: str) -> None:
    """Write a model folder; ResourceError when the disk refuses."""
    model = folder.model
    try:
        out.mkdir(parents=True, exist_ok=True)
        _keep_graph(folder, out / "graph.npz")
        vectors = model.ground.space.vectors
        np.savez_compressed(out / "names.npz", texts=np.array(vectors.texts, np.str_), vectors=vectors.vectors)
        states = {
            "attentions": [network.state_dict() for network in model.weights.attentions],
            "additive": model.weights.additive.state_dict(),
            "networks": [network.state_dict() for network in model.weights.networks],
            "path_gnns": [network.state_dict() for network in model.weights.path_gnns],
            "scaling": {f.name: torch.from_numpy(getattr(model.weights.scaling, f.name)) for f in fields(Scaling)},
        }
        torch.save(states, out / "weights.pt")
        for number, forest in enumerate(model.weights.forests):
            (out / f"forest-{number}.txt").write_text(forest.model_to_string(), encoding="utf-8")
        (out / "card.md").write_text(card, encoding="utf-8")
        (out / "config.json").write_text(json.dumps(_to_json(folder), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ResourceError(
            f"{out} cannot be written: {error.strerror}; free some space or choose another folder."
        ) from error


def read_model(path: Path) -> ModelFolder:
    """Read a model folder; ModelError for a damaged one or one whose graph is another.

    Torch keeps to one thread from here on: scoring is many small products, and on a busy machine threads that wait for
    each other cost seven times the work.
    """
    torch.set_num_threads(1)
    try:
        told = json.loads((path / "config.json").read_text(encoding="utf-8"))
        triples, dev_pairs = _read_graph(path / "graph.npz")
        if triples.content_hash != told["graph_hash"]:
            raise ModelError(f"{path}/graph.npz is not the graph that config.json names; train the model again.")
        config = from_json(ModelConfig, told["config"])
        choice = _read_choice(told["choice"])
        ground = rebuild_ground(triples, config, choice, _read_vectors(path / "names.npz"))
        weights = _read_weights(path, config, ground)
        model = LinkModel(config, choice, ground, weights, from_json(Blend, told["blend"]))
    except FileNotFoundError as error:
        raise ModelError(
            f"{error.filename} is missing: {path} is not a whole model folder; train the model."
        ) from error
    except (KeyError, TypeError, ValueError, RuntimeError, lightgbm.basic.LightGBMError) as error:
        raise ModelError(f"{path} is damaged ({error}); train the model again.") from error
    return ModelFolder(model, triples, dev_pairs, _to_pairs(told["inputs"]), _to_pairs(told["measured"]))


def from_json(kind: type[T], told: Mapping[str, Any]) -> T:
    """Build a (nested) config dataclass out of JSON; KeyError for a missing key, ValueError for an unknown one."""
    hints = get_type_hints(kind)
    unknown = set(told) - set(hints)
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    return kind(**{name: _to_value(hint, told[name]) for name, hint in hints.items()})


def _to_value(hint: Any, value: Any) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        return from_json(hint, value)
    if get_origin(hint) is tuple:
        inner = get_args(hint)
        kinds = [inner[0]] * len(value) if len(inner) == 2 and inner[1] is Ellipsis else list(inner)
        return tuple(_to_value(kind, item) for kind, item in zip(kinds, value, strict=True))
    return value


def _to_json(folder: ModelFolder) -> dict[str, Any]:
    model = folder.model
    choice = {f.name: getattr(model.choice, f.name) for f in fields(SpaceChoice)}
    return {
        "version": FOLDER_VERSION,
        "run": folder.run,
        "config": asdict(model.config),
        "choice": {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in choice.items()},
        "blend": asdict(model.blend),
        "graph_hash": folder.triples.content_hash,
        "inputs": folder.inputs,
        "measured": folder.measured,
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "lightgbm": lightgbm.__version__},
    }


def _read_choice(told: Mapping[str, Any]) -> SpaceChoice:
    return SpaceChoice(
        head_types=tuple(told["head_types"]),
        tail_types=tuple(told["tail_types"]),
        head_anchors=np.array(told["head_anchors"], np.int64),
        tail_anchors=np.array(told["tail_anchors"], np.int64),
        head_channels=tuple(told["head_channels"]),
        tail_channels=tuple(told["tail_channels"]),
        metapaths=tuple(told["metapaths"]),
        bridges=tuple(told["bridges"]),
    )


def _read_weights(path: Path, config: ModelConfig, ground: Ground) -> Weights:
    states = torch.load(path / "weights.pt", weights_only=True)
    scaling = Scaling(**{name: value.numpy() for name, value in states["scaling"].items()})
    data = walk_data(ground.space)
    attentions, networks = [], []
    for state in states["attentions"]:
        attention = build_attention(config.attention, data)
        attention.load_state_dict(state)
        attentions.append(attention)
    for state in states["networks"]:
        network = CandidateNetwork(len(scaling.mean), config.network)
        network.load_state_dict(state)
        networks.append(network.eval())
    additive = CandidateNetwork(len(scaling.mean), config.additive)
    additive.load_state_dict(states["additive"])
    texts = [(path / f"forest-{n}.txt").read_text(encoding="utf-8") for n in range(config.num_forests)]
    forests = tuple(lightgbm.Booster(model_str=text) for text in texts)
    path_gnns = _read_path_gnns(states["path_gnns"], config, ground)
    return Weights(scaling, additive.eval(), tuple(attentions), tuple(networks), forests, path_gnns)


def _read_path_gnns(states: list[dict[str, Any]], config: ModelConfig, ground: Ground) -> tuple[PathGnn, ...]:
    if len(states) != config.num_path_gnns:
        raise ValueError(f"{len(states)} path GNNs are kept where config.json names {config.num_path_gnns}")
    networks: list[PathGnn] = []
    for state in states:
        if ground.paths is not None:
            network = PathGnn(ground.paths, config.path_gnn)
            network.load_state_dict(state)
            networks.append(network)
    for network in networks:
        network.eval()
    return tuple(networks)


def _keep_graph(folder: ModelFolder, path: Path) -> None:
    np.savez_compressed(path, dev_pairs=folder.dev_pairs, **to_arrays(folder.triples))


def _read_graph(path: Path) -> tuple[Triples, Ids]:
    with np.load(path, allow_pickle=False) as arrays:
        return from_arrays(arrays), arrays["dev_pairs"].astype(np.int64)


def _read_vectors(path: Path) -> NameVectors:
    with np.load(path, allow_pickle=False) as arrays:
        return NameVectors(tuple(arrays["texts"].tolist()), arrays["vectors"])


def _to_pairs(told: list[list[Any]]) -> tuple[tuple[str, Any], ...]:
    return tuple((str(name), value) for name, value in told)
