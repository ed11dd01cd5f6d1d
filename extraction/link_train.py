"""Training the linker's ranker on gold mentions, each document judged by a memory that has not seen it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from extraction.candidates import FEATURES, CandidateFinder
from extraction.concepts import ConceptTable
from extraction.document import EntityType, LinkRequest, Span
from extraction.link import Ranker, find_names
from extraction.memory import build_memory
from kg.model import Mention

_RIDGE = 1e-5
Row = tuple[NDArray[np.float32], NDArray[np.bool_]]
GoldDocument = tuple[str, Sequence[Mention], dict[str, str]]


def train_ranker(documents: Sequence[GoldDocument], table: ConceptTable) -> Ranker:
    """Return a ranker fitted on (text, gold mentions, long forms) documents; NIL is right where no candidate is."""
    rows = list(_rows(documents, table))
    evidence, right, present = _pad(rows)
    weights = torch.zeros(evidence.shape[-1], requires_grad=True)
    nil = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, nil], max_iter=200, line_search_fn="strong_wolfe")

    def step() -> Tensor:
        optimizer.zero_grad()
        scores = (evidence @ weights).masked_fill(~present, -1e9)
        scores = torch.cat([scores, nil.expand(len(scores), 1)], dim=1)
        chance = torch.log_softmax(scores, dim=1).masked_fill(~right, -1e9).logsumexp(dim=1)
        loss = -chance.mean() + _RIDGE * weights.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(step)  # type: ignore[no-untyped-call]
    values = {name: round(w, 4) for name, w in zip(FEATURES, weights.tolist(), strict=True)}
    return Ranker(values, round(nil.item(), 4))


def _pad(rows: Sequence[Row]) -> tuple[Tensor, Tensor, Tensor]:
    """Return evidence [M, K, F], which of [M, K + 1] choices is right (NIL last), which [M, K] candidates exist."""
    most = max(len(right) for _, right in rows)
    evidence = np.zeros((len(rows), most, len(FEATURES)), np.float32)
    right = np.zeros((len(rows), most + 1), bool)
    present = np.zeros((len(rows), most), bool)
    for row, (values, correct) in enumerate(rows):
        evidence[row, : len(values)] = values
        right[row, : len(correct)] = correct
        right[row, -1] = not correct.any()
        present[row, : len(values)] = True
    return torch.from_numpy(evidence), torch.from_numpy(right), torch.from_numpy(present)


def _rows(documents: Sequence[GoldDocument], table: ConceptTable) -> Iterator[Row]:
    memory = build_memory(m for _, mentions, _ in documents for m in mentions)
    finder = CandidateFinder(table, memory)
    for text, mentions, long_forms in documents:
        finder.memory = memory.without(mentions)
        request = to_request(text, mentions, long_forms)
        names = find_names(request)
        certain = [finder.certain(group[0]) if group else set() for group in names]
        for group, mention in zip(names, mentions, strict=True):
            gold = set(mention.curie.split("|"))
            nearby = {c for i, curies in enumerate(certain) if names[i] != group for c in curies}
            found = finder.find(group, nearby)
            if found:
                yield np.stack(list(found.values())), np.array([curie in gold for curie in found])


def to_request(text: str, mentions: Iterable[Mention], long_forms: dict[str, str]) -> LinkRequest:
    """Return the request that links gold mentions."""
    spans = tuple(Span(m.start, m.end, EntityType(m.type)) for m in mentions)
    return LinkRequest(text, spans, long_forms)
