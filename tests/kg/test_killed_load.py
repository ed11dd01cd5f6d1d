"""A server killed with signal 9 in the middle of a load: run again, the graph equals an undisturbed one."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from benchmarks._killing import kill_in_a_load, kill_server, load_everyday, load_in_bulk, read_content
from kg.bulk import bulk_load
from kg.errors import GraphUnavailableError
from kg.store import open_graph
from ontologies.biolink import Predicate
from tests.kg.graphs import disease, drug, edge

NODES = [*(drug(f"X:{i}") for i in range(100)), *(disease(f"Y:{i}") for i in range(60))]
EDGES = [edge(f"X:{i % 100}", Predicate.TREATS, f"Y:{i // 100}") for i in range(6_000)]


@pytest.fixture(scope="module")
def expected(embedded_selector: str):  # type: ignore[no-untyped-def]
    """What an undisturbed load leaves, and the seconds it takes."""
    with open_graph(embedded_selector) as store:
        store.cypher("MATCH (n) DETACH DELETE n", write=True)
        started = time.perf_counter()
        load_everyday(store, NODES, iter(EDGES))
        yield read_content(store), time.perf_counter() - started
        store.cypher("MATCH (n) DETACH DELETE n", write=True)


@pytest.mark.parametrize(
    ("load", "seed"), [(load_everyday, 1), (load_everyday, 2), (load_in_bulk, 3)], ids=["one", "two", "bulk"]
)
def test_what_a_killed_load_left_is_made_good(expected, tmp_path: Path, load, seed: int) -> None:  # type: ignore[no-untyped-def]
    folder, (content, seconds) = tmp_path / "g", expected
    moment = random.Random(seed).random() * seconds
    kill = kill_in_a_load(lambda: open_graph(f"embedded:{folder}"), folder, load, NODES, EDGES, moment)
    assert kill.healed == content
    assert (kill.healed.num_nodes, kill.healed.num_edges) == (160, 6_000)


def test_a_bulk_build_killed_in_the_middle_leaves_the_old_graph_whole(tmp_path: Path) -> None:
    selector = f"embedded:{tmp_path / 'g'}"
    with open_graph(selector) as store:
        load_everyday(store, NODES[:101], iter([edge("X:0", Predicate.TREATS, "Y:0")]))
        old = read_content(store)
        assert store.embedded is not None
        with pytest.raises(GraphUnavailableError), bulk_load(store, store.embedded) as writer:
            writer.create_constraints()
            writer.write_nodes(NODES)
            writer.write_edges(EDGES[:3_000])
            kill_server(tmp_path / "g")
            writer.write_edges(EDGES[3_000:])
    with open_graph(selector) as store:
        assert read_content(store) == old
        load_everyday(store, NODES, iter(EDGES))
        assert read_content(store).num_edges == len(EDGES)
