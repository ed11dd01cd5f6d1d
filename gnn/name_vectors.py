"""What a node's name means: sentence vectors by the packaged MiniLM, which has read general text.

They are the one thing in this room that the graph does not say itself. A graph without names has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own habit)
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from gnn.metagraph import Dense
from kg.bert import count_layers
from kg.minilm import minilm_folder, read_minilm

WIDTH = 384
_HEADS = 12
_MAX_PIECES = 64
_NAMES_AT_ONCE = 64
_EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class NameVectors:
    """Unit vectors (num_texts, WIDTH) of sorted texts, in half precision as they are kept."""

    texts: tuple[str, ...]
    vectors: NDArray[np.float16]

    def of(self, names: Sequence[str]) -> Dense:
        """Return (len(names), WIDTH) vectors about their mean, of unit length; zeros for a name that is not known."""
        places = {text: place for place, text in enumerate(self.texts)}
        rows = np.array([places.get(to_text(name), -1) for name in names])
        known = rows >= 0
        found = np.zeros((len(names), WIDTH), np.float32)
        if known.any():
            found[known] = self.vectors[rows[known]]
            found[known] -= found[known].mean(axis=0)
        return to_unit(found)

    def only(self, names: Iterable[str]) -> NameVectors:
        """Return the vectors of the given names alone."""
        wanted = {to_text(name) for name in names}
        rows = [row for row, text in enumerate(self.texts) if text in wanted]
        return NameVectors(tuple(self.texts[row] for row in rows), self.vectors[rows])


NO_NAMES = NameVectors((), np.zeros((0, WIDTH), np.float16))


def to_unit(rows: Dense) -> Dense:
    """Return rows of unit length; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Dense = (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    return unit


def to_text(name: str) -> str:
    """Return a name as it is looked up: case and outer blanks tell the encoder nothing."""
    return name.strip().lower()


def add_names(known: NameVectors, names: Iterable[str]) -> NameVectors:
    """Return `known` with every further name encoded; what is known keeps its vector to the last bit."""
    missing = sorted({to_text(name) for name in names} - {"", *known.texts})
    if not missing:
        return known
    texts = (*known.texts, *missing)
    vectors = np.concatenate([known.vectors, _encode(tuple(missing))])
    order = sorted(range(len(texts)), key=lambda place: texts[place])
    return NameVectors(tuple(texts[place] for place in order), vectors[order])


@lru_cache(maxsize=2)
def _encode(texts: tuple[str, ...]) -> NDArray[np.float16]:
    """Encode texts of equally many word pieces together, so that nothing is padded; several seeds encode once."""
    tensors = read_minilm()
    tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MAX_PIECES)
    pieces = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    vectors = np.zeros((len(texts), WIDTH), np.float16)
    with torch.inference_mode():
        for rows in _batches([len(ids) for ids in pieces]):
            hidden = _read(tensors, torch.tensor([pieces[row] for row in rows]))
            vectors[rows] = F.normalize(hidden.mean(dim=1), dim=1).numpy()
    return vectors


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    for length in sorted(set(lengths)):
        rows = [row for row, other in enumerate(lengths) if other == length]
        yield from (rows[start : start + _NAMES_AT_ONCE] for start in range(0, len(rows), _NAMES_AT_ONCE))


def _read(tensors: dict[str, Tensor], pieces: Tensor) -> Tensor:
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
