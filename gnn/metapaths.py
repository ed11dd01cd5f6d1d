"""Degree-weighted metapath counts between every head and tail, over any typed graph.

After Himmelstein & Baranzini 2015 (doi:10.1371/journal.pcbi.1004259): each edge on a path is divided by the degrees of
its ends, so that a path through a hub counts little. Walks may revisit a node. The relation to be predicted is not in
the metagraph given here, so no count holds a training pair's own edge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import scipy.sparse as sp

from gnn.metagraph import Dense, Metagraph, Step, damp, to_dense
from gnn.triples import Ids

MAX_LENGTH = 3
DAMPING = 0.4


@dataclass(frozen=True, slots=True)
class Metapath:
    """A chain of typed hops from a head's type to a tail's."""

    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """The relations walked, in order."""
        return " · ".join(step.name for step in self.steps)


def discover_metapaths(metagraph: Metagraph, source: str, target: str, max_length: int = MAX_LENGTH) -> list[Metapath]:
    """List every chain of at most `max_length` hops from `source` to `target`, shortest first, in a fixed order."""
    found: list[Metapath] = []
    chains: list[tuple[Step, ...]] = [()]
    for _ in range(max_length):
        ends = [(chain, chain[-1].target if chain else source) for chain in chains]
        chains = [(*chain, step) for chain, end in ends for step in metagraph.steps_from(end)]
        found += [Metapath(chain) for chain in chains if chain[-1].target == target]
    return found


def damped_steps(metagraph: Metagraph, metapaths: Iterable[Metapath]) -> dict[Step, sp.csr_matrix]:
    """Return the degree-weighted matrix of every hop that the metapaths walk."""
    steps = dict.fromkeys(step for metapath in metapaths for step in metapath.steps)
    return {step: damp(metagraph.adjacency[step], DAMPING) for step in steps}


def count_metapath(steps: dict[Step, sp.csr_matrix], metapath: Metapath, rows: Ids, columns: Ids) -> Dense:
    """Return the degree-weighted counts from the `rows` of the first type to the `columns` of the last.

    Products start at the smaller end, so that what is held between them stays small.
    """
    chain = [steps[step] for step in metapath.steps]
    if len(rows) <= len(columns):
        return to_dense(reduce(lambda left, right: left @ right, chain[1:], chain[0][rows])[:, columns])
    backwards = [matrix.T.tocsr() for matrix in reversed(chain)]
    return to_dense(reduce(lambda left, right: left @ right, backwards[1:], backwards[0][columns])[:, rows]).T.copy()
