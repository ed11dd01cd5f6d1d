"""A load whose server is killed in the middle, and run again: is the graph that of an undisturbed load?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import psutil

from kg.errors import GraphUnavailableError
from kg.model import Edge, Node
from kg.queries import Query
from kg.store import GraphStore

CONTENT: Final = Query(
    "content", "MATCH (a)-[r]->(b) RETURN a.curie AS s, r.edge_key AS k, r.content_hash AS h, b.curie AS o"
)
NODES: Final = Query("nodes", "MATCH (n:Entity) RETURN n.curie AS c, n.content_hash AS h")

Open = Callable[[], AbstractContextManager[GraphStore]]
Load = Callable[[GraphStore, Sequence[Node], Iterator[Edge]], None]


@dataclass(frozen=True, slots=True)
class Content:
    """How many nodes and edges stand in a graph, and a checksum of all of them."""

    num_nodes: int
    num_edges: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Kill:
    """When the server was killed (seconds after the load began), what was left of it, what a second load made good."""

    delay_s: float
    was_interrupted: bool
    left: Content
    healed: Content


def load_everyday(store: GraphStore, nodes: Sequence[Node], edges: Iterator[Edge]) -> None:
    """Write in batched transactions."""
    store.create_constraints()
    store.write_nodes(nodes)
    store.write_edges(edges)


def load_in_bulk(store: GraphStore, nodes: Sequence[Node], edges: Iterator[Edge]) -> None:
    """Write through the bulk door, which a graph that is not empty does not open."""
    with store.first_load() as writer:
        writer.create_constraints()
        writer.write_nodes(nodes)
        writer.write_edges(edges)


def load_undisturbed(
    open_store: Open, load: Load, nodes: Sequence[Node], edges: Sequence[Edge]
) -> tuple[Content, float]:
    """Load; returns what stands in the graph and how many seconds the load took."""
    with open_store() as store:
        started = time.perf_counter()
        load(store, nodes, iter(edges))
        seconds = time.perf_counter() - started
        return read_content(store), seconds


def kill_in_a_load(
    open_store: Open, folder: Path, load: Load, nodes: Sequence[Node], edges: Sequence[Edge], delay_s: float
) -> Kill:
    """Kill the server of `folder` that long after a load began, start it again, look, and load again."""
    timer = threading.Timer(delay_s, kill_server, [folder])
    was_interrupted = False
    with open_store() as store:
        timer.start()
        try:
            load(store, nodes, iter(edges))
        except GraphUnavailableError:
            was_interrupted = True
        timer.join()
    with open_store() as store:
        left = read_content(store)
        load(store, nodes, iter(edges))
        return Kill(delay_s, was_interrupted, left, read_content(store))


def read_content(store: GraphStore) -> Content:
    """Count and add up everything that a load writes."""
    nodes = sorted(f"{row['c']} {row['h']}" for row in store.stream(NODES))
    edges = sorted(f"{row['s']} {row['k']} {row['h']} {row['o']}" for row in store.stream(CONTENT))
    return Content(len(nodes), len(edges), sha256("\n".join([*nodes, *edges]).encode()).hexdigest())


def kill_server(folder: Path) -> None:
    """End the Java process that serves the folder, as a crash would (signal 9)."""
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "java" and any(f"{folder}/" in f"{word}/" for word in process.info["cmdline"] or []):
            process.kill()
            process.wait(30)
