"""Several writers at once lose nothing and duplicate nothing, in threads and in processes."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kg.store import GraphStore, open_graph
from ontologies.biolink import Predicate
from tests.kg.graphs import disease, drug, edge

ROOT = Path(__file__).parents[2]
NUM_EDGES = 300
COUNTS = "MATCH (:Entity)-[r:TREATS]->(:Entity) RETURN count(r) AS edges, count(DISTINCT r.edge_key) AS keys"
WRITER = """
from kg.store import open_graph
from tests.kg.test_concurrency import write_all
with open_graph({selector!r}) as store:
    write_all(store)
"""


def write_all(store: GraphStore) -> None:
    store.write_nodes([drug(f"X:{i}") for i in range(20)] + [disease(f"Y:{i}") for i in range(15)])
    for start in range(0, NUM_EDGES, 50):
        pairs = [(f"X:{i % 20}", f"Y:{i // 20}") for i in range(start, start + 50)]
        store.write_edges(edge(s, Predicate.TREATS, o) for s, o in pairs)


@pytest.mark.parametrize("num_writers", [2, 4])
def test_threads(store: GraphStore, num_writers: int) -> None:
    with ThreadPoolExecutor(num_writers) as pool:
        for done in [pool.submit(write_all, store) for _ in range(num_writers)]:
            done.result()
    assert store.cypher(COUNTS) == [{"edges": NUM_EDGES, "keys": NUM_EDGES}]


@pytest.mark.parametrize("num_writers", [2, 4])
def test_processes(store: GraphStore, graph_selector: str, num_writers: int) -> None:
    command = [sys.executable, "-c", WRITER.format(selector=graph_selector)]
    writers = [subprocess.Popen(command, cwd=ROOT) for _ in range(num_writers)]
    assert [writer.wait(120) for writer in writers] == [0] * num_writers
    with open_graph(graph_selector) as fresh:
        assert fresh.cypher(COUNTS) == [{"edges": NUM_EDGES, "keys": NUM_EDGES}]
