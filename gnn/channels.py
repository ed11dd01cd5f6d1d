"""Similarity channels: how alike two heads (or two tails) are, seen through one relation or a chain of two.

Channels are discovered from the metagraph and kept by how well each one alone ranks the known pairs, every pair
described with its own edge removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

from gnn.metagraph import Dense, Metagraph, Step, damp, to_dense
from gnn.triples import Ids

_HUB_EXPONENT = 0.5
_MAX_PROFILE_CELLS = 400_000_000


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to see a node: `steps` walked from it (none: its name's letters), `direct` for the bare neighbourhood."""

    steps: tuple[Step, ...]
    direct: bool = False

    @property
    def name(self) -> str:
        """What people read: the relations walked, `name` for the spelling."""
        walked = " · ".join(step.name for step in self.steps) or "name"
        return f"{walked} (adjacent)" if self.direct else walked


def discover_channels(metagraph: Metagraph, node_type: str, *, with_names: bool) -> list[Channel]:
    """List every channel of one and of two hops that leaves `node_type`, one hop first, in a fixed order."""
    single = metagraph.steps_from(node_type)
    found = [Channel((step,)) for step in single]
    found += [Channel((step,), direct=True) for step in single if step.target == node_type]
    found += [Channel((first, second)) for first in single for second in _onward(metagraph, first)]
    return found + ([Channel(())] if with_names else [])


def _onward(metagraph: Metagraph, first: Step) -> Iterator[Step]:
    for second in metagraph.steps_from(first.target):
        goes_back = second.relation == first.relation and second.target == first.source
        if not goes_back and first.target != first.source:
            yield second


def build_profiles(metagraph: Metagraph, channel: Channel, names: Sequence[str]) -> sp.csr_matrix | None:
    """Return the (num_nodes, num_features) unit rows whose products are the channel's similarities.

    Shared features count less the more nodes have them. None when the profile would not fit in memory.
    """
    if not channel.steps:
        return name_profiles(names)
    first = metagraph.adjacency[channel.steps[0]]
    if len(channel.steps) == 1:
        return _unit_rows(weigh_features(_with_self(channel.steps[0], first)))
    second = _with_self(channel.steps[1], damp(metagraph.adjacency[channel.steps[1]], _HUB_EXPONENT))
    mean_row = second.nnz / max(second.shape[0], 1)
    if first.nnz * mean_row > _MAX_PROFILE_CELLS:
        return None
    return _unit_rows(weigh_features(first @ second))


def name_profiles(names: Sequence[str]) -> sp.csr_matrix | None:
    """Return unit rows of character 3- to 5-grams: drug names carry their class in the stem (-pril, -statin)."""
    if sum(bool(name.strip()) for name in names) < 2:
        return None
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, dtype=np.float32)
    return vectorizer.fit_transform([name.lower() for name in names]).tocsr()


def to_kernel(metagraph: Metagraph, channel: Channel, names: Sequence[str], rows: Ids, columns: Ids) -> Dense | None:
    """Return the similarities of the `rows` to the `columns` (places of the type), zero from a node to itself."""
    if channel.direct:
        kernel = to_dense(metagraph.adjacency[channel.steps[0]][rows][:, columns])
    else:
        profiles = build_profiles(metagraph, channel, names)
        if profiles is None:
            return None
        kernel = to_dense(profiles[rows] @ profiles[columns].T)
    kernel[rows[:, None] == columns[None, :]] = 0.0
    return kernel


def to_scaled(kernel: Dense) -> Dense:
    """Return asinh-compressed similarities: asinh(1), about 0.88, at the 99th percentile of the positive ones."""
    positive = kernel[kernel > 0]
    scale = float(np.quantile(positive, 0.99)) if positive.size else 1.0
    scaled: Dense = np.arcsinh(kernel / scale).astype(np.float32)
    return scaled


def _with_self(step: Step, matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Within one type, a node is its own neighbour too, so that neighbours share something."""
    if step.source != step.target:
        return matrix
    return (matrix + sp.identity(matrix.shape[0], dtype=np.float32, format="csr")).tocsr()


def weigh_features(profiles: sp.csr_matrix) -> sp.csr_matrix:
    """Return the rows with each feature (column) counting less the more nodes have it."""
    num_nodes = np.asarray((profiles != 0).sum(axis=0)).ravel()
    weights = np.where(num_nodes > 0, np.maximum(num_nodes, 1).astype(np.float32) ** -_HUB_EXPONENT, 0.0)
    return (profiles @ sp.diags(weights.astype(np.float32))).tocsr()


def _unit_rows(profiles: sp.csr_matrix) -> sp.csr_matrix:
    lengths = np.sqrt(np.asarray(profiles.multiply(profiles).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1.0
    return (sp.diags((1.0 / lengths).astype(np.float32)) @ profiles).tocsr().astype(np.float32)
