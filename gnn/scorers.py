"""Two scorers over described candidates: a small network with a softmax over the row, and boosted trees."""

from __future__ import annotations

from dataclasses import dataclass, field

import lightgbm
import numpy as np
import torch
from torch import Tensor, nn

from gnn.listwise import ListwiseConfig, fit_listwise
from gnn.metagraph import Dense
from gnn.ranking import Mask
from gnn.triples import Ids


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """`feature_dropout` hides that share of features from a whole step, `hidden` 0 makes the scorer linear."""

    hidden: int = 32
    dropout: float = 0.3
    feature_dropout: float = 0.7
    fit: ListwiseConfig = field(default_factory=lambda: ListwiseConfig(epochs=60))


@dataclass(frozen=True, slots=True)
class TreesConfig:
    """Boosted trees that rank the row (LightGBM); forests of consecutive seeds take turns at the `objectives`."""

    objectives: tuple[str, ...] = ("lambdarank", "rank_xendcg")
    num_trees: int = 150
    learning_rate: float = 0.05
    num_leaves: int = 15
    min_rows_in_leaf: int = 40
    feature_fraction: float = 0.15
    row_fraction: float = 0.8
    penalty: float = 5.0


class CandidateNetwork(nn.Module):
    """Scores each candidate from its own features."""

    def __init__(self, num_features: int, config: NetworkConfig) -> None:
        super().__init__()
        self.feature_dropout = config.feature_dropout
        self.layers: nn.Module = nn.Linear(num_features, 1)
        if config.hidden:
            inner = (nn.Linear(num_features, config.hidden), nn.GELU(), nn.Dropout(config.dropout))
            self.layers = nn.Sequential(*inner, nn.Linear(config.hidden, 1))

    def forward(self, inputs: Tensor) -> Tensor:
        """Map (..., num_features) inputs to (...) scores."""
        if self.training and self.feature_dropout > 0:
            kept = torch.rand(inputs.shape[-1], device=inputs.device) > self.feature_dropout
            inputs = inputs * kept / (1.0 - self.feature_dropout)
        scores: Tensor = self.layers(inputs).squeeze(-1)
        return scores


def fit_network(
    config: NetworkConfig, inputs: Dense, targets: Ids, hidden: Mask, seed: int, device: str = "cpu"
) -> CandidateNetwork:
    """Train on (num_queries, num_candidates, num_features) inputs; `targets` are candidate columns.

    The network is trained on `device` and handed back on the CPU.
    """
    torch.manual_seed(seed)
    network = CandidateNetwork(inputs.shape[-1], config).to(device)
    tensors, columns, mask = (torch.from_numpy(array).to(device) for array in (inputs, targets, hidden))

    def score(rows: Tensor) -> Tensor:
        scores: Tensor = network(tensors[rows])
        return scores

    generator = torch.Generator().manual_seed(seed)
    fit_listwise(config.fit, network, score, columns, mask, generator)
    return network.to("cpu")


def score_network(network: CandidateNetwork, inputs: Dense) -> Dense:
    """Return (num_queries, num_candidates) scores."""
    with torch.no_grad():
        scores: Dense = network(torch.from_numpy(inputs)).numpy()
    return scores


def fit_trees(config: TreesConfig, inputs: Dense, targets: Ids, hidden: Mask, seed: int) -> lightgbm.Booster:
    """Train on the same inputs as `fit_network`; deterministic for a seed, one thread."""
    labels = np.zeros(hidden.shape, np.int32)
    labels[np.arange(len(targets)), targets] = 1
    shown = ~hidden
    data = lightgbm.Dataset(inputs[shown], labels[shown], group=shown.sum(axis=1), params={"verbose": -1})
    parameters = {
        "objective": config.objectives[seed % len(config.objectives)],
        "learning_rate": config.learning_rate,
        "num_leaves": config.num_leaves,
        "min_data_in_leaf": config.min_rows_in_leaf,
        "feature_fraction": config.feature_fraction,
        "bagging_fraction": config.row_fraction,
        "bagging_freq": 1,
        "lambda_l2": config.penalty,
        "lambdarank_truncation_level": 20,
        "objective_seed": seed,
        "verbose": -1,
        "num_threads": 1,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
    }
    return lightgbm.train(parameters, data, config.num_trees)


def score_trees(trees: lightgbm.Booster, inputs: Dense) -> Dense:
    """Return (num_queries, num_candidates) scores."""
    flat = np.asarray(trees.predict(inputs.reshape(-1, inputs.shape[-1]), num_threads=1), np.float32)
    return flat.reshape(inputs.shape[:2])
