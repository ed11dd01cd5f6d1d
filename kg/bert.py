"""A BERT encoder's tensors by our names, from a safetensors file in BERT's names or from an ONNX export of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kg.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

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
_QUERY = re.compile(r"encoder\.layer\.(\d+)\.attention\.self\.query\.weight")


def read_bert(path: Path) -> dict[str, Tensor]:
    """Return the encoder's tensors by our names; its one segment embedding goes into the positions.

    InputError when the file cannot be read or holds no BERT.
    """
    source = _read_onnx(path) if path.suffix == ".onnx" else _read_safetensors(path)
    try:
        return _rename(source)
    except KeyError as error:
        raise InputError(f"{path}: holds no BERT encoder ({error} is missing); give one with BERT's names.") from error


def count_layers(tensors: dict[str, Tensor]) -> int:
    """Return the number of layers among an encoder's tensors."""
    return sum(name.endswith(".qkv.weight") for name in tensors)


def _rename(source: dict[str, Tensor]) -> dict[str, Tensor]:
    import torch

    tensors: dict[str, Tensor] = {}
    for name, value in source.items():
        for pattern, new in _RENAMED:
            if re.match(pattern, name):
                tensors[re.sub(pattern, new, name)] = value
    tensors["positions.weight"] = tensors["positions.weight"] + source["embeddings.token_type_embeddings.weight"][0]
    for layer in (match[1] for match in map(_QUERY.fullmatch, source) if match):
        attention = f"encoder.layer.{layer}.attention.self."
        for part in ("weight", "bias"):
            parts = [source[f"{attention}{side}.{part}"] for side in ("query", "key", "value")]
            tensors[f"layers.{layer}.qkv.{part}"] = torch.cat(parts)
    return tensors


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: no readable safetensors file ({error}); give a BERT's model.safetensors.") from error


def _read_onnx(path: Path) -> dict[str, Tensor]:
    """Return the weights of an ONNX graph; a matrix product's lies transposed and is called like the product."""
    import torch

    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise InputError(f"{path}: ONNX needs the package onnx; `pip install onnx`.") from error
    try:
        graph = onnx.load(path).graph
    except (OSError, DecodeError) as error:
        raise InputError(f"{path}: no readable ONNX file ({error}).") from error
    tensors = {item.name: torch.from_numpy(onnx.numpy_helper.to_array(item).copy()) for item in graph.initializer}
    for node in graph.node:
        for name in tensors.keys() & set(node.input) if node.op_type == "MatMul" else ():
            called = node.name.strip("/").replace("/", ".").removesuffix(".MatMul")
            tensors[f"{called}.weight"] = tensors[name].t().contiguous()
    return tensors
