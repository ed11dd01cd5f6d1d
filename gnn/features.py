"""What is said about each candidate tail of a query, as named numbers.

Every number is computed from the known pairs of *other* heads and from the query head's other tails, so a training
pair is described exactly as an unknown pair would be: without its own edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnn.floors import score_co_treatment, score_popularity
from gnn.kernel_ridge import KernelRidge
from gnn.metagraph import Dense
from gnn.similarity import Similarity
from gnn.space import Space
from gnn.task import Queries
from gnn.triples import Ids

Named = Iterator[tuple[str, Dense]]
BY_NAMES = "names alike"
_CLIP = 8.0


@dataclass(frozen=True, slots=True)
class Scaling:
    """How F raw features become inputs: asinh by `scale`, again by the row's maximum where `relative`, z-scores."""

    scale: Dense
    relative: NDArray[np.bool_]
    mean: Dense
    deviation: Dense

    def apply(self, raw: Dense) -> Dense:
        """Return (n, T, F + number of relative features) inputs of unit scale for (n, T, F) raw features."""
        inputs = _with_relative(np.arcsinh(raw / self.scale), self.relative)
        inputs -= self.mean
        inputs /= self.deviation
        return np.clip(inputs, -_CLIP, _CLIP, out=inputs)


def fit_scaling(raw: Dense, names: tuple[str, ...]) -> Scaling:
    """Read the scales off the training queries' raw features; degrees alone have no value relative to their row."""
    positive = raw > 0
    scale = np.where(positive, raw, 0.0).sum(axis=(0, 1)) / np.maximum(positive.sum(axis=(0, 1)), 1)
    scale = np.where(scale > 0, scale, 1.0).astype(np.float32)
    relative = np.array([not name.startswith("degree") for name in names])
    joined = _with_relative(np.arcsinh(raw / scale), relative)
    deviation = joined.std(axis=(0, 1))
    safe = np.where(deviation > 1e-6, deviation, 1.0).astype(np.float32)
    return Scaling(scale, relative, joined.mean(axis=(0, 1)).astype(np.float32), safe)


def build_features(space: Space, ridges: tuple[KernelRidge, ...], queries: Queries) -> tuple[tuple[str, ...], Dense]:
    """Return the F feature names and the (num_queries, num_tails, F) raw features."""
    names: list[str] = []
    layers: list[Dense] = []
    for name, layer in _all_features(space, ridges, queries):
        names.append(name)
        layers.append(np.broadcast_to(layer, (len(queries), space.task.shape[1])))
    return tuple(names), np.stack(layers, axis=-1).astype(np.float32)


def _all_features(space: Space, ridges: tuple[KernelRidge, ...], queries: Queries) -> Named:
    popularity = score_popularity(space.task, queries)
    yield "popularity", popularity
    yield "co-treatment", score_co_treatment(space.task, queries)
    yield from _head_features(space, queries, 1.0 / np.sqrt(1.0 + popularity))
    yield from _tail_features(space, queries)
    yield from _across_features(space, queries)
    for name, counts in zip(space.metapath_names, space.metapaths, strict=True):
        yield f"metapath {name}", counts[queries.heads]
    for name, alike in zip(space.bridge_names, space.bridges, strict=True):
        yield f"{BY_NAMES} {name}", alike[queries.heads]
    for number, ridge in enumerate(ridges):
        yield f"kernel ridge {number + 1}", np.maximum(ridge.score(queries), 0.0)
    yield from _degree_features(space, queries)


def _head_features(space: Space, queries: Queries, damping: Dense) -> Named:
    """Known tails of similar heads: summed, summed against popularity, and of the most similar head."""
    edges = space.task.known()[space.heads.anchors]
    tails = np.flatnonzero(edges.any(axis=0))
    for name, scaled, ranked in _channels(space.heads):
        summed = scaled[queries.heads] @ edges
        yield f"similar head by {name}", summed
        yield f"similar head by {name} (against popularity)", summed * damping
        yield f"nearest head by {name}", _nearest(scaled[queries.heads], edges, tails)
        yield f"similar head by {name} (ranks)", ranked[queries.heads] @ edges


def _tail_features(space: Space, queries: Queries) -> Named:
    """Similarity to the query head's other known tails: summed, and of the most similar one."""
    known = queries.known[:, space.tails.anchors]
    tails = np.flatnonzero(known.any(axis=0))
    for name, scaled, _ in _channels(space.tails):
        to_known = np.ascontiguousarray(scaled[:, tails].T)
        yield f"similar tail by {name}", known[:, tails] @ to_known
        yield f"nearest tail by {name}", _nearest_known(known[:, tails], to_known)


def _across_features(space: Space, queries: Queries) -> Named:
    """Tails similar to known tails of similar heads, by all channels together and by the tails' best ones."""
    edges = space.task.known()[space.heads.anchors]
    reached = (space.heads.combined[queries.heads] @ edges)[:, space.tails.anchors]
    yield "similar head, similar tail", reached @ space.tails.combined.T
    for name, scaled, _ in list(_channels(space.tails))[:4]:
        yield f"similar head, similar tail by {name}", reached @ scaled.T


def _degree_features(space: Space, queries: Queries) -> Named:
    yield "degree known tails", queries.known.sum(axis=1, keepdims=True)
    for name, degrees in zip(space.degree_names[0], space.head_degrees.T, strict=True):
        yield f"degree head {name}", degrees[queries.heads][:, None]
    for name, degrees in zip(space.degree_names[1], space.tail_degrees.T, strict=True):
        yield f"degree tail {name}", degrees[None, :]


def _channels(side: Similarity) -> Iterator[tuple[str, Dense, Dense]]:
    return zip(side.names, side.scaled, side.ranked, strict=True)


def _nearest(similarities: Dense, edges: Dense, tails: Ids) -> Dense:
    nearest = np.zeros((len(similarities), edges.shape[1]), np.float32)
    for tail in tails.tolist():
        nearest[:, tail] = similarities[:, edges[:, tail] > 0].max(axis=1)
    return nearest


def _nearest_known(known: Dense, to_known: Dense) -> Dense:
    nearest = np.zeros((len(known), to_known.shape[1]), np.float32)
    for row in np.flatnonzero(known.any(axis=1)).tolist():
        nearest[row] = to_known[known[row] > 0].max(axis=0)
    return nearest


def _with_relative(compressed: Dense, relative: NDArray[np.bool_]) -> Dense:
    chosen = compressed[..., relative]
    top = chosen.max(axis=1, keepdims=True)
    return np.concatenate([compressed, chosen / np.where(top > 0, top, 1.0)], axis=-1)
