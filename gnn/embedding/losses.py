"""Losses of one right answer against sampled wrong ones.

`right` is (num,), `wrong` and `counts` are (num, num_wrong); a wrong answer whose `counts` is False is left out (a
corruption that happens to be the right answer, or a head without any hard negative).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus

_LEFT_OUT = -1e9


def logistic_loss(right: Tensor, wrong: Tensor, counts: Tensor) -> Tensor:
    """Return the mean of log(1 + exp(∓score)) over right and wrong answers alike (Trouillon et al. 2016, eq. 9)."""
    total = softplus(-right).sum() + (softplus(wrong) * counts).sum()
    return total / (right.numel() + counts.sum())


def softmax_loss(right: Tensor, wrong: Tensor, counts: Tensor) -> Tensor:
    """Return the mean cross-entropy of the right answer among itself and the wrong ones."""
    rows = torch.cat([right[:, None], wrong.masked_fill(~counts, _LEFT_OUT)], dim=1)
    return (torch.logsumexp(rows, dim=1) - right).mean()


def self_adversarial_loss(right: Tensor, wrong: Tensor, counts: Tensor) -> Tensor:
    """Return RotatE's loss: wrong answers weigh by the softmax of their own scores (Sun et al. 2019, eq. 5–6)."""
    weights = torch.softmax(wrong.detach().masked_fill(~counts, _LEFT_OUT), dim=1) * counts
    return (softplus(-right) + (weights * softplus(wrong)).sum(dim=1)).mean() / 2.0


LOSS_OF = {"logistic": logistic_loss, "self_adversarial": self_adversarial_loss, "softmax": softmax_loss}
