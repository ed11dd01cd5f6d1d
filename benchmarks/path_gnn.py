"""The path GNN's training on a GPU beside two cores of the same machine, and its kernels beside the device's copy rate.

Run: `python -m benchmarks.path_gnn [--data ../shared/data/hetionet]`

Hetionet's "compound treats disease" without the dev pairs, seed 0. An epoch is the difference of two trainings' times
divided by the epochs between them, so that preparing and recording count for nothing. A kernel's bytes are those that
it must read and write (a state per edge, the edge, the sums), its time the median of 30 by device events; the copy of
one gibibyte in the same run is the reference. Without a GPU only the processor's epochs are printed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from gnn.evaluate import hide_others
from gnn.path_device import move_data
from gnn.path_fused import FusedHops, add_gradients, can_fuse, sum_segments
from gnn.path_gnn import PathGnn, PathGnnConfig, fit_path_gnn, score_path_gnn
from gnn.path_graph import PathData, build_path_data
from gnn.ranking import rank_targets
from gnn.read import read_pairs, read_triples
from gnn.space import TaskGraph, build_task_graph
from gnn.task import Queries, build_task, build_test_queries, build_training_queries, to_places, types_of
from gnn.triples import Ids, to_pair_ids

RELATION = "CtD"
NUM_THREADS = 2
SIZES = {
    "default": PathGnnConfig(),
    "whole graph, 16 channels, 64 queries": replace(
        PathGnnConfig(), dim=16, max_edges=10**7, fit=replace(PathGnnConfig().fit, batch_size=64)
    ),
}


@dataclass(frozen=True, slots=True)
class World:
    """The graph without the dev pairs, the queries to learn from and those to ask."""

    graph: TaskGraph
    queries: Queries
    asked: Queries
    places: Ids

    def mrr(self, network: PathGnn, data: PathData) -> float:
        """Return the filtered MRR of the dev pairs."""
        scores = score_path_gnn(network, data, self.asked)
        hidden = hide_others(self.graph.task, self.asked, [self.places])
        return float((1.0 / rank_targets(scores, self.asked.targets, hidden)).mean())


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/hetionet"))
    world = read_world(parser.parse_args().data)
    torch.set_num_threads(NUM_THREADS)
    on_device = can_fuse(PathGnnConfig().dim)
    copied = copy_rate() if on_device else float("nan")
    name = torch.cuda.get_device_name() if on_device else "no GPU with Triton"
    sys.stdout.write(f"{name}; copy {copied:.0f} GB/s; torch {torch.__version__}\n\n")
    for line in to_lines(world, copied, on_device=on_device):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def read_world(data: Path) -> World:
    """Read Hetionet, which holds none of the dev pairs, and these."""
    training = read_triples([data], file_format="hetionet")
    task = build_task(training, RELATION, types_of(training, RELATION))
    places = to_places(task, to_pair_ids(training, read_pairs(data / "ctd_dev.txt", RELATION)))
    return World(
        build_task_graph(training, task), build_training_queries(task), build_test_queries(task, places), places
    )


def to_lines(world: World, copied: float, *, on_device: bool) -> Iterator[str]:
    """Yield the lines of one table a size."""
    for name, config in SIZES.items():
        data = build_path_data(world.graph, config.num_layers, config.max_edges)
        yield f"**{name}**: {data.num_edges} edges, {len(world.queries)} queries in batches of {config.fit.batch_size}"
        cores = epoch_s(config, data, world.queries, "cpu", 2)
        yield f"an epoch: {cores:.3f} s on {NUM_THREADS} cores"
        if on_device:
            device = epoch_s(config, data, world.queries, "cuda", 40)
            yield f"an epoch: {device:.4f} s on the GPU, {cores / device:.0f} times as fast"
            mrr = world.mrr(fit_path_gnn(config, data, world.queries, 0, "cuda"), data)
            yield f"dev MRR after {config.fit.epochs} epochs on the GPU: {mrr:.3f}"
            yield from kernel_lines(config, data, copied)
        yield ""


def epoch_s(config: PathGnnConfig, data: PathData, queries: Queries, device: str, num_epochs: int) -> float:
    """Return the seconds of an epoch."""
    seconds = []
    for epochs in (1, 1, 1 + num_epochs):  # the first training compiles
        started = perf_counter()
        fit_path_gnn(replace(config, fit=replace(config.fit, epochs=epochs)), data, queries, 0, device)
        seconds.append(perf_counter() - started)
    return (seconds[2] - seconds[1]) / num_epochs


def kernel_lines(config: PathGnnConfig, data: PathData, copied: float) -> Iterator[str]:
    """Yield a row a layer: milliseconds and bytes a second of the sums and of their gradient."""
    yield "\n| layer | edges | sums, ms | GB/s (share of copy) | gradient, ms | GB/s (share of copy) |"
    yield "|---|---|---|---|---|---|"
    for layer, hops in enumerate(move_data(data, config.dim, torch.device("cuda")).fused, start=2):
        sums, gradient = kernel_ms(hops, data.num_relations, config)
        columns, num_edges = config.fit.batch_size * config.dim, len(hops.forward.nodes)
        read = num_edges * (2 * columns + 8)
        rates = (
            (read + 8 * columns * sum(hops.targets.values())) / sums / 1e6,
            (read + 10 * columns * sum(hops.sources.values())) / gradient / 1e6,
        )
        told = [
            f"{ms:.3f} | {rate:.0f} ({rate / copied:.2f})" for ms, rate in zip((sums, gradient), rates, strict=True)
        ]
        yield f"| {layer} | {num_edges} | {told[0]} | {told[1]} |"


def kernel_ms(hops: FusedHops, num_relations: int, config: PathGnnConfig) -> tuple[float, float]:
    """Return the milliseconds of a layer's sums and of their gradient, on random states."""
    wide = (config.fit.batch_size, config.dim)
    num_sources, num_targets = sum(hops.sources.values()), sum(hops.targets.values())
    states = torch.rand(num_sources, *wide, device="cuda").bfloat16()
    gradients = torch.rand(num_targets, *wide, device="cuda").bfloat16()
    weights = torch.rand(num_relations, config.dim, device="cuda")
    added = torch.zeros(num_sources, *wide, device="cuda")
    return (
        median_ms(lambda: sum_segments(hops.forward, states, weights, num_targets)),
        median_ms(lambda: add_gradients(hops.backward, gradients, weights, states, added)),
    )


def copy_rate() -> float:
    """Return the GB/s of a device-to-device copy of one gibibyte, bytes read and written."""
    source = torch.randn(2**28, device="cuda")
    target = torch.empty_like(source)
    return 2 * source.nbytes / median_ms(lambda: target.copy_(source)) / 1e6


def median_ms(do: Callable[[], object], times: int = 30) -> float:
    """Return the median milliseconds by device events, after three calls to warm up."""
    for _ in range(3):
        do()
    found = []
    for _ in range(times):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start.record()
        do()
        end.record()
        torch.cuda.synchronize()
        found.append(start.elapsed_time(end))
    return float(np.median(found))


if __name__ == "__main__":
    main()
