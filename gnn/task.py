"""One relation as a ranking task: every head of its type against every tail of its type."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnn.metagraph import Dense
from gnn.ranking import Mask
from gnn.triples import Ids, Triples
from kg.errors import InputError

MAX_CANDIDATE_PAIRS = 150_000_000


@dataclass(frozen=True, slots=True)
class LinkTask:
    """Heads and tails (sorted entity ids) of a relation and its known pairs as (num_pairs, 2) rows of *places* in them.

    `head_types` and `tail_types` are the sorted types that the relation joins.
    """

    relation: str
    head_types: tuple[str, ...]
    tail_types: tuple[str, ...]
    heads: Ids
    tails: Ids
    pairs: Ids

    @property
    def shape(self) -> tuple[int, int]:
        """(num_heads, num_tails)."""
        return len(self.heads), len(self.tails)

    def known(self) -> Dense:
        """Return the (num_heads, num_tails) matrix of known pairs."""
        matrix = np.zeros(self.shape, np.float32)
        matrix[self.pairs[:, 0], self.pairs[:, 1]] = 1.0
        return matrix


@dataclass(frozen=True, slots=True)
class Queries:
    """Questions (head, relation, ?) as places in the task's heads, with what is known of each head beside the answer.

    `known` is (num_queries, num_tails): the head's known tails without the query's own edge. `targets` are the places
    of the answers, -1 where none is asked for.
    """

    heads: Ids
    known: Dense
    targets: Ids

    def __len__(self) -> int:
        return len(self.heads)

    def take(self, rows: Ids | slice) -> Queries:
        """Return the chosen queries."""
        return Queries(self.heads[rows], self.known[rows], self.targets[rows])

    @property
    def hidden(self) -> Mask:
        """The known other answers, which no loss and no rank may count as wrong."""
        mask: Mask = self.known > 0
        return mask


def types_of(triples: Triples, relation: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the sorted types of the heads and of the tails that `relation` joins."""
    pairs = triples.pairs_of(relation)
    types = np.array(triples.types)
    return tuple(sorted(set(types[pairs[:, 0]].tolist()))), tuple(sorted(set(types[pairs[:, 1]].tolist())))


def build_task(
    triples: Triples, relation: str, types: tuple[tuple[str, ...], tuple[str, ...]] | None = None
) -> LinkTask:
    """Read the task out of a graph; `types` of heads and tails default to those that the graph's own pairs join.

    InputError when the relation joins fewer than two pairs: nothing can be learnt and ranked from one.
    """
    pairs = triples.pairs_of(relation)
    if len(pairs) < 2:
        raise InputError(
            f'The relation "{relation}" has {len(pairs)} known pairs beside those set aside; '
            "training needs at least two."
        )
    head_types, tail_types = types or types_of(triples, relation)
    of_entity = np.array(triples.types)
    heads = np.flatnonzero(np.isin(of_entity, head_types))
    tails = np.flatnonzero(np.isin(of_entity, tail_types))
    if len(heads) * len(tails) > MAX_CANDIDATE_PAIRS:
        raise InputError(
            f'"{relation}" joins {len(heads)} heads with {len(tails)} tails, more than the {MAX_CANDIDATE_PAIRS} pairs '
            "that are scored at once; keep fewer entities, or type them (Type::id) so that fewer are candidates."
        )
    places = np.stack([np.searchsorted(heads, pairs[:, 0]), np.searchsorted(tails, pairs[:, 1])], axis=1)
    return LinkTask(relation, head_types, tail_types, heads, tails, places)


def build_training_queries(task: LinkTask) -> Queries:
    """Return one query per known pair, described with its own edge removed."""
    heads, targets = task.pairs[:, 0], task.pairs[:, 1]
    known = task.known()[heads]
    known[np.arange(len(heads)), targets] = 0.0
    return Queries(heads, known, targets)


def build_test_queries(task: LinkTask, pairs: Ids) -> Queries:
    """Return one query per pair of places that is not among the task's known ones."""
    known = task.known()[pairs[:, 0]]
    known[np.arange(len(pairs)), pairs[:, 1]] = 0.0
    return Queries(pairs[:, 0], known, pairs[:, 1])


def build_open_queries(task: LinkTask, heads: Ids) -> Queries:
    """Return one query per head, described with everything that is known."""
    return Queries(heads, task.known()[heads], np.full(len(heads), -1))


def to_places(task: LinkTask, pairs: Ids) -> Ids:
    """Turn (num_pairs, 2) entity ids into places; InputError for an end that is not of the relation's types."""
    places = np.stack([np.searchsorted(task.heads, pairs[:, 0]), np.searchsorted(task.tails, pairs[:, 1])], axis=1)
    inside = (places[:, 0] < len(task.heads)) & (places[:, 1] < len(task.tails))
    clipped = np.minimum(places, [len(task.heads) - 1, len(task.tails) - 1])
    inside &= (task.heads[clipped[:, 0]] == pairs[:, 0]) & (task.tails[clipped[:, 1]] == pairs[:, 1])
    if not inside.all():
        raise InputError(
            f'{int((~inside).sum())} pairs are not of the types that "{task.relation}" joins '
            f"({', '.join(task.head_types)} to {', '.join(task.tail_types)}); remove them from the split."
        )
    return places
