"""How fast the graph is, against its peers in the same run: bulk load, upsert, reading for training, two hops.

    python -m benchmarks.graph [--num-edges 100000] [--hetionet ../shared/data/hetionet] [--times-ten]

Without --hetionet the graph is synthetic, of Hetionet's kinds and proportions. Every line gives both times and their
ratio; above 1 is faster than the peer. --times-ten loads a graph ten times the size of Hetionet and prints the peak
memory of the loading process.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neo4j import Driver, GraphDatabase, ManagedTransaction, Session

from benchmarks._synthetic import make_edges, make_nodes
from kg.bulk import BatchDoor
from kg.embedded import USER
from kg.model import Edge, Node
from kg.queries import Query
from kg.rows import to_edge_row, to_node_row
from kg.sources import open_source
from kg.store import GraphStore, open_graph
from ontologies.biolink import Category, Predicate

PEER_BATCH = 1_000
TWO_HOPS = Query(
    "two_hops",
    "MATCH (d:Entity {curie: $curie}) MATCH (d)--(x:Entity)--(y:Entity) RETURN count(DISTINCT y) AS num",
    ("curie",),
)


def main() -> None:
    """Run every comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num-edges", type=int, default=100_000)
    parser.add_argument("--hetionet", type=Path)
    parser.add_argument("--times-ten", action="store_true")
    arguments = parser.parse_args()
    if arguments.times_ten:
        return load_times_ten()
    nodes, edges = read_graph(arguments.hetionet, arguments.num_edges)
    print(f"{len(nodes)} nodes, {len(edges)} edges")
    with tempfile.TemporaryDirectory() as folder:
        compare_loads(Path(folder), nodes, edges)
        with open_graph(f"embedded:{folder}/ours") as store:
            compare_reads(store)
            compare_two_hops(store, [node.curie for node in nodes if node.category is Category.DISEASE])
            compare_upserts(store, edges[:20_000])
    return None


def read_graph(hetionet: Path | None, num_edges: int) -> tuple[list[Node], list[Edge]]:
    """Return Hetionet, or a synthetic graph with Hetionet's number of edges a node."""
    if hetionet is not None:
        source = open_source("hetionet")
        nodes = [node for node in source.read_nodes(hetionet) if isinstance(node, Node)]
        return nodes, [edge for edge in source.read_edges(hetionet) if isinstance(edge, Edge)]
    num_nodes = num_edges // 40
    unique = {edge.edge_key: edge for edge in make_edges(num_nodes, num_edges)}
    return list(make_nodes(num_nodes)), list(unique.values())


def compare_loads(folder: Path, nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    """A first load, against UNWIND MERGE in batches of 1k with the constraint, and against the bare batch endpoint."""
    with open_graph(f"embedded:{folder}/ours") as store:
        ours = measure(lambda: load(store, nodes, edges))
    with open_graph(f"embedded:{folder}/merge") as store, open_peer(store) as peer_graph:
        show(
            "bulk load: UNWIND MERGE, batches of 1k", measure(lambda: merge_all(store, peer_graph, nodes, edges)), ours
        )
    with open_graph(f"embedded:{folder}/raw") as store:
        show("bulk load: the bare batch endpoint, ready-made lines", time_raw(store, nodes, edges), ours)


def load(store: GraphStore, nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    """Load as `theragraph build` does."""
    with store.first_load() as writer:
        writer.create_constraints()
        writer.write_nodes(nodes)
        writer.write_edges(edges)


def merge_all(store: GraphStore, graph: Peer, nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    """Make the constraints, then write everything with UNWIND MERGE."""
    store.create_constraints()
    for category in Category:
        rows = [to_node_row(node)["properties"] for node in nodes if node.category is category]
        for batch in batched_lists(rows):
            graph.rows(f"UNWIND $rows AS r MERGE (n:Entity:{category} {{curie: r.curie}}) SET n = r", rows=batch)
    for predicate in Predicate:
        rows = [to_edge_row(edge) for edge in edges if edge.predicate is predicate]
        for batch in batched_lists(rows):
            graph.rows(merge_text(predicate, "UNWIND $rows AS r "), rows=batch)


def time_raw(store: GraphStore, nodes: Sequence[Node], edges: Sequence[Edge]) -> float:
    """Seconds that the engine's batch endpoint takes for ready-made lines, without any work of ours."""
    server = store.embedded
    if server is None:
        raise SystemExit("The batch endpoint is the embedded server's; give an embedded graph.")
    door = BatchDoor(server, "raw")
    seconds = measure(lambda: make_raw(store, door))
    lines = [json.dumps(_node_head(node) | to_node_row(node)["properties"]) + "\n" for node in nodes]
    seconds += measure(lambda: door.send(lines))
    ids = door.read_record_ids()
    lines = [json.dumps(_edge_head(edge, ids) | to_edge_row(edge)["properties"]) + "\n" for edge in edges]
    seconds += measure(lambda: door.send(lines))
    door.close()
    return seconds


def make_raw(store: GraphStore, door: BatchDoor) -> None:
    """A fresh database with its constraints and types."""
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


def merge_text(predicate: Predicate, prefix: str = "") -> str:
    """The MERGE of one edge."""
    return (
        f"{prefix}MATCH (a:Entity {{curie: r.subject}}) MATCH (b:Entity {{curie: r.object}}) "
        f"MERGE (a)-[e:{predicate.relationship_type} {{edge_key: r.key}}]->(b) SET e = r.properties"
    )


def batched_lists(rows: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield lists of at most 1k rows."""
    return (list(rows[start : start + PEER_BATCH]) for start in range(0, len(rows), PEER_BATCH))


def compare_reads(store: GraphStore) -> None:
    """All edges for training in columns, against a row an edge over the driver."""
    ours = measure(lambda: [store.read_edges(predicate) for predicate in Predicate])
    with open_peer(store) as peer_graph:
        peer = measure(lambda: [peer_graph.rows(row_text(predicate)) for predicate in Predicate])
    show("read all edges: a row an edge over the driver", peer, ours)


def row_text(predicate: Predicate) -> str:
    """Every edge of a type, a row each."""
    return f"MATCH (a:Entity)-[e:{predicate.relationship_type}]->(b:Entity) RETURN a.curie AS s, e, b.curie AS o"


def compare_two_hops(store: GraphStore, diseases: Sequence[str]) -> None:
    """The neighbourhood of 1,000 random diseases, against the same query by hand in the driver."""
    rng = random.Random(0)
    asked = [rng.choice(diseases) for _ in range(1_000)]
    with open_peer(store) as peer_graph:
        for curie in asked[:100]:
            store.run(TWO_HOPS, curie=curie)
            peer_graph.rows(TWO_HOPS.text, curie=curie)
        ours = [measure(lambda c=curie: store.run(TWO_HOPS, curie=c)) for curie in asked]  # type: ignore[misc]
        peer = [measure(lambda c=curie: peer_graph.rows(TWO_HOPS.text, curie=c)) for curie in asked]  # type: ignore[misc]
    for name, place in (("p50", 50), ("p99", 99)):
        show(f"two hops, {name}: the driver by hand", percentile(peer, place), percentile(ours, place))


def compare_upserts(store: GraphStore, edges: Sequence[Edge]) -> None:
    """Writing known edges again with a changed property, against one MERGE statement an edge, 1k a transaction."""
    changed = [replace(edge, publications=("PMID:2",)) for edge in edges]
    ours = measure(lambda: store.write_edges(changed))
    again = store.write_edges(changed)
    with open_peer(store) as peer_graph:
        peer = measure(lambda: merge_one_by_one(peer_graph, edges))
    show(f"upsert of {len(edges)} edges: one MERGE statement an edge", peer, ours)
    print(f"  written again: {again.unchanged} unchanged, {again.created} created, {again.updated} updated")


def merge_one_by_one(graph: Peer, edges: Sequence[Edge]) -> None:
    """One statement an edge, 1k statements a transaction."""
    for batch in batched_lists(edges):
        with graph.session() as session:
            session.execute_write(write_each, batch)


def write_each(transaction: ManagedTransaction, batch: Sequence[Edge]) -> None:
    """One MERGE statement an edge."""
    for edge in batch:
        transaction.run(merge_text(edge.predicate, "WITH $row AS r "), row=to_edge_row(edge)).consume()


def load_times_ten() -> None:
    """Stream a graph ten times the size of Hetionet into the embedded server."""
    num_nodes, num_edges = 470_000, 18_560_000
    with tempfile.TemporaryDirectory() as folder, open_graph(f"embedded:{folder}/big") as store:
        with store.first_load() as writer:
            writer.create_constraints()
            seconds = measure(lambda: writer.write_nodes(make_nodes(num_nodes)))
            seconds += measure(lambda: writer.write_edges(make_edges(num_nodes, num_edges)))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{num_nodes} nodes and {num_edges} edges in {seconds:.0f} s, peak memory of the loader {peak} MB")


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
def open_peer(store: GraphStore) -> Iterator[Peer]:
    """A driver of its own to the same embedded server."""
    server = store.embedded
    if server is None:
        raise SystemExit("The comparisons run on the embedded server.")
    address = server.address
    with GraphDatabase.driver(f"bolt://127.0.0.1:{address.bolt_port}", auth=(USER, address.password)) as driver:
        yield Peer(driver, store.database)


def measure(work: Callable[[], Any]) -> float:
    """Seconds that the work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def percentile(values: Sequence[float], place: int) -> float:
    """The value below which `place` of a hundred lie."""
    return statistics.quantiles(values, n=100)[place - 1]


def show(what: str, peer: float, ours: float) -> None:
    """Print both times and the ratio."""
    print(f"{what:<62} peer {peer:9.4f} s   ours {ours:9.4f} s   ratio {peer / ours:6.2f}", flush=True)


if __name__ == "__main__":
    main()
