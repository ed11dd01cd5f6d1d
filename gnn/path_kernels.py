"""Triton kernels of `gnn.path_fused`: one program a segment and a block of columns (queries × channels).

Imported only on CUDA: Triton comes with torch's CUDA builds.
"""

# Constants of a kernel are written in capitals, as Triton has it; kernels take pointers, which have no type here.
# ruff: noqa: N803
# mypy: disable-error-code="no-untyped-def,untyped-decorator"
from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from gnn.path_fused import Segments

_BLOCK = 128
_EDGES = 8
_REPLICAS = 64


@triton.jit
def _segment_sum(
    states, nodes, values, start, end, columns, inside, num_columns, EDGES: tl.constexpr, BLOCK: tl.constexpr
):
    """Return the (BLOCK,) sum of value · state over the segment's edges, EDGES of them in flight at once."""
    total = tl.zeros((BLOCK,), tl.float32)
    for first in range(start, end, EDGES):
        edges = first + tl.arange(0, EDGES)
        some = edges < end
        node = tl.load(nodes + edges, mask=some, other=0).to(tl.int64)
        value = tl.load(values + edges, mask=some, other=0.0)
        places = node[:, None] * num_columns + columns[None, :]
        tile = tl.load(states + places, mask=some[:, None] & inside[None, :], other=0.0).to(tl.float32)
        total += tl.sum(tile * value[:, None], axis=0)
    return total


@triton.jit
def _add_segment(
    read,
    weights,
    into,
    rows,
    relations,
    starts,
    nodes,
    values,
    num_columns,
    DIM: tl.constexpr,
    EDGES: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Add the program's segment, weighed, to `into`; return its unweighed sum, the places it went to, which of them are
    there, and its relation."""
    segment = tl.program_id(0)
    columns = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = columns < num_columns
    start, end = tl.load(starts + segment), tl.load(starts + segment + 1)
    total = _segment_sum(read, nodes, values, start, end, columns, inside, num_columns, EDGES, BLOCK)
    relation = tl.load(relations + segment)
    weight = tl.load(weights + relation * DIM + columns % DIM)
    places = tl.load(rows + segment).to(tl.int64) * num_columns + columns
    tl.atomic_add(into + places, total * weight, mask=inside)
    return total, places, inside, relation


@triton.jit
def _sum(
    states,
    weights,
    summed,
    rows,
    relations,
    starts,
    nodes,
    values,
    num_columns,
    DIM: tl.constexpr,
    EDGES: tl.constexpr,
    BLOCK: tl.constexpr,
):
    _add_segment(states, weights, summed, rows, relations, starts, nodes, values, num_columns, DIM, EDGES, BLOCK)


@triton.jit
def _gradients(
    read,
    weights,
    states,
    of_states,
    of_weights,
    rows,
    relations,
    starts,
    nodes,
    values,
    num_columns,
    num_relations,
    DIM: tl.constexpr,
    EDGES: tl.constexpr,
    BLOCK: tl.constexpr,
    REPLICAS: tl.constexpr,
):
    total, places, inside, relation = _add_segment(
        read, weights, of_states, rows, relations, starts, nodes, values, num_columns, DIM, EDGES, BLOCK
    )
    state = tl.load(states + places, mask=inside, other=0.0).to(tl.float32)
    parts = tl.sum(tl.reshape(total * state, (BLOCK // DIM, DIM)), axis=0)
    replica = tl.program_id(0) % REPLICAS
    tl.atomic_add(of_weights + (replica * num_relations + relation) * DIM + tl.arange(0, DIM), parts)


def launch_sum(segments: Segments, states: Tensor, weights: Tensor, summed: Tensor) -> None:
    """Add every segment's weighed messages to `summed` (num_rows, n, dim), zeros before, in place."""
    num_columns, dim = states[0].numel(), states.shape[-1]
    grid = (len(segments.rows), triton.cdiv(num_columns, _BLOCK))
    _sum[grid](
        states,
        weights.contiguous(),
        summed,
        segments.rows,
        segments.relations,
        segments.starts,
        segments.nodes,
        segments.values,
        num_columns,
        DIM=dim,
        EDGES=_EDGES,
        BLOCK=_BLOCK,
        num_warps=1,
    )


def launch_gradients(segments: Segments, read: Tensor, weights: Tensor, states: Tensor, of_states: Tensor) -> Tensor:
    """Add the states' gradient to `of_states` in place; return that of the weights, (num_relations, dim).

    Programs add to the weights' gradient in several places, summed at the end, so that few wait for one another.
    """
    num_columns, dim, num_relations = states[0].numel(), states.shape[-1], len(weights)
    of_weights = torch.zeros((_REPLICAS, num_relations, dim), device=weights.device)
    grid = (len(segments.rows), triton.cdiv(num_columns, _BLOCK))
    _gradients[grid](
        read,
        weights.contiguous(),
        states,
        of_states,
        of_weights,
        segments.rows,
        segments.relations,
        segments.starts,
        segments.nodes,
        segments.values,
        num_columns,
        num_relations,
        DIM=dim,
        EDGES=_EDGES,
        BLOCK=_BLOCK,
        REPLICAS=_REPLICAS,
        num_warps=1,
    )
    return of_weights.sum(dim=0)
