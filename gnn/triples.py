"""Triples as numbered edges: the one shape in which every model of this room reads a graph.

Numbering is sorted, so that permuting or repeating the input changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

import numpy as np
import polars
from numpy.typing import NDArray

from gnn.sources import Ids as Ids
from gnn.sources import Sources, build_sources
from kg.errors import InputError, UnknownNameError

Row = tuple[str, str, str]

UNTYPED = "entity"
_LISTS = ("entities", "relations", "types", "names")
_JOINT = "\x1f"


@dataclass(frozen=True, slots=True)
class Triples:
    """A graph as numbered edges.

    `entities` and `relations` are sorted names, `types` and `names` are aligned with `entities` (a name is "" when
    unknown), `edges` is (num_edges, 3) of head, relation and tail ids, sorted and without repeats. `sources` say where
    edges are stated; no model sees them.
    """

    entities: tuple[str, ...]
    relations: tuple[str, ...]
    types: tuple[str, ...]
    names: tuple[str, ...]
    edges: Ids
    sources: Sources = field(default_factory=Sources)

    @property
    def num_entities(self) -> int:
        """How many entities there are."""
        return len(self.entities)

    @property
    def content_hash(self) -> str:
        """A 128-bit hash of everything the models see, in hexadecimal."""
        digest = blake2b(digest_size=16)
        for part in (self.entities, self.relations, self.types, self.names):
            digest.update("\x1f".join(part).encode())
            digest.update(b"\x1e")
        digest.update(np.ascontiguousarray(self.edges).tobytes())
        return digest.hexdigest()

    def entity_ids(self) -> dict[str, int]:
        """Return the number of each entity."""
        return {entity: number for number, entity in enumerate(self.entities)}

    def relation_id(self, relation: str) -> int:
        """Return the number of `relation`; UnknownNameError when the graph has no such relation."""
        if relation not in self.relations:
            raise UnknownNameError("relation", relation, self.relations)
        return self.relations.index(relation)

    def pairs_of(self, relation: str) -> Ids:
        """Return the (num_pairs, 2) head and tail ids that `relation` joins."""
        number = self.relation_id(relation)
        pairs: Ids = self.edges[self.edges[:, 1] == number][:, [0, 2]]
        return pairs


def type_of(entity: str) -> str:
    """Return the type that a name carries: what stands before `::`, else the CURIE prefix, else "entity".

    >>> type_of("Disease::DOID:14330"), type_of("HP:0001250"), type_of("aspirin")
    ('Disease', 'HP', 'entity')
    """
    for separator in ("::", ":"):
        prefix, found, _ = entity.partition(separator)
        if found and prefix:
            return prefix
    return UNTYPED


def build_triples(
    rows: Iterable[Row],
    *,
    types: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    extra_entities: Iterable[str] = (),
    sources: Sequence[str] = (),
) -> Triples:
    """Number `rows` of head, relation, tail.

    Types not given are read from the entity's own name (`type_of`). `extra_entities` have no edge yet but may be
    asked for. `sources` name what states each row, where that is known. InputError when there is no row at all.
    """
    columns = list(zip(*rows, strict=True))
    if not columns:
        raise InputError("There is not a single triple; give at least one line of head, relation, tail.")
    heads, names_of_relations, tails = (polars.Series(column, dtype=polars.String) for column in columns)
    others = polars.Series(list(extra_entities), dtype=polars.String)
    entities = tuple(polars.concat([heads, tails, others]).unique().sort().to_list())
    relations = tuple(names_of_relations.unique().sort().to_list())
    numbered = [_to_numbers(heads, entities), _to_numbers(names_of_relations, relations), _to_numbers(tails, entities)]
    stacked = np.stack(numbered, axis=1)
    edges = np.unique(stacked, axis=0)
    known_types, known_names = types or {}, names or {}
    return Triples(
        entities,
        relations,
        tuple(known_types.get(e) or type_of(e) for e in entities),
        tuple(known_names.get(e, "") for e in entities),
        edges,
        build_sources(edges, stacked, sources) if sources else Sources(),
    )


def to_arrays(triples: Triples) -> dict[str, NDArray[Any]]:
    """Return the arrays that a model's folder keeps of its graph."""
    lists = {name: np.array(getattr(triples, name)) for name in _LISTS}
    groups = np.array([_JOINT.join(group) for group in triples.sources.groups])
    codes = triples.sources.codes_of(triples.edges)
    return lists | {"edges": triples.edges.astype(np.int32), "source_groups": groups, "source_codes": codes}


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Triples:
    """Return the graph that `to_arrays` kept; KeyError for a missing array."""
    entities, relations, types, names = (tuple(arrays[name].tolist()) for name in _LISTS)
    edges = arrays["edges"].astype(np.int64)
    groups = tuple(tuple(filter(None, group.split(_JOINT))) for group in arrays["source_groups"].tolist())
    return Triples(entities, relations, types, names, edges, Sources(groups, edges, arrays["source_codes"]))


def _to_numbers(values: polars.Series, names: tuple[str, ...]) -> Ids:
    """Return each value's place among the sorted names."""
    return values.cast(polars.Enum(names)).to_physical().to_numpy().astype(np.int64)


def to_pair_ids(triples: Triples, pairs: Iterable[tuple[str, str]]) -> Ids:
    """Return the (num_pairs, 2) ids of pairs given by name; UnknownNameError for an entity that is not in the graph."""
    ids = triples.entity_ids()
    rows: list[tuple[int, int]] = []
    for pair in pairs:
        missing = [name for name in pair if name not in ids]
        if missing:
            raise InputError(
                f'"{missing[0]}" is not an entity of this graph ({triples.num_entities} entities); '
                "check its spelling and prefix, or train on a graph that has it."
            )
        rows.append((ids[pair[0]], ids[pair[1]]))
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def exclude_pairs(triples: Triples, relation: str, pairs: Ids) -> Triples:
    """Return the graph without the given pairs of `relation`, in either direction; the numbering stays."""
    number = triples.relation_id(relation)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    gone = set(map(tuple, both.tolist()))
    of_relation = np.flatnonzero(triples.edges[:, 1] == number)
    drop = [i for i in of_relation.tolist() if (int(triples.edges[i, 0]), int(triples.edges[i, 2])) in gone]
    return replace(triples, edges=np.delete(triples.edges, drop, axis=0))


def with_inverses(triples: Triples) -> Ids:
    """Return (2 · num_edges, 3) edges in which relation r + num_relations is the inverse of relation r."""
    flipped = triples.edges[:, [2, 1, 0]] + np.array([0, len(triples.relations), 0])
    return np.concatenate([triples.edges, flipped])
