"""How a batch of nodes or edges is written: look up what is there, write only what is new or changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from typing import Any, TypeVar

from neo4j import ManagedTransaction, Result

from kg import queries
from kg.key_set import KeySet
from kg.model import Edge, Node
from kg.queries import Query
from kg.rows import Row, join_node_rows, to_edge_row, to_node_row
from kg.rules import check_edge, check_node
from ontologies.biolink import Category, Predicate

BATCH_SIZE = 4_000
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class WriteCount:
    """What a write did; `missing` edges lacked one of their ends and were not written."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    missing: int = 0

    def __add__(self, other: WriteCount) -> WriteCount:
        return WriteCount(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.missing + other.missing,
        )

    @property
    def total(self) -> int:
        """How many stand in the graph now."""
        return self.created + self.updated + self.unchanged


def node_batches(nodes: Iterable[Node]) -> Iterator[tuple[Category, list[Row]]]:
    """Yield rows in batches of one category each."""
    return _batches((check_node(node).category, to_node_row(node)) for node in nodes)


def edge_batches(edges: Iterable[Edge]) -> Iterator[tuple[Predicate, list[Row]]]:
    """Yield rows in batches of one predicate each; the first of several edges with one key stays, as in a bulk load."""
    seen = KeySet()
    for predicate, rows in _batches((check_edge(edge).predicate, to_edge_row(edge)) for edge in edges):
        kept = list(compress(rows, seen.add([bytes.fromhex(row["key"]) for row in rows])))
        if kept:
            yield predicate, kept


def _batches(keyed_rows: Iterable[tuple[K, Row]]) -> Iterator[tuple[K, list[Row]]]:
    waiting: dict[K, list[Row]] = defaultdict(list)
    for key, row in keyed_rows:
        waiting[key].append(row)
        if len(waiting[key]) >= BATCH_SIZE:
            yield key, waiting.pop(key)
    yield from waiting.items()


def write_node_batch(transaction: ManagedTransaction, category: Category, rows: list[Row]) -> WriteCount:
    """Write nodes of one category in the given transaction."""
    wanted: dict[str, Row] = {}
    for row in rows:
        earlier = wanted.get(row["curie"])
        wanted[row["curie"]] = join_node_rows(earlier, row) if earlier else row
    found = run_in(transaction, queries.KNOWN_NODES, curies=list(wanted))
    known = {row["curie"]: row for row in found}
    new = [row for curie, row in wanted.items() if curie not in known]
    joined = [join_node_rows(row, wanted[curie]) for curie, row in known.items()]
    changed = [row for row in joined if known[row["curie"]]["properties"].get("content_hash") != _hash(row)]
    if new:
        run_in(transaction, queries.create_nodes(category), rows=new)
    if changed:
        run_in(transaction, queries.UPDATE_NODES, rows=changed)
    return WriteCount(len(new), len(changed), len(wanted) - len(new) - len(changed))


def write_edge_batch(transaction: ManagedTransaction, predicate: Predicate, rows: list[Row]) -> WriteCount:
    """Write edges of one predicate, each key once, in the given transaction."""
    wanted = [{name: row[name] for name in ("subject", "object", "key")} for row in rows]
    known = {r["key"]: r["content_hash"] for r in run_in(transaction, queries.known_edges(predicate), rows=wanted)}
    new = [row for row in rows if row["key"] in known and known[row["key"]] is None]
    changed = [row for row in rows if known.get(row["key"]) and known[row["key"]] != _hash(row)]
    if new:
        run_in(transaction, queries.create_edges(predicate), rows=new)
    if changed:
        run_in(transaction, queries.update_edges(predicate), rows=changed)
    unchanged = len(known) - len(new) - len(changed)
    return WriteCount(len(new), len(changed), unchanged, len(rows) - len(known))


def _hash(row: Row) -> str:
    return str(row["properties"]["content_hash"])


def run_in(transaction: ManagedTransaction, query: Query, **parameters: Any) -> list[dict[str, Any]]:
    """Run a named query inside a transaction; returns its rows."""
    return list(to_rows(transaction.run(query.text, parameters)))


def to_rows(result: Result) -> Iterator[dict[str, Any]]:
    """Yield the rows of a named query as they arrive; its values are plain, so none is converted one by one."""
    keys = result.keys()
    return (dict(zip(keys, record.values(), strict=True)) for record in result)
