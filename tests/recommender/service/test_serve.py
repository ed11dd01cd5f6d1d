"""Running the service: what is checked before it listens, and what it listens with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from kg.errors import GraphUnavailableError, InputError
from recommender.recommend import Recommender
from recommender.service import serve as serving
from recommender.service.live_graph import LiveGraph
from tests.recommender.service.service_world import MemoryStore
from tests.recommender.worlds import small_rows


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: calls.append(options | {"app": app}))
    monkeypatch.setattr(sys, "setswitchinterval", lambda seconds: None)
    return calls


def open_small(graph: LiveGraph) -> Recommender:
    return Recommender(graph, small_rows())


def test_it_listens_where_it_was_told_and_says_who_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ran: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(serving, "open_graph", lambda selector: MemoryStore())
    said: list[str] = []
    serving.serve("embedded:x", "127.0.0.1", 8123, state_dir=tmp_path, open_recommender=open_small, say=said.append)
    (options,) = ran
    assert (options["host"], options["port"]) == ("127.0.0.1", 8123)
    assert options["timeout_graceful_shutdown"] > 0
    assert options["access_log"] is False
    assert any("no accounts" in text for text in said)
    assert any("http://127.0.0.1:8123/cds-services" in text for text in said)
    options["app"].state.parts.close()


def test_a_wider_address_needs_an_account(tmp_path: Path, ran: list[dict[str, Any]]) -> None:
    with pytest.raises(InputError, match="add an account first"):
        serving.serve("embedded:x", "0.0.0.0", state_dir=tmp_path)
    assert ran == []


def test_a_graph_that_cannot_be_opened_is_said_before_it_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ran: list[dict[str, Any]]
) -> None:
    away = MemoryStore()
    away.is_away = True
    monkeypatch.setattr(serving, "open_graph", lambda selector: away.open())
    with pytest.raises(GraphUnavailableError):
        serving.serve("bolt://nowhere:7687", state_dir=tmp_path)
    assert ran == []


def test_the_address_that_tokens_are_made_out_for() -> None:
    assert serving.Listening("127.0.0.1", 8000).url == "http://127.0.0.1:8000"
    assert serving.Listening("::1", 8000).url == "http://[::1]:8000"
    assert serving.Listening("0.0.0.0", 443, "https://cds.example.org/").url == "https://cds.example.org"
