"""What a text means: vectors by the packaged MiniLM sentence encoder, which has read general text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own habit)
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from kg.bert import count_layers
from kg.minilm import minilm_folder, read_minilm

WIDTH = 384
_HEADS = 12
_MAX_PIECES = 64
_TEXTS_AT_ONCE = 64
_EPSILON = 1e-12


def encode_texts(texts: Sequence[str], dtype: torch.dtype = torch.float32) -> NDArray[np.float32]:
    """Return unit vectors (len(texts), WIDTH); `dtype` is what is reckoned in. ModelError when the encoder is absent.

    Texts of equally many word pieces are encoded together, so that nothing is padded.
    """
    tensors = _read_encoder(dtype)
    tokenizer = _read_tokenizer()
    pieces = [tokenizer.encode(text).ids for text in texts]  # one by one: a batch would start threads of its own
    vectors = np.zeros((len(texts), WIDTH), np.float32)
    with torch.inference_mode():
        for rows in _batches([len(ids) for ids in pieces]):
            hidden = _encode(tensors, torch.tensor([pieces[row] for row in rows]))
            vectors[rows] = F.normalize(hidden.float().mean(dim=1), dim=1).numpy()
    return vectors


@lru_cache(maxsize=1)
def _read_encoder(dtype: torch.dtype) -> dict[str, Tensor]:
    return {name: tensor.to(dtype) for name, tensor in read_minilm().items()}


@cache
def _read_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MAX_PIECES)
    return tokenizer


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    for length in sorted(set(lengths)):
        rows = [row for row, other in enumerate(lengths) if other == length]
        yield from (rows[start : start + _TEXTS_AT_ONCE] for start in range(0, len(rows), _TEXTS_AT_ONCE))


def _encode(tensors: dict[str, Tensor], pieces: Tensor) -> Tensor:
    """[B, S] word pieces → [B, S, WIDTH]: BERT's post-norm layers (Devlin et al. 2019)."""

    def linear(values: Tensor, name: str) -> Tensor:
        return F.linear(values, tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def norm(values: Tensor, name: str) -> Tensor:
        return F.layer_norm(values, (WIDTH,), tensors[f"{name}.weight"], tensors[f"{name}.bias"], _EPSILON)

    num_rows, size = pieces.shape
    hidden = norm(tensors["words.weight"][pieces] + tensors["positions.weight"][:size], "norm")
    for number in range(count_layers(tensors)):
        layer = f"layers.{number}"
        qkv = linear(hidden, f"{layer}.qkv").view(num_rows, size, 3, _HEADS, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*qkv).transpose(1, 2).reshape(num_rows, size, WIDTH)
        hidden = norm(hidden + linear(mixed, f"{layer}.out"), f"{layer}.norm")
        inner = linear(F.gelu(linear(hidden, f"{layer}.up")), f"{layer}.down")
        hidden = norm(hidden + inner, f"{layer}.norm_out")
    return hidden
