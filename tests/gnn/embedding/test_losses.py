"""Losses by hand."""

from __future__ import annotations

import math

import pytest
import torch

from gnn.embedding.losses import logistic_loss, self_adversarial_loss, softmax_loss

RIGHT, WRONG = torch.tensor([0.0]), torch.tensor([[0.0, math.log(3.0), 100.0]])
COUNTS = torch.tensor([[True, True, False]])


def test_logistic_loss_is_the_mean_over_all_that_counts() -> None:
    """log 2 for the right one, log 2 and log(1 + 3) for the wrong ones."""
    assert float(logistic_loss(RIGHT, WRONG, COUNTS)) == pytest.approx(4 * math.log(2.0) / 3)


def test_softmax_loss_is_the_cross_entropy() -> None:
    """The right answer has exp 1 of 1 + 1 + 3."""
    assert float(softmax_loss(RIGHT, WRONG, COUNTS)) == pytest.approx(math.log(5.0))


def test_self_adversarial_loss_weighs_wrong_answers_by_their_softmax() -> None:
    """Weights 1/4 and 3/4 of log 2 and log 4, with log 2 for the right one, halved."""
    expected = (1 + 0.25 + 0.75 * 2) * math.log(2.0) / 2
    assert float(self_adversarial_loss(RIGHT, WRONG, COUNTS)) == pytest.approx(expected)
