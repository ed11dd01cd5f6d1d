"""Training the linker's two models on gold mentions, each document judged by a memory that has not seen it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from extraction.candidates import FEATURES, CandidateFinder
from extraction.concepts import ConceptTable
from extraction.document import EntityType, LinkRequest, Span
from extraction.link import find_names, gather
from extraction.meaning import LIKENESSES, Meaning, compare, find_doubtful
from extraction.memory import build_memory
from extraction.ranker import Candidates, Ranker
from kg.model import Mention

_RIDGE = 1e-5
_FOLDS = 10
GoldDocument = tuple[str, Sequence[Mention], dict[str, str]]
Values = NDArray[np.float32] | NDArray[np.float64]
Judged = tuple[Candidates, NDArray[np.bool_]]


def train_rankers(documents: Sequence[GoldDocument], table: ConceptTable) -> tuple[Ranker, Meaning | None]:
    """Return both models fitted on (text, gold mentions, long forms) documents; NIL is right where no candidate is.

    The second is fitted on the names that the first leaves in doubt; None where there are none.
    """
    judged = list(judge_names(documents, table))
    weights, nil = _fit([(one.evidence, right) for one, right in judged])
    ranker = Ranker(dict(zip(FEATURES, weights, strict=True)), nil)
    chances = [ranker.score(one.evidence) for one, _ in judged]
    doubtful = find_doubtful(chances)
    if not doubtful:
        return ranker, None
    compared = compare([judged[i][0] for i in doubtful], [chances[i] for i in doubtful], table)
    weights, nil = _fit([(values, judged[i][1][best]) for i, (best, values) in zip(doubtful, compared, strict=True)])
    return ranker, Meaning(**dict(zip(LIKENESSES, weights, strict=True)), nil=nil)


def judge_names(documents: Sequence[GoldDocument], table: ConceptTable) -> Iterator[Judged]:
    """Yield each gold mention's candidates and which of them are right.

    A document is judged by what the other folds' annotators remember: were its own names among those that are
    searched for look-alikes, each mention would find itself.
    """
    num_folds = min(_FOLDS, len(documents))
    for fold in range(num_folds):
        others = [d for i, d in enumerate(documents) if i % num_folds != fold]
        finder = CandidateFinder(table, build_memory(m for _, mentions, _ in others for m in mentions))
        for document in documents[fold::num_folds]:
            yield from _judge_document(finder, document)


def _judge_document(finder: CandidateFinder, document: GoldDocument) -> Iterator[Judged]:
    _, mentions, _ = document
    request = to_request(*document)
    names = find_names(request)
    asked = {one.names: one for one in gather(finder, request, names, [True] * len(names))}
    for group, mention in zip(names, mentions, strict=True):
        gold = mention.curie.split("|")
        one = asked[group]
        if one.curies:
            yield one, np.array([curie in gold for curie in one.curies])


def _fit(rows: Sequence[tuple[Values, NDArray[np.bool_]]]) -> tuple[list[float], float]:
    """Return a logistic model's weights over rows of [N, F] candidates, of which [N] are right, and NIL's score."""
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
    return [round(w, 4) for w in weights.tolist()], round(nil.item(), 4)


def _pad(rows: Sequence[tuple[Values, NDArray[np.bool_]]]) -> tuple[Tensor, Tensor, Tensor]:
    """Return evidence [M, K, F], which of [M, K + 1] choices is right (NIL last), which [M, K] candidates exist."""
    most = max(len(right) for _, right in rows)
    evidence = np.zeros((len(rows), most, rows[0][0].shape[1]), np.float32)
    right = np.zeros((len(rows), most + 1), bool)
    present = np.zeros((len(rows), most), bool)
    for row, (values, correct) in enumerate(rows):
        evidence[row, : len(values)] = values
        right[row, : len(correct)] = correct
        right[row, -1] = not correct.any()
        present[row, : len(values)] = True
    return torch.from_numpy(evidence), torch.from_numpy(right), torch.from_numpy(present)


def to_request(text: str, mentions: Iterable[Mention], long_forms: dict[str, str]) -> LinkRequest:
    """Return the request that links gold mentions."""
    spans = tuple(Span(m.start, m.end, EntityType(m.type)) for m in mentions)
    return LinkRequest(text, spans, long_forms)
