"""From label scores to spans: the best label sequence in which every I- follows its own B- or I-."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own habit)
from torch import Tensor

from extraction.document import EntityType, Span
from extraction.features import Window
from extraction.tagger import LABELS

_FORBIDDEN = -1e9


def forbidden_transitions() -> Tensor:
    """Return [L, L] log-scores that forbid I- after anything but B- or I- of its own type."""
    penalty = torch.zeros(len(LABELS), len(LABELS))
    for to, name in enumerate(LABELS):
        for before, other in enumerate(LABELS):
            if name.startswith("I-") and other[2:] != name[2:]:
                penalty[before, to] = _FORBIDDEN
    return penalty


_PENALTY = forbidden_transitions()
_OUTSIDE = LABELS.index("O")


def best_labels(scores: Tensor, mask: Tensor) -> list[list[int]]:
    """[B, W, L] log-probabilities, [B, W] bool → per row the best allowed labels.

    Where the best label of each word alone gives an allowed sequence there is no better one.
    """
    labels = scores.argmax(dim=-1)
    before = F.pad(labels[:, :-1], (1, 0), value=_OUTSIDE)
    is_broken = ((_PENALTY[before, labels] < 0) & mask).any(dim=1)
    if is_broken.any():
        longest = int(mask[is_broken].sum(dim=1).max())
        labels[is_broken, :longest] = search_labels(scores[is_broken, :longest], mask[is_broken, :longest])
    return [row[:length] for row, length in zip(labels.tolist(), mask.sum(dim=1).tolist(), strict=True)]


def search_labels(scores: Tensor, mask: Tensor) -> Tensor:
    """[B, W, L] log-probabilities, [B, W] bool → [B, W], the best allowed labels (Viterbi 1967)."""
    rows, size, _ = scores.shape
    best = scores[:, 0] + _PENALTY[_OUTSIDE]
    back = torch.zeros(size, rows, len(LABELS), dtype=torch.long)
    for place in range(1, size):
        arriving, origin = (best[:, :, None] + _PENALTY).max(dim=1)
        stays = ~mask[:, place, None]
        best = torch.where(stays, best, arriving + scores[:, place])
        back[place] = torch.where(stays, torch.arange(len(LABELS)), origin)
    label = best.argmax(dim=1)
    found = [label]
    for place in range(size - 1, 0, -1):
        label = back[place].gather(1, label[:, None])[:, 0]
        found.append(label)
    return torch.stack(found[::-1], dim=1)


def to_spans(window: Window, labels: Sequence[int], scores: Sequence[float]) -> list[Span]:
    """Return the window's spans; a span's score is the geometric mean of its words' label probabilities.

    `scores` are the log-probabilities of `labels`. A span without a letter or digit names nothing and is left out.
    """
    spans: list[Span] = []
    place = 0
    while place < len(labels):
        name = LABELS[labels[place]]
        end = place + 1
        if name.startswith("B-"):
            inside = LABELS.index(f"I-{name[2:]}")
            while end < len(labels) and labels[end] == inside:
                end += 1
            if any(word[0].isalnum() for word in window.words[place:end]):
                spans.append(_to_span(window, place, end, name[2:], scores))
        place = end
    return spans


def _to_span(window: Window, start: int, end: int, kind: str, scores: Sequence[float]) -> Span:
    mean = sum(scores[start:end]) / (end - start)
    return Span(window.spans[start][0], window.spans[end - 1][1], EntityType(kind), math.exp(mean))
