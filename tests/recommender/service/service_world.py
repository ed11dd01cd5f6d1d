"""A service over the hand-made world: a store that answers from memory and can go away."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from kg import queries
from kg.errors import GraphUnavailableError
from kg.model import Node
from kg.queries import Query
from kg.read_only import check_read_only
from recommender.recommend import Recommender
from recommender.service.accounts import keep_account
from recommender.service.app import create_app
from recommender.service.config import ServiceConfig
from recommender.service.live_graph import LiveGraph
from tests.recommender.worlds import small_rows

PASSWORD = "correct horse battery"
OWN = "http://127.0.0.1:8000"


class MemoryStore:
    """Stands for the graph server."""

    def __init__(self) -> None:
        self.is_away = False
        self.asked: list[str] = []
        self.sources: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = [{"n": 1}, {"n": 2}, {"n": 3}]

    def run(self, query: Query, **parameters: Any) -> list[dict[str, Any]]:
        self.check_reachable()
        self.asked.append(query.name)
        return [{"properties": source} for source in self.sources] if query.name == queries.SOURCES.name else []

    def cypher(
        self, text: str, parameters: dict[str, Any] | None = None, *, limit: int | None = None
    ) -> list[dict[str, Any]]:
        self.check_reachable()
        check_read_only(text)
        self.asked.append(text)
        return self.rows[:limit]

    def read_nodes(self) -> list[Node]:
        return []

    def check_reachable(self) -> None:
        if self.is_away:
            raise GraphUnavailableError("bolt://secret-host:7687 is away")

    def close(self) -> None:
        """Nothing to let go of."""

    def open(self) -> MemoryStore:
        self.check_reachable()
        return self


def make_app(folder: Path, store: MemoryStore | None = None, **settings: Any) -> FastAPI:
    """The application over the small world."""
    graph = LiveGraph((store or MemoryStore()).open)
    config = ServiceConfig(state_dir=folder, **settings)
    return create_app(config, graph, Recommender(graph, small_rows()))


@contextmanager
def open_client(folder: Path, store: MemoryStore | None = None, **settings: Any) -> Iterator[TestClient]:
    """A client of a running service, closed at the end."""
    app = make_app(folder, store, **settings)
    with TestClient(app, base_url=OWN, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def add_accounts(folder: Path, roles: Iterable[str]) -> None:
    """One account a role, named like it."""
    for role in roles:
        keep_account(folder / "accounts.json", role, PASSWORD, [role])


def sign_in(client: TestClient, name: str, password: str = PASSWORD) -> dict[str, str]:
    """The header that a signed-in program sends."""
    answer = client.post("/v1/sessions", json={"name": name, "password": password})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def plain(**more: Any) -> dict[str, Any]:
    """A patient with an infection."""
    return {
        "patient_id": "p1",
        "as_of": "2026-09-14",
        "sex": "male",
        "age_years": 40,
        "conditions": ["infection"],
        "medications": "none",
        "allergies": "none",
        **more,
    }


@contextmanager
def run_server(app: Any) -> Iterator[str]:
    """Serve an ASGI application on a free loopback port; yields its base address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 60
        while not server.started:
            assert thread.is_alive(), "the server ended"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)
