"""The server is killed with signal 9 in the middle of a load, 20 times at random moments, and the load run again.

    python -m benchmarks.graph_kill [--times 20] [--num-edges 20000] [--seed 0] [--servers embedded 5.26.30]

Every second load goes through the embedded server's bulk door, the others through everyday writes. After restart and
re-run the graph must equal that of an undisturbed load in count and checksum of all nodes and edges, each time; after
a killed bulk load the old graph must be whole (here: empty) before it.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks._killing import Kill, Open, kill_in_a_load, load_everyday, load_in_bulk, read_content
from benchmarks._synthetic import make_edges, make_nodes
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
        if server != "embedded" and not is_installed(VERSIONS[server], NEO4J):
            print(f"Neo4j {server} is not installed here; `make neo4j` brings it.")
            continue
        rng, expected = random.Random(arguments.seed), None
        for number in range(-1, arguments.times):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name) / "graph"
                open_store = opener(server, folder)
                load = load_in_bulk if number % 2 else load_everyday
                if expected is None:
                    with open_store() as store:
                        load(store, nodes, iter(edges))
                        expected = read_content(store)
                    continue
                kill = kill_in_a_load(open_store, folder, load, nodes, edges, rng)
                is_bulk = load is load_in_bulk and server == "embedded"
                good = kill.healed == expected and not (is_bulk and kill.was_interrupted and kill.left.num_nodes)
                lost += not good
                show(f"{server} {number + 1:2}, {'bulk' if is_bulk else 'everyday'}", kill, good)
    print(f"{lost} graphs were not made good")
    return int(lost > 0)


def show(what: str, kill: Kill, good: bool) -> None:
    """Say when the server was killed and what became of the graph."""
    moment = "in the middle" if kill.was_interrupted else "when all was written"
    print(
        f"{what}: killed after {kill.after_edges} edges + {kill.delay_s:.2f} s ({moment}); left {kill.left.num_edges}, "
        f"then {kill.healed.num_edges} edges, {'equal' if good else 'NOT EQUAL'}",
        flush=True,
    )


def opener(server: str, folder: Path) -> Open:
    """What opens the graph of `folder` on the embedded server or a Neo4j, starting it."""
    if server == "embedded":
        return lambda: open_graph(f"embedded:{folder}")
    return lambda: open_neo4j(server, folder)


@contextmanager
def open_neo4j(number: str, folder: Path) -> Iterator[GraphStore]:
    """Start a Neo4j whose home is `folder` and open it."""
    with Neo4jServer(VERSIONS[number], NEO4J / number / "lib", folder) as neo4j, open_graph(neo4j.selector) as store:
        yield store


if __name__ == "__main__":
    sys.exit(main())
