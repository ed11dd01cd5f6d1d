"""Sentence vectors of names: the packaged encoder's own, kept to the last bit, none for a node without a name."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.name_vectors import NO_NAMES, WIDTH, NameVectors, add_names
from kg.minilm import minilm_folder

NAMES = ["High blood pressure", "Arterial hypertension", "a much longer name of some rare disorder", "asthma"]


def test_they_are_the_packaged_encoders() -> None:
    import torch
    from transformers import BertModel, BertTokenizerFast, logging

    logging.set_verbosity_error()
    theirs = BertModel.from_pretrained(minilm_folder(), add_pooling_layer=False).eval()
    tokenizer = BertTokenizerFast.from_pretrained(minilm_folder())
    ours = add_names(NO_NAMES, NAMES)
    for name in NAMES:
        with torch.inference_mode():
            pooled = theirs(**tokenizer(name, return_tensors="pt")).last_hidden_state.mean(dim=1)[0].numpy()
        row = ours.vectors[ours.texts.index(name.lower())].astype(np.float32)
        assert row == pytest.approx(pooled / np.linalg.norm(pooled), abs=2e-3)


def test_order_case_and_repeats_change_nothing() -> None:
    one, other = add_names(NO_NAMES, NAMES), add_names(NO_NAMES, [*reversed(NAMES), " ASTHMA ", ""])
    assert one.texts == other.texts == tuple(sorted(name.lower() for name in NAMES))
    assert np.array_equal(one.vectors, other.vectors)


def test_a_new_name_leaves_the_others_as_they_were() -> None:
    known = NameVectors(("hypertension",), np.full((1, WIDTH), 0.5, np.float16))
    more = add_names(known, ["Hypertension", "gout"])
    assert more.texts == ("gout", "hypertension")
    assert np.array_equal(more.vectors[1], known.vectors[0])
    assert add_names(known, ["HYPERTENSION", ""]) is known
    kept = more.only(["Gout"])
    assert kept.texts == ("gout",)
    assert np.array_equal(kept.vectors, more.vectors[:1])


def test_a_node_without_a_name_is_like_nothing() -> None:
    rows = add_names(NO_NAMES, NAMES).of([*NAMES, "", "never encoded"])
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1, 1, 0, 0], abs=1e-5)
    likeness = rows @ rows.T
    assert likeness[0, 1] > max(likeness[0, 2], likeness[0, 3])
