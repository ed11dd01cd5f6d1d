"""From scores to spans."""

import math

import pytest
import torch

from extraction.decode import best_labels, search_labels, to_spans
from extraction.document import EntityType
from extraction.features import Window
from extraction.tagger import LABELS

O, B, I = LABELS.index("O"), LABELS.index("B-drug"), LABELS.index("I-drug")  # noqa: E741
I_DISEASE = LABELS.index("I-disease")


def scores_of(*rows: dict[int, float]) -> torch.Tensor:
    table = torch.full((len(rows), len(LABELS)), 1e-6)
    for place, row in enumerate(rows):
        for label, chance in row.items():
            table[place, label] = chance
    return table.log()[None]


def mask_of(*row: bool) -> torch.Tensor:
    return torch.tensor([row])


def test_a_mention_cannot_begin_inside() -> None:
    assert best_labels(scores_of({I: 0.6, B: 0.3, O: 0.1}), mask_of(True)) == [[B]]


def test_a_mention_does_not_change_its_type() -> None:
    scores = scores_of({B: 0.9, O: 0.1}, {I_DISEASE: 0.6, I: 0.3, O: 0.1})
    assert best_labels(scores, mask_of(True, True)) == [[B, I]]


def test_padding_is_left_out() -> None:
    scores = scores_of({O: 0.9}, {I: 0.9})
    assert best_labels(scores, mask_of(True, False)) == [[O]]


def test_spans_cover_their_words_and_score_their_mean() -> None:
    window = Window(0, ((0, 2), (3, 5), (6, 8)), ("ab", "cd", "ef"), ((), (), ()), (0, 0, 0))
    spans = to_spans(window, [B, I, B], [math.log(0.5), math.log(0.5), math.log(0.9)])
    assert [(s.start, s.end, s.type) for s in spans] == [(0, 5, EntityType.DRUG), (6, 8, EntityType.DRUG)]
    assert [s.score for s in spans] == pytest.approx([0.5, 0.9])


def test_a_mark_alone_names_nothing() -> None:
    assert to_spans(Window(0, ((0, 1),), (".",), ((),), (0,)), [B], [0.0]) == []


def test_the_short_way_finds_what_the_search_finds() -> None:
    generator = torch.Generator().manual_seed(1)
    scores = torch.log_softmax(3 * torch.randn(200, 6, len(LABELS), generator=generator), dim=-1)
    sizes = torch.randint(1, 7, (200,), generator=generator)
    mask = torch.arange(6) < sizes[:, None]
    searched = search_labels(scores, mask).tolist()
    assert best_labels(scores, mask) == [row[:size] for row, size in zip(searched, sizes.tolist(), strict=True)]
