"""The typed graph: which type of node is one hop away by which relation, each hop as one sparse matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gnn.triples import Ids, Triples

Dense = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Step:
    """One typed hop. `inverse` walks the relation from tail to head, and its name then begins with `<`."""

    relation: str
    source: str
    target: str
    inverse: bool = False

    @property
    def name(self) -> str:
        """The hop as it is shown to people."""
        return f"<{self.relation}" if self.inverse else self.relation


@dataclass(frozen=True, slots=True)
class Metagraph:
    """Members of each type (sorted entity ids) and, for each typed hop, its (num_source, num_target) matrix of ones."""

    members: dict[str, Ids]
    adjacency: dict[Step, sp.csr_matrix]

    def steps_from(self, source: str) -> list[Step]:
        """Return the hops that leave `source`, in a fixed order."""
        return [step for step in self.adjacency if step.source == source]


def build_metagraph(triples: Triples, *, without: Iterable[str] = (), merge: Iterable[set[str]] = ()) -> Metagraph:
    """Group the edges by relation and by the types of their ends.

    `without` names relations that must not be walked (the one to be predicted); each set of `merge` is treated as one
    type. A relation within one type is walked in both directions at once: whether it is symmetric cannot be read from
    a file that lists each pair once.
    """
    type_names = _merged_types(triples, merge)
    members, local = _members_of(type_names)
    codes, numbers = np.unique(type_names, return_inverse=True)
    skipped = set(without)
    adjacency: dict[Step, sp.csr_matrix] = {}
    for relation_id, relation in enumerate(triples.relations):
        edges = triples.edges[triples.edges[:, 1] == relation_id]
        if relation in skipped or not len(edges):
            continue
        for source, target, heads, tails in _by_types(edges, numbers, codes):
            shape = (len(members[source]), len(members[target]))
            matrix = to_binary(local[heads], local[tails], shape)
            if source == target:
                adjacency[Step(relation, source, target)] = to_ones(matrix + matrix.T)
            else:
                adjacency[Step(relation, source, target)] = matrix
                adjacency[Step(relation, target, source, inverse=True)] = matrix.T.tocsr()
    return Metagraph(members, adjacency)


def to_binary(rows: Ids, columns: Ids, shape: tuple[int, int]) -> sp.csr_matrix:
    """Return a float32 matrix with a one at each (row, column), however often it is named."""
    return to_ones(sp.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape))


def to_ones(matrix: sp.spmatrix) -> sp.csr_matrix:
    """Return `matrix` with every stored value set to one."""
    ones = matrix.tocsr().astype(np.float32)
    ones.sum_duplicates()
    ones.data[:] = 1.0
    return ones


def damp(matrix: sp.csr_matrix, exponent: float) -> sp.csr_matrix:
    """Return `matrix` with each edge divided by its two ends' degrees to the power of `exponent`.

    The degree weight of Himmelstein & Baranzini 2015 (doi:10.1371/journal.pcbi.1004259).
    """
    rows = np.asarray(matrix.sum(axis=1)).ravel()
    columns = np.asarray(matrix.sum(axis=0)).ravel()
    return (sp.diags(_power(rows, exponent)) @ matrix @ sp.diags(_power(columns, exponent))).tocsr().astype(np.float32)


def to_dense(matrix: sp.spmatrix | Dense) -> Dense:
    """Return a float32 array."""
    values = matrix if isinstance(matrix, np.ndarray) else matrix.toarray()
    return cast(Dense, np.asarray(values, dtype=np.float32))


def _power(degrees: Dense, exponent: float) -> Dense:
    weights = np.zeros(len(degrees), np.float32)
    seen = degrees > 0
    weights[seen] = degrees[seen] ** -exponent
    return weights


def _merged_types(triples: Triples, merge: Iterable[set[str]]) -> NDArray[np.str_]:
    renamed = {old: "+".join(sorted(group)) for group in merge for old in group}
    return np.array([renamed.get(name, name) for name in triples.types])


def _members_of(type_names: NDArray[np.str_]) -> tuple[dict[str, Ids], Ids]:
    local = np.zeros(len(type_names), np.int64)
    members: dict[str, Ids] = {}
    for name in np.unique(type_names).tolist():
        ids = np.flatnonzero(type_names == name)
        members[name] = ids
        local[ids] = np.arange(len(ids))
    return members, local


def _by_types(edges: Ids, numbers: Ids, codes: NDArray[np.str_]) -> Iterator[tuple[str, str, Ids, Ids]]:
    signature = numbers[edges[:, 0]] * len(codes) + numbers[edges[:, 2]]
    for value in np.unique(signature).tolist():
        chosen = edges[signature == value]
        yield str(codes[value // len(codes)]), str(codes[value % len(codes)]), chosen[:, 0], chosen[:, 2]
