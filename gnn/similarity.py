"""How alike the nodes of one side are: the channels worth keeping, each as similarities to a set of anchors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gnn.channels import Channel, discover_channels, to_kernel, to_scaled
from gnn.metagraph import Dense, Metagraph
from gnn.triples import Ids
from kg.progress import Progress, ignore_progress

Screen = Callable[[Dense], float]


@dataclass(frozen=True, slots=True)
class Similarity:
    """Similarities of all N nodes of a side to its A anchors, zero from a node to itself.

    `scaled` and `ranked` are (num_channels, N, A): asinh-compressed values, and the geometric mean of the two
    reciprocal ranks (1 for mutual nearest neighbours), which forgets the scale of a channel. `combined` is (N, A):
    the mean over channels of both, at most 1.
    """

    names: tuple[str, ...]
    anchors: Ids
    scaled: Dense
    ranked: Dense
    combined: Dense

    def anchor_square(self) -> Dense:
        """Return the symmetric (A, A) combined similarities among the anchors."""
        square = self.combined[self.anchors]
        symmetric: Dense = (square + square.T) / 2.0
        return symmetric


def choose_anchors(num_nodes: int, needed: Ids, limit: int, seed: int) -> Ids:
    """Return sorted places: all nodes when they are at most `limit`, else the needed ones filled up at random."""
    if num_nodes <= limit:
        return np.arange(num_nodes)
    rest = np.setdiff1d(np.arange(num_nodes), needed)
    extra = np.random.default_rng(seed).permutation(rest)[: max(limit - len(needed), 0)]
    return np.union1d(needed, extra)


def choose_channels(
    metagraph: Metagraph,
    node_type: str,
    names: Sequence[str],
    anchors: Ids,
    screen: Screen,
    max_channels: int,
    progress: Progress = ignore_progress,
) -> tuple[Channel, ...]:
    """Keep at most `max_channels` channels, those of one hop before those of two.

    Among equals, `screen` decides: it maps an (A, A) kernel among the anchors to how well it ranks by itself.
    """
    valued: list[tuple[int, float, str, Channel]] = []
    found = discover_channels(metagraph, node_type, with_names=any(names))
    label = f"choosing channels of {node_type}"
    for number, channel in enumerate(found):
        progress(label, number, len(found))
        kernel = to_kernel(metagraph, channel, names, anchors, anchors)
        if kernel is not None and kernel.any():
            valued.append((max(len(channel.steps), 1), -screen(kernel), channel.name, channel))
    progress(label, len(found), len(found))
    valued.sort(key=lambda item: item[:3])
    return tuple(channel for *_, channel in valued[:max_channels])


def build_similarity(
    metagraph: Metagraph, node_type: str, names: Sequence[str], anchors: Ids, channels: Sequence[Channel]
) -> Similarity:
    """Build the chosen channels for every node of a type."""
    everyone = np.arange(len(metagraph.members[node_type]))
    kernels = [to_kernel(metagraph, channel, names, everyone, anchors) for channel in channels]
    present = [(channel.name, kernel) for channel, kernel in zip(channels, kernels, strict=True) if kernel is not None]
    return to_similarity([name for name, _ in present], [kernel for _, kernel in present], anchors, len(everyone))


def to_similarity(names: Sequence[str], kernels: Sequence[Dense], anchors: Ids, num_nodes: int) -> Similarity:
    """Compress, rank and combine raw (N, A) kernels; without any, everything is equally unlike."""
    shape = (num_nodes, len(anchors))
    if not names:
        nothing = np.zeros((1, *shape), np.float32)
        return Similarity(("no channel",), anchors, nothing, nothing, nothing[0])
    scaled = np.stack([to_scaled(kernel) for kernel in kernels])
    mean = scaled.mean(axis=0)
    scaled = np.concatenate([scaled, mean[None]])
    ranked = np.stack([rank_similarity(values, anchors) for values in scaled])
    combined = (mean / max(float(mean.max()), 1e-9) + ranked.mean(axis=0)) / 2.0
    combined = (combined + 0.3 * np.sqrt(combined)) / 1.3
    return Similarity((*names, "all channels"), anchors, scaled, ranked, combined.astype(np.float32))


def rank_similarity(kernel: Dense, anchors: Ids) -> Dense:
    """Return sqrt(1 / (rank of the anchor for the node) · 1 / (rank of the node for the anchor)), ranks from 1.

    A pair without any similarity keeps zero.
    """
    for_node = _reciprocal_ranks(kernel)
    for_anchor = _reciprocal_ranks(np.ascontiguousarray(kernel.T)).T
    ranked: Dense = np.where(kernel > 0, np.sqrt(for_node * for_anchor), 0.0).astype(np.float32)
    ranked[anchors, np.arange(len(anchors))] = 0.0
    return ranked


def _reciprocal_ranks(kernel: Dense) -> Dense:
    order = np.argsort(-kernel, axis=1, kind="stable")
    ranks = np.empty_like(kernel)
    np.put_along_axis(ranks, order, np.arange(1, kernel.shape[1] + 1, dtype=np.float32)[None, :], axis=1)
    reciprocal: Dense = 1.0 / ranks
    return reciprocal
