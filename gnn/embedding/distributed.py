"""Several processes as one: each takes its share of every batch's chunks, gradients are summed over all.

Started by `torchrun`, which sets RANK and WORLD_SIZE. Without it there is one process and nothing is exchanged.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

from gnn.triples import Ids

_PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class World:
    """Which of how many processes this one is."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and speaks."""
        return self.rank == 0

    def share_of(self, num: int) -> slice:
        """Return this process's rows out of `num`."""
        return slice(self.rank * num // self.size, (self.rank + 1) * num // self.size)

    def add_up(self, values: Tensor) -> Tensor:
        """Return the sum of `values` over all processes, in place."""
        if self.size > 1:
            dist.all_reduce(values)
        return values

    def exchange(self, ids: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the union of all processes' (num,) ids and the sum of their (num, width) rows at it."""
        if self.size == 1:
            return ids, rows
        sizes = [torch.zeros(1, dtype=torch.int64, device=ids.device) for _ in range(self.size)]
        dist.all_gather(sizes, torch.tensor([len(ids)], device=ids.device))
        longest = max(int(size) for size in sizes)
        padded_ids, padded_rows = ids.new_zeros(longest), rows.new_zeros(longest, rows.shape[1])
        padded_ids[: len(ids)], padded_rows[: len(ids)] = ids, rows
        every_ids = [torch.empty_like(padded_ids) for _ in sizes]
        every_rows = [torch.empty_like(padded_rows) for _ in sizes]
        dist.all_gather(every_ids, padded_ids)
        dist.all_gather(every_rows, padded_rows)
        flat_ids = torch.cat([one[: int(size)] for one, size in zip(every_ids, sizes, strict=True)])
        flat_rows = torch.cat([one[: int(size)] for one, size in zip(every_rows, sizes, strict=True)])
        union, places = torch.unique(flat_ids, return_inverse=True)
        return union, rows.new_zeros(len(union), rows.shape[1]).index_add(0, places, flat_rows)


@contextmanager
def joined_world(device: str) -> Iterator[World]:
    """Join the processes that torchrun started, NCCL on CUDA and Gloo on the CPU; leave them at the end."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World()
        return
    dist.init_process_group("nccl" if device == "cuda" else "gloo", timeout=_PATIENCE)
    try:
        yield World(dist.get_rank(), size)
    finally:
        dist.destroy_process_group()


def device_of(device: str, world: World) -> str:
    """Return the device of this process: on CUDA each local process has its own."""
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if device == "cuda" and world.size > 1 else device


def to_tensor(ids: Ids, device: str) -> Tensor:
    """Return ids on the device."""
    return torch.from_numpy(ids).to(device)
