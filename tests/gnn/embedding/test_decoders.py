"""Scores equal those of PyG's models with the same vectors, whichever end is moved."""

from __future__ import annotations

import warnings

import pytest
import torch

from gnn.embedding.decoders import ComplEx, Decoder, RotatE

HEADS, RELATIONS, TAILS = torch.tensor([0, 1, 2, 4]), torch.tensor([0, 1, 1, 0]), torch.tensor([3, 0, 4, 4])


def interleaved(real: torch.Tensor, imaginary: torch.Tensor) -> torch.Tensor:
    return torch.stack([real, imaginary], dim=-1).flatten(1)


def ours_and_pyg(name: str) -> tuple[Decoder, torch.Tensor, torch.Tensor, torch.Tensor]:
    with warnings.catch_warnings():
        # PyG still calls torch.jit.script, which torch says is deprecated.
        warnings.simplefilter("ignore", FutureWarning)
        from torch_geometric.nn.kge import ComplEx as PygComplEx
        from torch_geometric.nn.kge import RotatE as PygRotatE
    torch.manual_seed(0)
    if name == "complex":
        model = PygComplEx(5, 2, 6)
        relations = interleaved(model.rel_emb.weight, model.rel_emb_im.weight)
        decoder: Decoder = ComplEx()
    else:
        model = PygRotatE(5, 2, 6, margin=4.0)
        relations, decoder = model.rel_emb.weight, RotatE(4.0)
    table = interleaved(model.node_emb.weight, model.node_emb_im.weight)
    return decoder, table.detach(), relations.detach(), model(HEADS, RELATIONS, TAILS).detach()


@pytest.mark.parametrize("name", ["complex", "rotate"])
def test_either_end_gives_the_scores_of_pyg(name: str) -> None:
    decoder, table, relations, expected = ours_and_pyg(name)
    to_tail = decoder.to_tail_query(table[HEADS], relations[RELATIONS])
    to_head = decoder.to_head_query(table[TAILS], relations[RELATIONS])
    assert torch.allclose(decoder.compare_pairs(to_tail, table[TAILS]), expected, atol=1e-5)
    assert torch.allclose(decoder.compare_pairs(to_head, table[HEADS]), expected, atol=1e-5)
    assert torch.allclose(decoder.compare(to_tail, table)[torch.arange(4), TAILS], expected, atol=1e-3)


def test_complex_by_hand() -> None:
    """h = 1 + 2i, r = i, t = 3 − i: h·r = −2 + i, times conj(t) = 3 + i is −7 + i, whose real part is −7."""
    decoder = ComplEx()
    query = decoder.to_tail_query(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 1.0]))
    assert query.tolist() == [-2.0, 1.0]
    assert float(decoder.compare_pairs(query, torch.tensor([3.0, -1.0]))) == -7.0


def test_rotate_by_hand() -> None:
    """h = 1 turned by a quarter is i; its distance to t = 4 + 4i is 5, so the score is 6 − 5."""
    decoder = RotatE(6.0)
    query = decoder.to_tail_query(torch.tensor([1.0, 0.0]), torch.tensor([torch.pi / 2]))
    assert float(decoder.compare_pairs(query, torch.tensor([4.0, 4.0]))) == pytest.approx(1.0)
