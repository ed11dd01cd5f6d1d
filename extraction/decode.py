"""From label scores to spans: the best label sequence in which every I- follows its own B- or I-."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
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
_AT_START = _PENALTY[LABELS.index("O")]


def best_labels(scores: Tensor, mask: Tensor) -> list[list[int]]:
    """[B, W, L] log-probabilities, [B, W] bool → per row the best allowed labels (Viterbi 1967)."""
    rows, size, _ = scores.shape
    best = scores[:, 0] + _AT_START
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
    labels = torch.stack(found[::-1], dim=1).tolist()
    return [row[:length] for row, length in zip(labels, mask.sum(dim=1).tolist(), strict=True)]


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
