"""Two-sided kernel ridge regression over all head–tail pairs, with each pair's own label left out in closed form.

The kernel between two pairs is the product of the heads' and the tails' similarity (KronRLS, van Laarhoven et al.
2011, doi:10.1093/bioinformatics/btr500). With both eigendecompositions at hand, the diagonal of the inverse gives
the leave-one-out score of every pair at once, and one more row of it takes a training pair's own edge out of
everything that is said about its head.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnn.metagraph import Dense
from gnn.similarity import Similarity
from gnn.task import LinkTask, Queries
from gnn.triples import Ids

_JITTER = 0.05
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RidgeConfig:
    """`head_identity` and `tail_identity` are what a node shares only with itself, `penalty` is the ridge."""

    head_identity: float = 0.3
    tail_identity: float = 0.3
    penalty: float = 2.0


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One side's kernel in the eigenbasis of its A anchors.

    `values` (A,), of mean one, and `vectors` (A, A) decompose the anchors' kernel, `rows` (N, A) is each node's
    kernel row times `vectors`, and `place` (N,) is a node's row among the anchors, -1 for the others.
    """

    values: Floats
    vectors: Floats
    rows: Floats
    place: Ids


def to_spectrum(similarity: Similarity) -> Spectrum:
    """Decompose one side's combined similarity; negative eigenvalues are cut at zero."""
    square = similarity.anchor_square().astype(np.float64)
    values, vectors = np.linalg.eigh(square + _JITTER * np.eye(len(square)))
    values = np.clip(values, 0.0, None)
    scale = max(float(values.mean()), 1e-12)
    rows = similarity.combined.astype(np.float64) @ vectors / scale
    rows[similarity.anchors] = vectors * (values / scale)
    place = np.full(len(rows), -1)
    place[similarity.anchors] = np.arange(len(similarity.anchors))
    return Spectrum(values / scale, vectors, rows, place)


def with_identity(spectrum: Spectrum, identity: float) -> Spectrum:
    """Return the spectrum of the kernel plus `identity` times the unit matrix."""
    rows = spectrum.rows.copy()
    anchored = np.flatnonzero(spectrum.place >= 0)
    rows[anchored] += identity * spectrum.vectors[spectrum.place[anchored]]
    return Spectrum(spectrum.values + identity, spectrum.vectors, rows, spectrum.place)


@dataclass(frozen=True, slots=True)
class KernelRidge:
    """Scores queries; `labels` (A_heads, A_tails) are the known pairs among the anchors of both sides."""

    heads: Spectrum
    tails: Spectrum
    labels: Floats
    penalty: float

    def score(self, queries: Queries) -> Dense:
        """Return (num_queries, num_tails) scores: leave-one-out where a pair was in the fit, the own edge unseen."""
        inverse = 1.0 / (np.outer(self.heads.values, self.tails.values) + self.penalty)
        core = (self.heads.vectors.T @ self.labels @ self.tails.vectors) * inverse
        smoothed = self.heads.rows[queries.heads] @ core
        smoothed -= self._own_edge(queries, inverse * self.heads.values[:, None])
        scores = (smoothed @ self.tails.rows.T).astype(np.float32)
        fitted = np.flatnonzero(self.heads.place[queries.heads] >= 0)
        columns = np.flatnonzero(self.tails.place >= 0)
        scores[np.ix_(fitted, columns)] = self._leave_out(queries.take(fitted), core, inverse, columns)
        return scores

    def _leave_out(self, queries: Queries, core: Floats, inverse: Floats, columns: Ids) -> Floats:
        vectors = self.heads.vectors[self.heads.place[queries.heads]]
        dual = (vectors @ core - self._own_edge(queries, inverse)) @ self.tails.vectors.T
        diagonal = vectors**2 @ inverse @ (self.tails.vectors**2).T
        left_out: Floats = queries.known[:, columns] - dual / diagonal
        return left_out

    def _own_edge(self, queries: Queries, weights: Floats) -> Floats:
        """Return what each query's own label adds to its head's row, in the tails' eigenbasis; zero if it has none."""
        places = self.heads.place[queries.heads]
        columns = np.where(queries.targets >= 0, self.tails.place[queries.targets], -1)
        labelled = np.flatnonzero((places >= 0) & (columns >= 0))
        labelled = labelled[self.labels[places[labelled], columns[labelled]] > 0]
        added = np.zeros((len(queries), len(self.tails.values)))
        squared = self.heads.vectors[places[labelled]] ** 2
        added[labelled] = (squared @ weights) * self.tails.vectors[columns[labelled]]
        return added


def fit_kernel_ridge(config: RidgeConfig, task: LinkTask, heads: Spectrum, tails: Spectrum) -> KernelRidge:
    """Add the identities and take the known pairs among the anchors; nothing is learnt by gradient."""
    known = task.known()[heads.place >= 0][:, tails.place >= 0].astype(np.float64)
    with_heads = with_identity(heads, config.head_identity)
    return KernelRidge(with_heads, with_identity(tails, config.tail_identity), known, config.penalty)
