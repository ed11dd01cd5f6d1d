"""A graph ten times the size of Hetionet, streamed into the embedded server and into Neo4j, with the peak of memory.

    python -m benchmarks.graph_size [--scale 10] [--servers embedded 5.26.30]

At scale 10 there are 470,000 nodes and 18.5 million edges; at the default scale of 0.05 it is a check that takes
seconds. The client's memory is shown at every tenth of the edges, of which it must not depend.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks._graph_peers import measure, peak_mb, reference
from benchmarks._synthetic import make_edges, make_nodes
from kg.import_files import ImportFiles
from kg.model import Edge
from kg.neo4j_server import VERSIONS, Neo4jServer, is_installed
from kg.status import count_edges
from kg.store import open_graph

NEO4J = Path(__file__).parents[1] / ".neo4j"
HETIONET_NODES, HETIONET_EDGES = 47_000, 1_856_000


def main() -> None:
    """Load the graph into every server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.05)
    parser.add_argument("--servers", nargs="*", default=["embedded", "5.26.30"])
    arguments = parser.parse_args()
    num_nodes, num_edges = round(HETIONET_NODES * arguments.scale), round(HETIONET_EDGES * arguments.scale)
    print(f"{num_nodes} nodes, {num_edges} edges to be made; reference operation {reference():.3f} s")
    for server in arguments.servers:
        with tempfile.TemporaryDirectory() as folder:
            if server == "embedded":
                load_embedded(Path(folder), num_nodes, num_edges)
            elif is_installed(VERSIONS[server], NEO4J):
                load_neo4j(server, Path(folder), num_nodes, num_edges)
            else:
                print(f"Neo4j {server} is not installed here; `make neo4j` brings it.")


def load_embedded(folder: Path, num_nodes: int, num_edges: int) -> None:
    """Load through the bulk door, streaming."""
    with open_graph(f"embedded:{folder}/graph") as store, watched(folder) as peak:
        started = time.perf_counter()
        with store.first_load() as writer:
            writer.create_constraints()
            writer.write_nodes(make_nodes(num_nodes))
            written = writer.write_edges(shown(make_edges(num_nodes, num_edges), num_edges))
        report("embedded", written.created, time.perf_counter() - started, peak)


def load_neo4j(number: str, folder: Path, num_nodes: int, num_edges: int) -> None:
    """Write the import files, import them, start the server and count."""
    server = Neo4jServer(VERSIONS[number], NEO4J / number / "lib", folder / "home")
    with watched(folder) as peak:
        started = time.perf_counter()
        with ImportFiles(folder / "files") as files:
            files.write_nodes(make_nodes(num_nodes))
            written = files.write_edges(shown(make_edges(num_nodes, num_edges), num_edges))
        print(f"  files written after {time.perf_counter() - started:.0f} s")
        server.import_csv(files.nodes, files.relationships, files.options)
        report(f"Neo4j {number}", written.created, time.perf_counter() - started, peak)
    with server, open_graph(server.selector) as store:
        ordered = measure(store.create_constraints)
        seen = sum(count_edges(store).values())
        print(f"  constraints ordered in {ordered.wall:.0f} s; the server counts {seen} edges")
        if seen != written.created:
            raise SystemExit(f"{written.created} edges were written and {seen} are there.")


def shown(edges: Iterator[Edge], num_edges: int) -> Iterator[Edge]:
    """Say at every tenth how much memory this process holds."""
    process, started = psutil.Process(), time.perf_counter()
    for number, edge in enumerate(edges, start=1):
        yield edge
        if number % max(1, num_edges // 10) == 0:
            resident = process.memory_info().rss >> 20
            print(f"  {number} edges after {time.perf_counter() - started:.0f} s: client {resident} MB", flush=True)


@contextmanager
def watched(folder: Path) -> Iterator[list[int]]:
    """Keep the most memory, in MB, that the Java processes of a folder hold together, looked at once a second."""
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(1.0):
            peak[0] = max(peak[0], _resident_mb(folder))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def _resident_mb(folder: Path) -> int:
    total = 0
    for process in psutil.process_iter(["name", "cmdline", "memory_info"]):
        if process.info["name"] == "java" and any(str(folder) in word for word in process.info["cmdline"] or []):
            total += process.info["memory_info"].rss
    return total >> 20


def report(what: str, num: int, seconds: float, peak: list[int]) -> None:
    """Say how long it took and how much memory both sides held at most."""
    rate = f"{num / seconds:,.0f} edges/s, reference operation {reference():.3f} s"
    print(
        f"{what}: {num} edges in {seconds:.0f} s ({rate}); peak client {peak_mb()} MB, server {peak[0]} MB", flush=True
    )


if __name__ == "__main__":
    main()
