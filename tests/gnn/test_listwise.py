"""Row softmax: the answer rises, a hidden true answer is left alone, NaN stops the run."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gnn.listwise import ListwiseConfig, fit_listwise
from kg.errors import ModelError


class Table(nn.Module):
    """One free score per candidate."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.full((1, 3), value))

    def score(self, rows: Tensor) -> Tensor:
        return self.scores.expand(len(rows), 3)


def fit(table: Table) -> None:
    config = ListwiseConfig(epochs=30, learning_rate=0.1, weight_decay=0.0)
    hidden = torch.tensor([[False, True, False]])
    fit_listwise(config, table, table.score, torch.tensor([0]), hidden, torch.Generator().manual_seed(0))


def test_the_answer_rises_and_a_hidden_one_stays() -> None:
    table = Table()
    fit(table)
    answer, hidden, other = table.scores.detach()[0].tolist()
    assert answer > 0 > other
    assert hidden == 0.0
    assert not table.training


def test_a_loss_that_is_not_a_number_is_an_error() -> None:
    with pytest.raises(ModelError, match="not a number"):
        fit(Table(float("nan")))
