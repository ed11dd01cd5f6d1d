"""What every test may ask for: private data (skips where absent), graph servers, hand-made graphs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
SERVERS = ("embedded", "neo4j-5.26.30", "neo4j-2026.08.1")

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests in one worker, and all tests that need graph servers in one."""
    for item in items:
        needs_server = "graph_selector" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("servers" if needs_server else str(item.path)))


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Return the path of a private data set, or skip where it is not at hand."""

    def find(name: str) -> Path:
        if not (SHARED / name).exists():
            pytest.skip(f"the data set {name} is not at hand")
        return SHARED / name

    return find


@pytest.fixture(scope="session", params=SERVERS)
def graph_selector(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The selector of a running server: the embedded one always, Neo4j where `make neo4j` brought it."""
    if request.param == "embedded":
        yield from _embedded(tmp_path_factory.mktemp("embedded"))
    else:
        yield from _neo4j(request.param.removeprefix("neo4j-"), tmp_path_factory.mktemp("neo4j"))


@pytest.fixture(scope="session")
def embedded_selector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The selector of a running embedded server, for tests that need no second engine."""
    yield from _embedded(tmp_path_factory.mktemp("embedded-only"))


def _embedded(folder: Path) -> Iterator[str]:
    from kg.embedded import EmbeddedServer

    server = EmbeddedServer.open(folder / "graph")
    yield f"embedded:{folder / 'graph'}"
    server.close()


def _neo4j(number: str, home: Path) -> Iterator[str]:
    from kg.errors import ResourceError
    from kg.neo4j_server import Neo4jServer, choose_version, is_installed

    version, root = choose_version(number), ROOT / ".neo4j"
    if not is_installed(version, root):
        pytest.skip(f"Neo4j {number} is not installed here; `make neo4j` brings it")
    try:
        server = Neo4jServer(version, root / number / "lib", home)
    except ResourceError as error:
        pytest.skip(str(error))
    with server:
        yield server.selector
