"""How two vectors and a relation become a score: ComplEx and RotatE, on PyG's definitions.

A vector of `dim` complex numbers is (…, 2·dim) floats, each real part followed by its imaginary one. Both decoders move
one end by the relation into a *query* and compare it with candidates for the other end, so that many candidates cost
one matrix product. ComplEx: Trouillon et al. 2016, arXiv:1606.06357; RotatE: Sun et al. 2019, arXiv:1902.10197.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor

from gnn.embedding.config import EmbeddingConfig


class Decoder(Protocol):
    """Scores of edges from vectors."""

    def start_relations(self, num_relations: int, dim: int, scale: float) -> Tensor:
        """Return first relation parameters, (num_relations, width)."""
        ...

    def to_tail_query(self, heads: Tensor, relations: Tensor) -> Tensor:
        """Move heads (…, 2·dim) by relation parameters (…, width)."""
        ...

    def to_head_query(self, tails: Tensor, relations: Tensor) -> Tensor:
        """Move tails (…, 2·dim) back by relation parameters (…, width)."""
        ...

    def compare(self, queries: Tensor, candidates: Tensor) -> Tensor:
        """Return (…, num_queries, num_candidates) scores of (…, n, 2·dim) queries and (…, m, 2·dim) candidates."""
        ...

    def compare_pairs(self, queries: Tensor, answers: Tensor) -> Tensor:
        """Return (…) scores of queries and answers of one shape (…, 2·dim)."""
        ...


class ComplEx:
    """Re⟨h, r, conj(t)⟩: the real product of h∘r and t, or of h and conj(r)∘t."""

    def start_relations(self, num_relations: int, dim: int, scale: float) -> Tensor:
        """Return normal parameters of width 2·dim."""
        return torch.randn(num_relations, 2 * dim) * scale

    def to_tail_query(self, heads: Tensor, relations: Tensor) -> Tensor:
        """Return h∘r."""
        return _times(heads, _to_complex(relations))

    def to_head_query(self, tails: Tensor, relations: Tensor) -> Tensor:
        """Return conj(r)∘t."""
        return _times(tails, _to_complex(relations).conj())

    def compare(self, queries: Tensor, candidates: Tensor) -> Tensor:
        """Return real products, float32 whatever they were computed in."""
        return (queries @ candidates.transpose(-1, -2)).float()

    def compare_pairs(self, queries: Tensor, answers: Tensor) -> Tensor:
        """Return real products of pairs."""
        return (queries * answers).sum(dim=-1)


class RotatE:
    """margin − ‖h∘r − t‖₂ with |r| = 1: the relation's parameters are angles."""

    def __init__(self, margin: float) -> None:
        self.margin = margin

    def start_relations(self, num_relations: int, dim: int, scale: float) -> Tensor:
        """Return angles in [0, 2π) of width dim."""
        return torch.rand(num_relations, dim) * 2 * math.pi

    def to_tail_query(self, heads: Tensor, relations: Tensor) -> Tensor:
        """Return h∘r."""
        return _times(heads, torch.polar(torch.ones_like(relations), relations))

    def to_head_query(self, tails: Tensor, relations: Tensor) -> Tensor:
        """Return conj(r)∘t; as |r| = 1, its distance to h is that of h∘r to t."""
        return _times(tails, torch.polar(torch.ones_like(relations), -relations))

    def compare(self, queries: Tensor, candidates: Tensor) -> Tensor:
        """Return margin minus distances, in float32 throughout: near neighbours' squares nearly cancel."""
        squares = (queries**2).sum(-1)[..., :, None] + (candidates**2).sum(-1)[..., None, :]
        with torch.autocast(queries.device.type, enabled=False):
            return self.margin - _root(squares - 2.0 * queries @ candidates.transpose(-1, -2))

    def compare_pairs(self, queries: Tensor, answers: Tensor) -> Tensor:
        """Return margin minus distances of pairs."""
        return self.margin - _root(((queries - answers) ** 2).sum(dim=-1))


def build_decoder(config: EmbeddingConfig) -> Decoder:
    """Return the decoder that the config names."""
    return ComplEx() if config.decoder == "complex" else RotatE(config.margin)


def _to_complex(vectors: Tensor) -> Tensor:
    return torch.view_as_complex(vectors.reshape(*vectors.shape[:-1], -1, 2))


def _times(vectors: Tensor, factors: Tensor) -> Tensor:
    return torch.view_as_real(_to_complex(vectors) * factors).flatten(-2)


def _root(squares: Tensor) -> Tensor:
    """Return square roots whose gradient stays finite at zero."""
    return torch.sqrt(squares.clamp(min=1e-9))
