"""Ways in which pairs set aside may still be told by the training graph.

A relation that repeats or inverts the one to be predicted tells the answers outright (Toutanova & Chen 2015,
doi:10.18653/v1/W15-4007), and so does a twin of the query's head: a node with the very same neighbours.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from gnn.triples import Ids, Triples, with_inverses

_TELLING_SHARE = 0.2
_TWIN_DEGREE = 3


@dataclass(frozen=True, slots=True)
class Leak:
    """`num_pairs` of the pairs set aside are told by `cause`; `kind` is repeated_relation or twin_head."""

    kind: str
    cause: str
    num_pairs: int

    def to_json(self) -> dict[str, str | int]:
        """Return the finding as `theragraph train --json` prints it."""
        return {"kind": self.kind, "cause": self.cause, "pairs": self.num_pairs}


def check_leakage(training: Triples, relation: str, aside: Ids) -> tuple[Leak, ...]:
    """Return what tells the pairs set aside ((num_pairs, 2) entity ids) by another way than learning."""
    return (*_repeated_relations(training, relation, aside), *_twin_heads(training, relation, aside))


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


def _twin_heads(training: Triples, relation: str, aside: Ids) -> list[Leak]:
    known: dict[int, set[int]] = defaultdict(set)
    for head, tail in training.pairs_of(relation).tolist():
        known[tail].add(head)
    heads = set(aside[:, 0].tolist()) | {head for some in known.values() for head in some}
    around = _neighbourhoods(training, relation, heads)
    told: dict[tuple[int, int], int] = defaultdict(int)
    for head, tail in aside.tolist():
        for other in known[tail] - {head}:
            if len(around[head]) >= _TWIN_DEGREE and around[head] == around[other]:
                told[head, other] += 1
    names = training.entities
    return [Leak("twin_head", f"{names[h]} and {names[o]}", count) for (h, o), count in sorted(told.items())]


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
