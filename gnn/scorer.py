"""What every family of models offers to prediction and evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gnn.metagraph import Dense
from gnn.task import LinkTask, Queries


@dataclass(frozen=True, slots=True)
class Scored:
    """(num_queries, num_tails) scores of a model, of the additive metapath floor on the same graph, of its members."""

    scores: Dense
    metapath: Dense
    members: Mapping[str, Dense] = field(default_factory=dict)


class LinkScorer(Protocol):
    """Scores all tails of a query's head."""

    @property
    def task(self) -> LinkTask:
        """The task that is answered."""
        ...

    def score(self, queries: Queries) -> Dense:
        """Return (num_queries, num_tails) log-probabilities within the row."""
        ...

    def score_all(self, queries: Queries) -> Scored:
        """Return the model's scores with those of the metapath floor and of the members, where it has any."""
        ...

    def probability(self, combined: Dense) -> Dense:
        """Return the calibrated probability of each score."""
        ...
