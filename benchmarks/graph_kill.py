"""The server is killed with signal 9 during a load, 20 times at random moments of it, and the load run again.

    python -m benchmarks.graph_kill [--times 20] [--num-edges 20000] [--seed 0] [--servers embedded 5.26.30]

On the embedded server every second load goes through the bulk door, the others are everyday writes. After restart and
re-run the graph must equal that of an undisturbed load in count and checksum of all nodes and edges, each time; after
a killed bulk load the old graph must be whole (here: empty) before it.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from neo4j import GraphDatabase

from benchmarks._killing import Kill, Open, kill_in_a_load, load_everyday, load_in_bulk, load_undisturbed
from benchmarks._synthetic import make_edges, make_nodes
from kg.model import Edge, Node
from kg.neo4j_server import VERSIONS, Neo4jServer, is_installed
from kg.store import GraphStore, open_graph

NEO4J = Path(__file__).parents[1] / ".neo4j"


def main() -> int:
    """Kill and compare; returns 1 when a graph was not made good."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--num-edges", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--servers", nargs="*", default=["embedded", "5.26.30"])
    arguments = parser.parse_args()
    num_nodes = arguments.num_edges // 10
    nodes = list(make_nodes(num_nodes))
    edges = list({e.edge_key: e for e in make_edges(num_nodes, arguments.num_edges)}.values())
    random.Random(arguments.seed).shuffle(edges)
    print(f"{len(nodes)} nodes, {len(edges)} edges, seed {arguments.seed}")
    lost = 0
    for server in arguments.servers:
        if server == "embedded" or is_installed(VERSIONS[server], NEO4J):
            lost += kill_often(server, arguments.times, arguments.seed, nodes, edges)
        else:
            print(f"Neo4j {server} is not installed here; `make neo4j` brings it.")
    print(f"{lost} graphs were not made good")
    return int(lost > 0)


def kill_often(server: str, num_times: int, seed: int, nodes: Sequence[Node], edges: Sequence[Edge]) -> int:
    """Kill at moments drawn evenly from an undisturbed load's time; returns how many graphs were not made good."""
    loads = (load_everyday, load_in_bulk) if server == "embedded" else (load_everyday,)
    rng, lost = random.Random(seed), 0
    calm = []
    for load in loads:
        with tempfile.TemporaryDirectory() as name:
            calm.append(load_undisturbed(opener(server, Path(name) / "graph"), load, nodes, edges))
    for number in range(num_times):
        load, (expected, seconds) = loads[number % len(loads)], calm[number % len(loads)]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "graph"
            kill = kill_in_a_load(opener(server, folder), folder, load, nodes, edges, rng.random() * seconds)
        is_bulk = load is load_in_bulk
        good = kill.healed == expected == calm[0][0] and not (is_bulk and kill.was_interrupted and kill.left.num_nodes)
        lost += not good
        show(f"{server} {number + 1:2}, {'bulk' if is_bulk else 'everyday'}", kill, seconds, good)
    return lost


def show(what: str, kill: Kill, seconds: float, good: bool) -> None:
    """Say when the server was killed and what became of the graph."""
    moment = "in the middle" if kill.was_interrupted else "when all was written"
    print(
        f"{what}: killed after {kill.delay_s:.2f} of {seconds:.2f} s ({moment}); left {kill.left.num_nodes} nodes and "
        f"{kill.left.num_edges} edges, then {kill.healed.num_edges} edges, {'equal' if good else 'NOT EQUAL'}",
        flush=True,
    )


def opener(server: str, folder: Path) -> Open:
    """What opens the graph of `folder` on the embedded server or a Neo4j, starting it."""
    if server == "embedded":
        return lambda: open_graph(f"embedded:{folder}")
    return lambda: open_neo4j(server, folder)


@contextmanager
def open_neo4j(number: str, folder: Path) -> Iterator[GraphStore]:
    """Start a Neo4j whose home is `folder` and open it; that it has gone is believed after three seconds."""
    with Neo4jServer(VERSIONS[number], NEO4J / number / "lib", folder) as neo4j:
        login = (neo4j.user, neo4j.password)
        with GraphDatabase.driver(neo4j.uri, auth=login, max_transaction_retry_time=3.0) as driver:
            yield GraphStore(driver, "neo4j", neo4j.uri, None)


if __name__ == "__main__":
    sys.exit(main())
