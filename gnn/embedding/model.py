"""A trained gradient model as a scorer of one relation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gnn.blend import to_row_log_probabilities
from gnn.embedding.config import EmbeddingConfig
from gnn.embedding.neighbours import build_adjacency
from gnn.embedding.network import Network
from gnn.metagraph import Dense
from gnn.metapath_floor import score_metapath_floor
from gnn.scorer import Scored
from gnn.task import LinkTask, Queries
from gnn.triples import Ids, Triples


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """Scores one head (relation) of a trained model; `vectors` are every entity's, (num_entities, 2·dim).

    `table` holds the rows that they are encoded from (the same ones where there is no encoder).

    `slope` and `offset` turn a score into a probability. A known pair is scored with its edge in the training
    data: unlike the ensemble, a look-up cannot forget it.
    """

    config: EmbeddingConfig
    triples: Triples
    task: LinkTask
    network: Network
    table: Tensor
    vectors: Tensor
    slope: float = 1.0
    offset: float = 0.0

    def score(self, queries: Queries) -> Dense:
        """Return (num_queries, num_tails) log-probabilities within the row."""
        raw = score_tails(self.network, self.vectors, self.triples, self.task, queries.heads)
        return to_row_log_probabilities(raw, queries.hidden)

    def score_all(self, queries: Queries) -> Scored:
        """Return the model's scores and the metapath floor's, which is fitted for this call."""
        return Scored(self.score(queries), score_metapath_floor(self.triples, self.task, queries, self.config.seed))

    def probability(self, combined: Dense) -> Dense:
        """Return the calibrated probability of each score."""
        probability: Dense = (1.0 / (1.0 + np.exp(-(self.slope * combined + self.offset)))).astype(np.float32)
        return probability


def encode_entities(network: Network, table: Tensor, triples: Triples) -> Tensor:
    """Return every entity's vector: the table's rows, or the encoder's over the whole graph."""
    network.eval()
    if not len(network.layers):
        return table
    return network.encode_all(table, build_adjacency(triples))


def score_tails(network: Network, vectors: Tensor, triples: Triples, task: LinkTask, heads: Ids) -> Dense:
    """Return (num_heads, num_tails) raw scores of the task's relation for places of heads."""
    with torch.no_grad():
        relation = network.relations[triples.relation_id(task.relation)]
        device = vectors.device
        queries = network.decoder.to_tail_query(vectors[torch.from_numpy(task.heads[heads]).to(device)], relation)
        scores: Dense = network.decoder.compare(queries, vectors[torch.from_numpy(task.tails).to(device)]).cpu().numpy()
    return scores
