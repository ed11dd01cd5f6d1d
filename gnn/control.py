"""The degree-permuted graph: the same degrees, another wiring.

What a model still ranks well on it comes from how often things are named, not from how they are joined. Edges swap
their tails in pairs within one relation and one pair of types (XSwap: Hanhijärvi et al. 2009; used for Hetionet by
Himmelstein et al. 2017, doi:10.7554/eLife.26726).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnn.triples import Ids, Triples

CONTROL = "control"
CONTROLS = ("degree-permuted",)
_ROUNDS = 12


def permute_edges(triples: Triples, relation: str, seed: int) -> Triples:
    """Return the graph with every relation but `relation` rewired; every node keeps its degree in every relation."""
    generator = np.random.default_rng(seed)
    kinds = np.unique(np.array(triples.types), return_inverse=True)[1]
    edges = triples.edges
    groups = np.stack([edges[:, 1], kinds[edges[:, 0]], kinds[edges[:, 2]]], axis=1)
    names, group_of = np.unique(groups, axis=0, return_inverse=True)
    kept = triples.relation_id(relation) if relation in triples.relations else -1
    parts = []
    for number, (relation_id, _, _) in enumerate(names.tolist()):
        part = edges[group_of.ravel() == number]
        parts.append(part if relation_id == kept else _rewire(part, triples.num_entities, generator))
    return replace(triples, edges=np.unique(np.concatenate(parts), axis=0))


def _rewire(edges: Ids, num_entities: int, generator: np.random.Generator) -> Ids:
    heads, tails = edges[:, 0].copy(), edges[:, 2].copy()
    half = len(edges) // 2
    for _ in range(_ROUNDS):
        order = generator.permutation(len(edges))
        one, other = order[:half], order[half : 2 * half]
        proposed = np.concatenate([heads[one] * num_entities + tails[other], heads[other] * num_entities + tails[one]])
        _, place, count = np.unique(proposed, return_inverse=True, return_counts=True)
        fresh = (count[place.ravel()] == 1) & ~np.isin(proposed, heads * num_entities + tails)
        fresh &= np.concatenate([heads[one] != tails[other], heads[other] != tails[one]])
        swapped = fresh[:half] & fresh[half:]
        one, other = one[swapped], other[swapped]
        tails[one], tails[other] = tails[other], tails[one]
    return np.stack([heads, edges[:, 1], tails], axis=1)
