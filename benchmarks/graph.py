"""How fast the graph is, against its peers in the same run, on the embedded server and on Neo4j.

    python -m benchmarks.graph [--hetionet ../shared/data/hetionet] [--num-edges 100000] [--servers embedded 5.26.30 …]

Without --hetionet the graph is synthetic, of Hetionet's kinds and proportions; with it, --num-edges takes a random
sample of its edges (seed 0; 0 is all of them). Neo4j is measured where `make neo4j`
brought it. Every line gives both times, their ratio (above 1 is faster than the peer) and a reference operation.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks._biocypher import time_biocypher
from benchmarks._graph_peers import Peer, Seconds, measure, merge_all, merge_one_by_one, open_peer, show, time_raw
from benchmarks._synthetic import make_edges, make_nodes
from kg.import_files import ImportFiles
from kg.model import Edge, Node
from kg.neo4j_server import VERSIONS, Neo4jServer, is_installed
from kg.queries import Query
from kg.sources import open_source
from kg.store import GraphStore, open_graph
from kg.writes import WriteCount
from ontologies.biolink import Category, Predicate

NEO4J = Path(__file__).parents[1] / ".neo4j"
NUM_UPSERTS = 100_000
NUM_ASKED = 1_000
MERGE_LIMIT = 10
TWO_HOPS = Query(
    "two_hops",
    "MATCH (d:Entity {curie: $curie}) MATCH (d)--(:Entity)--(y:Entity) WHERE y <> d "
    "RETURN y.curie AS curie, count(*) AS num ORDER BY num DESC, curie LIMIT 100",
    ("curie",),
)


def main() -> None:
    """Run every comparison on every server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num-edges", type=int, default=100_000)
    parser.add_argument("--hetionet", type=Path)
    parser.add_argument("--servers", nargs="*", default=["embedded", *VERSIONS])
    parser.add_argument("--parts", nargs="*", default=["load", "read", "hops", "upsert"])
    arguments = parser.parse_args()
    nodes, edges = read_graph(arguments.hetionet, arguments.num_edges)
    print(f"{len(nodes)} nodes, {len(edges)} edges")
    for server in arguments.servers:
        with tempfile.TemporaryDirectory() as folder:
            run = run_embedded if server == "embedded" else run_neo4j
            run(server, Path(folder), nodes, edges, arguments.parts)


def read_graph(hetionet: Path | None, num_edges: int) -> tuple[list[Node], list[Edge]]:
    """Return Hetionet, or a synthetic graph with Hetionet's number of edges a node."""
    if hetionet is not None:
        source = open_source("hetionet")
        nodes = [node for node in source.read_nodes(hetionet) if isinstance(node, Node)]
        edges = [edge for edge in source.read_edges(hetionet) if isinstance(edge, Edge)]
        return nodes, random.Random(0).sample(edges, num_edges) if num_edges else edges
    num_nodes = num_edges // 40
    unique = {edge.edge_key: edge for edge in make_edges(num_nodes, num_edges)}
    return list(make_nodes(num_nodes)), list(unique.values())


def run_embedded(server: str, folder: Path, nodes: Sequence[Node], edges: Sequence[Edge], parts: Sequence[str]) -> None:
    """A first load against UNWIND MERGE in batches of 1k and the bare batch endpoint; then the warm comparisons."""
    selector = f"embedded:{folder}/ours"
    with open_graph(selector) as store:
        ours = measure(lambda: load(store, nodes, edges))
        run_warm(server, store, selector, nodes, edges, parts)
    if "load" not in parts:
        return
    with open_graph(f"embedded:{folder}/raw") as store:
        show("embedded, bulk load: the bare batch endpoint", time_raw(store, nodes, edges), ours, "(≥ 0.5)")
    compare_merge(f"embedded:{folder}/merge", nodes, edges, ours)


def compare_merge(selector: str, nodes: Sequence[Node], edges: Sequence[Edge], ours: Seconds) -> None:
    """UNWIND MERGE of the same graph, stopped after ten times as long: its time grows with the degrees."""
    merged: list[int] = []
    with open_graph(selector) as store, open_peer(store, selector) as peer:
        limit = MERGE_LIMIT * ours.wall
        theirs = measure(lambda: merged.append(merge_all(store, peer, nodes, edges, limit)))
    show("embedded, bulk load: UNWIND MERGE, 1k", theirs, ours, "(≥ 4)")
    if merged[0] < len(edges):
        print(f"  UNWIND MERGE was stopped when it had written {merged[0]} of {len(edges)} edges: the ratio is larger.")


def load(store: GraphStore, nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    """Load as `theragraph build` does."""
    with store.first_load() as writer:
        writer.create_constraints()
        writer.write_nodes(nodes)
        writer.write_edges(edges)


def run_neo4j(number: str, folder: Path, nodes: Sequence[Node], edges: Sequence[Edge], parts: Sequence[str]) -> None:
    """A first load by the import tool, against BioCypher writing the same, the import included on both sides."""
    version = VERSIONS[number]
    if not is_installed(version, NEO4J):
        print(f"Neo4j {number} is not installed here; `make neo4j` brings it.")
        return
    server = Neo4jServer(version, NEO4J / number / "lib", folder / "home")
    if "load" in parts:
        peer = time_biocypher(server, folder / "biocypher", nodes, edges)
        shutil.rmtree(folder / "biocypher")
    counted: list[tuple[int, int]] = []
    ours = measure(lambda: counted.append(import_all(server, folder / "files", nodes, edges)))
    if counted != [(len(nodes), len(edges))]:
        raise SystemExit(f"{len(nodes)} nodes and {len(edges)} edges were written, {counted[0]} imported.")
    if "load" in parts:
        show(f"Neo4j {number}, bulk load: BioCypher, import included", peer, ours, "(≥ 1.5)")
    with server, open_graph(server.selector) as store:
        seconds = measure(store.create_constraints)
        print(f"Neo4j {number}: constraints and indexes after the import, ordered in {seconds.wall:.1f} s")
        store.cypher("CALL db.awaitIndexes(600)", write=True)
        run_warm(f"Neo4j {number}", store, server.selector, nodes, edges, parts)


def import_all(server: Neo4jServer, folder: Path, nodes: Sequence[Node], edges: Sequence[Edge]) -> tuple[int, int]:
    """Write the import files and import them; returns what was imported."""
    with ImportFiles(folder) as files:
        files.write_nodes(nodes)
        files.write_edges(edges)
    return server.import_csv(files.nodes, files.relationships, files.options)


def run_warm(
    name: str, store: GraphStore, selector: str, nodes: Sequence[Node], edges: Sequence[Edge], parts: Sequence[str]
) -> None:
    """Reading for training, two hops and everyday writes on a loaded graph."""
    with open_peer(store, selector) as peer:
        if "read" in parts:
            compare_reads(name, store, peer)
        if "hops" in parts:
            compare_two_hops(name, store, peer, [node.curie for node in nodes if node.category is Category.DISEASE])
        if "upsert" in parts:
            compare_upserts(name, store, peer, edges)


def compare_reads(name: str, store: GraphStore, peer: Peer) -> None:
    """All edges for training in columns, against a row an edge over the driver; each once to warm up, then once."""
    for attempt in ("first", "again"):
        ours = measure(lambda: list(store.read_all_edges()))
        theirs = measure(lambda: [peer.rows(row_text(predicate)) for predicate in Predicate])
        show(f"{name}, read all edges ({attempt}): a row an edge", theirs, ours, "(≥ 5)")


def row_text(predicate: Predicate) -> str:
    """Every asserted edge of a type, a row each."""
    return (
        f"MATCH (a:Entity)-[e:{predicate.relationship_type}]->(b:Entity) "
        "WHERE e.negated = false AND e.knowledge_level <> 'prediction' "
        "RETURN a.curie AS subject, type(e) AS type, b.curie AS object, e.primary_knowledge_source AS source"
    )


def compare_two_hops(name: str, store: GraphStore, peer: Peer, diseases: Sequence[str]) -> None:
    """What lies two steps from 1,000 random diseases, against the same query by hand in the driver, turn by turn."""
    rng = random.Random(0)
    asked = [rng.choice(diseases) for _ in range(NUM_ASKED)]
    ours: list[Seconds] = []
    theirs: list[Seconds] = []
    for number, curie in enumerate([*asked[:50], *asked]):
        times = ours, theirs
        works = (lambda c=curie: store.run(TWO_HOPS, curie=c), lambda c=curie: peer.rows(TWO_HOPS.text, curie=c))
        for which in (0, 1) if number % 2 else (1, 0):
            times[which].append(measure(works[which]))
    ours, theirs = ours[50:], theirs[50:]
    for label, place in (("p50", 50), ("p99", 99)):
        show(
            f"{name}, two hops, {label}: the driver by hand",
            percentile(theirs, place),
            percentile(ours, place),
            "(≥ .9)",
        )


def compare_upserts(name: str, store: GraphStore, peer: Peer, edges: Sequence[Edge]) -> None:
    """100k new edges, against one MERGE statement an edge, 1k a transaction; then ours again, which changes nothing."""
    sample = random.Random(0).sample(list(edges), min(NUM_UPSERTS, len(edges)))
    wanted, others = (
        [replace(edge, primary_knowledge_source=source) for edge in sample] for source in ("infores:a", "infores:b")
    )
    written: list[WriteCount] = []
    ours = measure(lambda: written.append(store.write_edges(wanted)))
    again = measure(lambda: written.append(store.write_edges(wanted)))
    theirs = measure(lambda: merge_one_by_one(peer, others))
    show(f"{name}, upsert of {len(wanted)} edges: one MERGE an edge", theirs, ours, "(≥ 3)")
    print(f"  first {written[0]}; again in {again.wall:.1f} s {written[1]}")


def percentile(values: Sequence[Seconds], place: int) -> Seconds:
    """The value below which `place` of a hundred lie."""
    return Seconds(statistics.quantiles([value.wall for value in values], n=100)[place - 1], 0.0)


if __name__ == "__main__":
    main()
