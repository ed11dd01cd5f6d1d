"""What every family of models offers to prediction and evaluation."""

from __future__ import annotations

from typing import Protocol

from gnn.metagraph import Dense
from gnn.task import LinkTask, Queries


class LinkScorer(Protocol):
    """Scores all tails of a query's head."""

    @property
    def task(self) -> LinkTask:
        """The task that is answered."""
        ...

    def score(self, queries: Queries) -> Dense:
        """Return (num_queries, num_tails) log-probabilities within the row."""
        ...

    def score_with_floor(self, queries: Queries) -> tuple[Dense, Dense]:
        """Return the model's scores and those of the additive metapath floor fitted on the same graph."""
        ...

    def probability(self, combined: Dense) -> Dense:
        """Return the calibrated probability of each score."""
        ...
