"""The network that labels words: a transformer or a convolution over words, with lexicon and character features.

Labels are O and, per type, B- and I-; `LABELS` fixes their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own habit)
from torch import Tensor, nn

from extraction.document import EntityType
from extraction.features import CHARACTER_CODES, LEXICON_BITS, Batch
from kg.errors import UnknownNameError

TAGGED = (EntityType.DISEASE, EntityType.DRUG, EntityType.GENE)
LABELS = ("O", *(f"{side}-{kind.value}" for kind in TAGGED for side in "BI"))


@dataclass(frozen=True, slots=True)
class TaggerConfig:
    """The shape of a tagger. `kind` is transformer (MiniLM) or cnn; widths are in units."""

    kind: str = "transformer"
    vocabulary: int = 30522
    width: int = 384
    layers: int = 6
    heads: int = 12
    inner: int = 1536
    positions: int = 512
    characters: int = 64
    hidden: int = 256
    dropout: float = 0.1

    def create(self) -> Tagger:
        """Return an untrained tagger; UnknownNameError for an unknown kind."""
        if self.kind not in _ENCODERS:
            raise UnknownNameError("kind of tagger", self.kind, _ENCODERS)
        return Tagger(self)


class CharacterShape(nn.Module):
    """Per word, the maximum over its character trigrams of a learned projection, so that case and affixes are seen."""

    def __init__(self, width: int, embedding: int = 24) -> None:
        super().__init__()
        self.embedding = nn.Embedding(CHARACTER_CODES, embedding, padding_idx=0)
        self.project = nn.Linear(3 * embedding, width)

    def forward(self, characters: Tensor) -> Tensor:
        """[..., C] character codes → [..., width]."""
        embedded = F.pad(self.embedding(characters), (0, 0, 1, 1))
        trigrams = torch.cat([embedded[..., :-2, :], embedded[..., 1:-1, :], embedded[..., 2:, :]], dim=-1)
        projected: Tensor = self.project(trigrams)
        return F.relu(projected).amax(dim=-2)


class Layer(nn.Module):
    """One post-norm transformer layer (Vaswani et al. 2017), as BERT has it."""

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.norm = nn.LayerNorm(config.width, eps=1e-12)
        self.up = nn.Linear(config.width, config.inner)
        self.down = nn.Linear(config.inner, config.width)
        self.norm_out = nn.LayerNorm(config.width, eps=1e-12)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """[B, S, D], [B, 1, 1, S] bool → [B, S, D]."""
        rows, size, width = hidden.shape
        qkv = self.qkv(hidden).view(rows, size, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = attend(qkv[0], qkv[1], qkv[2], mask, is_training=self.training)
        mixed = self.out(mixed.transpose(1, 2).reshape(rows, size, width))
        hidden = self.norm(hidden + self.dropout(mixed))
        inner = self.down(F.gelu(self.up(hidden)))
        normed: Tensor = self.norm_out(hidden + self.dropout(inner))
        return normed


class TransformerEncoder(nn.Module):
    """MiniLM over word pieces; a word is the mean of its pieces. Word features are added to the input embeddings."""

    def __init__(self, config: TaggerConfig, features: int) -> None:
        super().__init__()
        self.words = empty_embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        self.inject = nn.Linear(features, config.width, bias=False)
        self.norm = nn.LayerNorm(config.width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.dropout = nn.Dropout(config.dropout)
        nn.init.zeros_(self.inject.weight)

    def forward(self, batch: Batch, features: Tensor) -> Tensor:
        """Batch, [B, W, F] → [B, W, D]."""
        size = batch.pieces.shape[1]
        injected = F.pad(self.inject(features).flatten(0, 1), (0, 0, 0, 1))[batch.word_of_piece]
        hidden = self.words(batch.pieces) + self.positions.weight[:size] + injected
        hidden = self.dropout(self.norm(hidden))
        mask = batch.piece_mask[:, None, None, :]
        for layer in self.layers:
            hidden = layer(hidden, mask)
        return pool_words(hidden, batch)


class ConvolutionEncoder(nn.Module):
    """Residual width-3 convolutions over words, whose vectors are the mean of their pieces' embeddings."""

    def __init__(self, config: TaggerConfig, features: int) -> None:
        super().__init__()
        self.words = empty_embedding(config.vocabulary, config.inner)
        self.mix = nn.Linear(config.inner + features, config.width)
        self.norm = nn.LayerNorm(config.width)
        self.layers = nn.ModuleList(nn.Linear(3 * config.width, 2 * config.width) for _ in range(config.layers))
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(config.layers))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, batch: Batch, features: Tensor) -> Tensor:
        """Batch, [B, W, F] → [B, W, D]."""
        vectors = pool_words(self.words(batch.pieces), batch)
        hidden = self.norm(F.gelu(self.mix(torch.cat([vectors, features], dim=-1))))
        mask = batch.word_mask[:, :, None]
        for layer, norm in zip(self.layers, self.norms, strict=True):
            padded = F.pad(self.dropout(hidden) * mask, (0, 0, 1, 1))
            window = torch.cat([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]], dim=-1)
            left, right = layer(window).chunk(2, dim=-1)
            hidden = norm(hidden + torch.maximum(left, right))
        out: Tensor = hidden
        return out


class Tagger(nn.Module):
    """Word features, an encoder and a two-layer classifier."""

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__()
        self.config = config
        features = config.characters + LEXICON_BITS
        self.shape = CharacterShape(config.characters)
        self.encoder = _ENCODERS[config.kind](config, features)
        self.hidden = nn.Linear(config.width + features, config.hidden)
        self.classify = nn.Linear(config.hidden, len(LABELS))
        self.dropout = nn.Dropout(2 * config.dropout)

    def forward(self, batch: Batch) -> Tensor:
        """Batch → [B, W, len(LABELS)] logits."""
        shape = self.shape(batch.characters)
        features = torch.cat([shape, batch.lexicon.to(shape.dtype)], dim=-1)
        encoded = self.encoder(batch, features)
        hidden = F.gelu(self.hidden(self.dropout(torch.cat([encoded, features], dim=-1))))
        logits: Tensor = self.classify(hidden)
        return logits


_ENCODERS: Mapping[str, type[TransformerEncoder] | type[ConvolutionEncoder]] = {
    "transformer": TransformerEncoder,
    "cnn": ConvolutionEncoder,
}


def attend(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor, *, is_training: bool) -> Tensor:
    """[B, H, S, D] each, [B, 1, 1, S] bool → [B, H, S, D] by scaled dot products.

    The fused kernel is slow on processors for so short windows and narrow heads: without it a training step takes a
    third less time and reading a tenth.
    """
    if not is_training:
        return _attend_reading(queries, keys, values, mask)
    scores = queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5
    return torch.softmax(scores.masked_fill(~mask, -1e4), dim=-1).to(values.dtype) @ values


def _attend_reading(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    """`attend` without gradients: scaling and mask go into the first product."""
    rows, heads, size, width = queries.shape
    hidden = torch.zeros(mask.shape, dtype=queries.dtype, device=queries.device).masked_fill_(~mask, -1e4)
    hidden = hidden.expand(rows, heads, size, size).reshape(rows * heads, size, size)
    scores = torch.baddbmm(hidden, queries.flatten(0, 1), keys.flatten(0, 1).transpose(1, 2), alpha=width**-0.5)
    return (torch.softmax(scores, dim=-1) @ values.flatten(0, 1)).view(queries.shape)


def empty_embedding(rows: int, width: int) -> nn.Embedding:
    """Return an embedding of zeros: it always gets pretrained values, and drawing random ones costs a second."""
    return nn.Embedding(rows, width, _weight=torch.zeros(rows, width))


def pool_words(hidden: Tensor, batch: Batch) -> Tensor:
    """[B, S, D] → [B, W, D], the mean of each word's pieces; padding words are zero."""
    rows, num_words = batch.word_mask.shape
    owner = batch.word_of_piece.flatten()
    total = hidden.new_zeros(rows * num_words + 1, hidden.shape[-1])
    total = total.index_add(0, owner, hidden.flatten(0, 1))[:-1]
    counts = torch.bincount(owner, minlength=rows * num_words + 1)[:-1].clamp(min=1)
    pooled: Tensor = total / counts[:, None].to(total.dtype)
    return pooled.view(rows, num_words, -1)
