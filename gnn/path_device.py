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


class _Rows(nn.Module):
    """The network as a function of the rows asked for alone, which is what can be recorded."""

    def __init__(self, network: PathGnn, data: PathData, whole: Batch) -> None:
        super().__init__()
        self.network = network
        self.data, self.whole = data, whole

    def forward(self, rows: Tensor) -> Tensor:
        """Return the scores of the queries in those rows."""
        scores: Tensor = self.network(self.data, self.whole.take(rows))
        return scores


def capture(network: PathGnn, data: PathData, whole: Batch, size: int) -> Callable[[Tensor], Tensor]:
    """Record the forward and backward pass of `size` rows as CUDA graphs; other sizes are computed as they come.

    A step is some hundred small kernels: replayed, they cost what they compute and not what launching each one costs.
    """
    plain = _Rows(network, data, whole).train()
    rows = torch.arange(size, device=whole.known.device)
    recorded: Any = torch.cuda.make_graphed_callables(_Rows(network, data, whole).train(), (rows,))
    return lambda rows: cast(Tensor, recorded(rows) if len(rows) == size else plain(rows))
