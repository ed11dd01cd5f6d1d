"""A graph that goes away fails at once and is tried again, by one thread and not too often."""

from __future__ import annotations

import pytest

from kg.errors import GraphUnavailableError
from recommender.service.live_graph import RETRY_EVERY_S, LiveGraph
from tests.recommender.service.service_world import MemoryStore


def test_a_lost_store_is_opened_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, store, opened = [100.0], MemoryStore(), []
    monkeypatch.setattr("recommender.service.live_graph.time.monotonic", lambda: clock[0])

    def open_store() -> MemoryStore:
        opened.append(clock[0])
        return store.open()

    graph = LiveGraph(open_store)
    assert graph.cypher("RETURN 1", limit=1) == [{"n": 1}]
    store.is_away = True
    with pytest.raises(GraphUnavailableError):
        graph.cypher("RETURN 1")
    store.is_away = False
    with pytest.raises(GraphUnavailableError):
        graph.cypher("RETURN 1")
    assert opened == [100.0]
    clock[0] += RETRY_EVERY_S
    assert graph.cypher("RETURN 1", limit=1) == [{"n": 1}]
    assert opened == [100.0, 100.0 + RETRY_EVERY_S]


def test_the_server_is_asked_at_most_once_a_second_whether_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked, store = [100.0], [], MemoryStore()
    monkeypatch.setattr("recommender.service.live_graph.time.monotonic", lambda: clock[0])
    monkeypatch.setattr(store, "check_reachable", lambda: asked.append(clock[0]))
    graph = LiveGraph(lambda: store)
    for clock[0] in (100.0, 100.5, 100.9, 101.0):
        graph.check_reachable()
    assert asked == [100.0, 101.0]
