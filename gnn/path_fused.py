"""All hops into a layer as one sparse product on a GPU, relation weights inside it.

The edges of a layer are sorted by the node that they lead into and by relation, and cut into segments: a few edges of
one relation into one node. A segment's messages are summed first and weighed once, so neither states nor messages are
ever copied by relation. The gradient walks the segments of the reversed edges and finds both its parts there: that of
the states, and that of the relations' weights. States are read in bfloat16 and summed in float32.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gnn.path_graph import Hop
from gnn.triples import Ids

DAMPED_TAILS = "damped tails"
_MAX_SEGMENT = 32
_WIDEST_STATE = 64


@dataclass(frozen=True, slots=True)
class Segments:
    """Edges in order of the node that they lead into; segment s holds those from `starts[s]` to `starts[s + 1]`.

    `nodes` (num_edges,) are the ends that are read and `values` (num_edges,) the edges' weights; `rows` and
    `relations` (num_segments,) say where a segment's sum goes and which relation's weights it gets.
    """

    rows: Tensor
    relations: Tensor
    starts: Tensor
    nodes: Tensor
    values: Tensor

    def to(self, device: torch.device) -> Segments:
        """Return the segments on a device."""
        return Segments(*(getattr(self, item.name).to(device) for item in fields(self)))


@dataclass(frozen=True, slots=True)
class FusedHops:
    """The hops into one layer. `sources` and `targets` give each type's number of nodes, in the order of their rows.

    `forward` reads sources and leads into targets, `backward` the other way round.
    """

    sources: Mapping[str, int]
    targets: Mapping[str, int]
    forward: Segments
    backward: Segments

    def to(self, device: torch.device) -> FusedHops:
        """Return the hops on a device."""
        return replace(self, forward=self.forward.to(device), backward=self.backward.to(device))

    def receive(self, sent: Mapping[str, Tensor], weights: Tensor) -> dict[str, Tensor]:
        """Return what arrives at each type, given (num_nodes, n, dim) states and (num_relations, dim) weights."""
        states = torch.cat([sent[name] for name in self.sources])
        arrived = _FusedProduct.apply(states, weights, self)
        return dict(zip(self.targets, torch.split(arrived, list(self.targets.values())), strict=True))


def can_fuse(dim: int) -> bool:
    """Say whether the kernels run here for states of that width: a power of two, on CUDA, with Triton."""
    if not torch.cuda.is_available() or dim > _WIDEST_STATE or dim & (dim - 1):
        return False
    try:
        import triton  # noqa: F401 (comes with CUDA builds of torch alone)
    except ImportError:
        return False
    return True


def fuse_hops(hops: Sequence[Hop], source_of: Mapping[int, str]) -> FusedHops:
    """Return a layer's hops as one; a relation that `source_of` names sends those states, others their source's."""
    names = [source_of.get(hop.number, hop.step.source) for hop in hops]
    sources = {
        name: hop.matrix.shape[0] for name, hop in sorted(zip(names, hops, strict=True), key=lambda pair: pair[0])
    }
    targets = {hop.step.target: hop.matrix.shape[1] for hop in sorted(hops, key=lambda hop: hop.step.target)}
    first_source, first_target = _first_rows(sources), _first_rows(targets)
    edges = [hop.matrix.tocoo() for hop in hops]
    starts = np.concatenate([e.row + first_source[name] for name, e in zip(names, edges, strict=True)])
    ends = np.concatenate([e.col + first_target[h.step.target] for h, e in zip(hops, edges, strict=True)])
    relations = np.concatenate([np.full(e.nnz, hop.number) for hop, e in zip(hops, edges, strict=True)])
    values = np.concatenate([e.data for e in edges])
    return FusedHops(
        sources, targets, cut_segments(ends, relations, starts, values), cut_segments(starts, relations, ends, values)
    )


def _first_rows(sizes: Mapping[str, int]) -> dict[str, int]:
    ends = np.cumsum([0, *sizes.values()])
    return dict(zip(sizes, ends.tolist(), strict=False))


def cut_segments(rows: Ids, relations: Ids, nodes: Ids, values: Any) -> Segments:
    """Sort edges by row and relation and cut them; no segment is longer than 32 edges, so that hubs are shared out."""
    order = np.lexsort((nodes, relations, rows))
    rows, relations = rows[order], relations[order]
    is_new = np.ones(len(rows), bool)
    is_new[1:] = (rows[1:] != rows[:-1]) | (relations[1:] != relations[:-1])
    places = np.arange(len(rows))
    since = places - np.maximum.accumulate(np.where(is_new, places, 0))
    starts = np.flatnonzero(since % _MAX_SEGMENT == 0)
    arrays = (rows[starts], relations[starts], np.append(starts, len(rows)), nodes[order])
    whole = [torch.from_numpy(array.astype(np.int32)) for array in arrays]
    return Segments(whole[0], whole[1], whole[2], whole[3], torch.from_numpy(values[order].astype(np.float32)))


class _FusedProduct(torch.autograd.Function):
    """Σ over edges of value · weights[relation] · state[source], for all queries and channels at once."""

    @staticmethod
    def forward(context: Any, states: Tensor, weights: Tensor, hops: FusedHops) -> Tensor:
        """(num_sources, n, dim) states, (num_relations, dim) weights → (num_targets, n, dim)."""
        read = states.to(torch.bfloat16).contiguous() if states.is_cuda else states.contiguous()
        context.hops = hops
        context.save_for_backward(read, weights)
        return sum_segments(hops.forward, read, weights, sum(hops.targets.values()))

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        """Return the gradients of the states and of the weights."""
        states, weights = context.saved_tensors
        read = gradients[0].to(states.dtype).contiguous()
        of_states = torch.zeros(states.shape, device=states.device)
        of_weights = add_gradients(context.hops.backward, read, weights, states, of_states)
        return of_states, of_weights, None


def sum_segments(segments: Segments, states: Tensor, weights: Tensor, num_rows: int) -> Tensor:
    """Return the (num_rows, n, dim) sums of the segments' weighed messages."""
    summed = torch.zeros((num_rows, *states.shape[1:]), device=states.device)
    if states.is_cuda:
        from gnn.path_kernels import launch_sum

        launch_sum(segments, states, weights, summed)
        return summed
    messages = _messages(segments, states) * weights[segments.relations][:, None]
    return summed.index_add(0, segments.rows, messages)


def add_gradients(segments: Segments, read: Tensor, weights: Tensor, states: Tensor, of_states: Tensor) -> Tensor:
    """Add to `of_states` in place; return the (num_relations, dim) gradient of the weights."""
    if read.is_cuda:
        from gnn.path_kernels import launch_gradients

        return launch_gradients(segments, read, weights, states, of_states)
    messages = _messages(segments, read)
    of_states.index_add_(0, segments.rows, messages * weights[segments.relations][:, None])
    parts = (messages * states[segments.rows]).sum(dim=1)
    return torch.zeros_like(weights).index_add(0, segments.relations, parts)


def _messages(segments: Segments, states: Tensor) -> Tensor:
    """Return each segment's (num_segments, n, dim) sum of value · state, unweighed."""
    lengths = segments.starts.diff()
    owner = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
    summed = torch.zeros((len(lengths), *states.shape[1:]))
    return summed.index_add(0, owner, states[segments.nodes] * segments.values[:, None, None])
