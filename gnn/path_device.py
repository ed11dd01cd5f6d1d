"""The path GNN on a GPU: hops fused, a training step recorded once and replayed, memory looked at before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from gnn.path_batch import Batch
from gnn.path_fused import DAMPED_TAILS, can_fuse, fuse_hops
from gnn.path_graph import PathData

if TYPE_CHECKING:
    from gnn.path_gnn import PathGnn, PathGnnConfig

_KEPT_COPIES = 6
_KEPT_SHARE = 0.5


def move_data(data: PathData, dim: int, device: torch.device) -> PathData:
    """Return the data on a device; on a GPU that has the kernels, with each layer's hops fused."""
    if device.type != "cuda" or not can_fuse(dim):
        return data.to(device)
    source_of = {data.num_relations - 1: DAMPED_TAILS}
    fused = tuple(fuse_hops(hops, source_of).to(device) for hops in data.hops[1:])
    return replace(data, bundles=(), fused=fused, popularity=data.popularity.to(device))


def needs_recomputing(data: PathData, config: PathGnnConfig) -> bool:
    """Say whether what all layers keep for the gradient would fill half of the GPU's free memory."""
    num_nodes = sum(len(places) for nodes in data.nodes for places in nodes.values())
    kept = num_nodes * config.fit.batch_size * config.dim * 4 * _KEPT_COPIES
    return kept > _KEPT_SHARE * torch.cuda.mem_get_info()[0]


class _FromTensors(nn.Module):
    """The network as a function of a batch's tensors alone, which is what can be recorded."""

    def __init__(self, network: PathGnn, data: PathData, like: Batch) -> None:
        super().__init__()
        self.network = network
        self.data, self.like = data, like

    def forward(self, *tensors: Tensor) -> Tensor:
        """Return the scores of the batch that the tensors make."""
        scores: Tensor = self.network(self.data, self.like.with_tensors(tensors))
        return scores


def capture(network: PathGnn, data: PathData, like: Batch) -> Callable[..., Tensor]:
    """Record the forward and backward pass of batches of that size as CUDA graphs.

    A step is some hundred small kernels: replayed, they cost what they compute and not what launching each one costs.
    """
    network.train()
    sample = tuple(like.tensors())
    recorded: Any = torch.cuda.make_graphed_callables(_FromTensors(network, data, like).train(), sample)
    return cast(Callable[..., Tensor], recorded)
