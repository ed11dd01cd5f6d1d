"""Ways in which pairs set aside may still be told by the training graph.

A relation that repeats or inverts the one to be predicted tells the answers outright (Toutanova & Chen 2015,
doi:10.18653/v1/W15-4007), and so does a near-duplicate of either end: a node
with the same name, or with nine tenths of its neighbours (Jaccard).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from gnn.triples import Ids, Triples, with_inverses

_TELLING_SHARE = 0.2
_TWIN_DEGREE = 3
_TWIN_LIKENESS = 0.9


@dataclass(frozen=True, slots=True)
class Leak:
    """`num_pairs` of the pairs set aside are told by `cause`; `kind` is repeated_relation, twin_head or twin_tail."""

    kind: str
    cause: str
    num_pairs: int

    def to_json(self) -> dict[str, str | int]:
        """Return the finding as `theragraph train --json` prints it."""
        return {"kind": self.kind, "cause": self.cause, "pairs": self.num_pairs}


def check_leakage(training: Triples, relation: str, aside: Ids) -> tuple[Leak, ...]:
    """Return what tells the pairs set aside ((num_pairs, 2) entity ids) by another way than learning."""
    twins = (leak for side in (0, 1) for leak in _twins(training, relation, aside, side))
    return (*_repeated_relations(training, relation, aside), *twins)


def _repeated_relations(training: Triples, relation: str, aside: Ids) -> list[Leak]:
    wanted = _keys(aside, training.num_entities)
    leaks: list[Leak] = []
    for name in training.relations:
        pairs = training.pairs_of(name)
        both = pairs[:, ::-1] if name == relation else np.concatenate([pairs, pairs[:, ::-1]])
        told = int(np.isin(wanted, _keys(both, training.num_entities)).sum())
        if told and (name == relation or told >= _TELLING_SHARE * len(wanted)):
            leaks.append(Leak("repeated_relation", name, told))
    return leaks


def _twins(training: Triples, relation: str, aside: Ids, side: int) -> list[Leak]:
    """Return the near-duplicates at one side of the pairs set aside that are known to be joined to the other end."""
    pairs = training.pairs_of(relation)
    known: dict[int, set[int]] = defaultdict(set)
    for own, other in pairs[:, [side, 1 - side]].tolist():
        known[other].add(own)
    everyone = set(aside[:, side].tolist()) | set(pairs[:, side].tolist())
    around = _neighbourhoods(training, relation, everyone)
    told: dict[tuple[int, int], int] = defaultdict(int)
    for own, other in aside[:, [side, 1 - side]].tolist():
        for twin in known[other] - {own}:
            if _is_twin(around[own], around[twin]) or _is_named_alike(training, own, twin):
                told[own, twin] += 1
    names, kind = training.entities, ("twin_head", "twin_tail")[side]
    return [Leak(kind, f"{names[own]} and {names[twin]}", count) for (own, twin), count in sorted(told.items())]


def _is_twin(one: frozenset[tuple[int, int]], other: frozenset[tuple[int, int]]) -> bool:
    if min(len(one), len(other)) < _TWIN_DEGREE:
        return False
    return len(one & other) >= _TWIN_LIKENESS * len(one | other)


def _is_named_alike(training: Triples, one: int, other: int) -> bool:
    first, second = (" ".join(training.names[node].casefold().split()) for node in (one, other))
    return bool(first) and first == second


def _neighbourhoods(training: Triples, relation: str, heads: set[int]) -> dict[int, frozenset[tuple[int, int]]]:
    edges = with_inverses(training)
    number, num_relations = training.relation_id(relation), len(training.relations)
    edges = edges[(edges[:, 1] != number) & (edges[:, 1] != number + num_relations)]
    edges = edges[np.isin(edges[:, 0], sorted(heads))]
    found: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for head, step, neighbour in edges.tolist():
        found[head].add((step, neighbour))
    return {head: frozenset(found[head]) for head in heads}


def _keys(pairs: Ids, num_entities: int) -> Ids:
    keys: Ids = pairs[:, 0] * num_entities + pairs[:, 1]
    return keys
