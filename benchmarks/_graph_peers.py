"""What the graph is measured against: the plain driver, the bare batch endpoint; and how times are taken and shown."""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import psutil
from neo4j import Driver, GraphDatabase, ManagedTransaction, Session

from kg.bulk import BatchDoor
from kg.embedded import USER
from kg.model import Edge, Node
from kg.rows import to_edge_row, to_node_row
from kg.selector import BoltSelector, read_selector
from kg.store import GraphStore
from ontologies.biolink import Category, Predicate

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Peer:
    """A plain driver to the server of a store."""

    driver: Driver
    database: str

    def rows(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run one statement in a managed transaction of its own."""
        with self.session() as session:
            return session.execute_write(lambda tx: tx.run(text, parameters).data())

    def session(self) -> Session:
        """Open a session."""
        return self.driver.session(database=self.database)


@contextmanager
def open_peer(store: GraphStore, selector: str) -> Iterator[Peer]:
    """A driver of its own to the server of a store, with the driver's own settings."""
    chosen = read_selector(selector)
    if isinstance(chosen, BoltSelector):
        user, password = chosen.user, chosen.password
    else:
        user, password = USER, store.embedded.address.password if store.embedded else ""
    with GraphDatabase.driver(store.bolt_address, auth=(user, password)) as driver:
        yield Peer(driver, store.database)


def merge_all(
    store: GraphStore, graph: Peer, nodes: Sequence[Node], edges: Sequence[Edge], limit_seconds: float
) -> int:
    """Make the constraints, then write with UNWIND MERGE in batches of 1k; how many edges were written in the time."""
    started, num = time.perf_counter(), 0
    store.create_constraints()
    for category in Category:
        rows = [to_node_row(node)["properties"] for node in nodes if node.category is category]
        for batch in in_batches(rows):
            graph.rows(f"UNWIND $rows AS r MERGE (n:Entity:{category} {{curie: r.curie}}) SET n = r", rows=batch)
    for predicate in Predicate:
        of_type = [edge for edge in edges if edge.predicate is predicate]
        for group in in_batches(of_type):
            rows = [to_edge_row(edge) for edge in group]
            graph.rows(merge_text(predicate, "UNWIND $rows AS r "), rows=rows)
            num += len(group)
            if time.perf_counter() - started > limit_seconds:
                return num
    return num


def merge_one_by_one(graph: Peer, edges: Sequence[Edge]) -> None:
    """One MERGE statement an edge, 1k statements a transaction."""
    for batch in in_batches(edges):
        with graph.session() as session:
            session.execute_write(_write_each, batch)


def _write_each(transaction: ManagedTransaction, batch: Sequence[Edge]) -> None:
    for edge in batch:
        transaction.run(merge_text(edge.predicate, "WITH $row AS r "), row=to_edge_row(edge)).consume()


def merge_text(predicate: Predicate, prefix: str) -> str:
    """The MERGE of one edge."""
    return (
        f"{prefix}MATCH (a:Entity {{curie: r.subject}}) MATCH (b:Entity {{curie: r.object}}) "
        f"MERGE (a)-[e:{predicate.relationship_type} {{edge_key: r.key}}]->(b) SET e = r.properties"
    )


def time_raw(store: GraphStore, nodes: Sequence[Node], edges: Sequence[Edge]) -> Seconds:
    """Seconds that the engine's batch endpoint takes for ready-made lines, without any work of ours."""
    if store.embedded is None:
        raise SystemExit("The batch endpoint is the embedded server's; give an embedded graph.")
    door = BatchDoor(store.embedded, "raw")
    seconds = measure(lambda: _make_raw(store, door))
    lines = [json.dumps(_node_head(node) | to_node_row(node)["properties"]) + "\n" for node in nodes]
    seconds += measure(lambda: door.send(lines))
    ids = door.read_record_ids()
    lines = [json.dumps(_edge_head(edge, ids) | to_edge_row(edge)["properties"]) + "\n" for edge in edges]
    seconds += measure(lambda: door.send(lines))
    door.close()
    return seconds


def _make_raw(store: GraphStore, door: BatchDoor) -> None:
    door.create_database()
    store.with_database("raw").create_constraints()
    for category in Category:
        door.create_node_type(category)


def _node_head(node: Node) -> dict[str, Any]:
    kind = "~".join(sorted((node.category.value, "Entity")))
    return {"@type": "vertex", "@class": kind, "@id": node.curie}


def _edge_head(edge: Edge, ids: dict[str, str]) -> dict[str, Any]:
    ends = {"@from": ids[edge.subject], "@to": ids[edge.object]}
    return {"@type": "edge", "@class": edge.predicate.relationship_type, **ends}


def in_batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield at most 1k rows at a time."""
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long work took by the clock, and how long processors worked for it: this process and the server's."""

    wall: float
    cpu: float

    def __add__(self, other: Seconds) -> Seconds:
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)


def measure(work: Callable[[], Any]) -> Seconds:
    """Seconds that the work takes."""
    worked, started = _cpu_seconds(), time.perf_counter()
    work()
    wall = time.perf_counter() - started
    return Seconds(wall, _cpu_seconds() - worked)


def _cpu_seconds() -> float:
    """Processor time of this process, of the servers it started and of the programs it waited for."""
    total = sum(os.times()[:4])
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


def reference() -> float:
    """Seconds for 200,000 small hashes now: how busy this machine is, beside every time that is printed."""
    return measure(lambda: [blake2b(b"%d" % number, digest_size=16).hexdigest() for number in range(200_000)]).wall


def show(what: str, peer: Seconds, ours: Seconds, goal: str = "") -> None:
    """Print both times, their ratio (above 1: faster than the peer) by the clock and by processor time, the goal."""
    wall = f"peer {peer.wall:9.4f} s  ours {ours.wall:9.4f} s  ratio {peer.wall / ours.wall:5.2f} {goal:<8}"
    cpu = f"cpu {peer.cpu:7.2f} / {ours.cpu:7.2f} s = {peer.cpu / ours.cpu:5.2f}" if ours.cpu else ""
    print(f"{what:<58} {wall} {cpu} reference {reference():.3f} s", flush=True)


def peak_mb() -> int:
    """The most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
