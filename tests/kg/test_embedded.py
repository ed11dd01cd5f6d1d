"""The embedded server's life: started once, shared, stopped by its last user, gone with a killed owner."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from kg.embedded import EmbeddedServer, is_running, stop_server
from kg.errors import GraphUnavailableError, ResourceError
from kg.store import open_graph
from tests.kg.graphs import drug

ROOT = Path(__file__).parents[2]


def wait_until_stopped(folder: Path) -> None:
    deadline = time.monotonic() + 30
    while is_running(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_running(folder)


def servers_of(folder: Path) -> list[psutil.Process]:
    processes = psutil.process_iter(["cmdline"])
    return [p for p in processes if any(str(folder) in word for word in p.info["cmdline"] or [])]


def test_two_users_share_one_server_and_the_last_one_stops_it(tmp_path: Path) -> None:
    first = EmbeddedServer.open(tmp_path / "g")
    second = EmbeddedServer.open(tmp_path / "g")
    assert first.address == second.address
    second.close()
    assert is_running(tmp_path / "g")
    first.close()
    assert not is_running(tmp_path / "g")


def test_the_password_and_the_folder_are_the_owners_alone(tmp_path: Path) -> None:
    EmbeddedServer.open(tmp_path / "g").close()
    assert (tmp_path / "g").stat().st_mode & 0o777 == 0o700
    for secret in ("password", "arguments"):
        assert (tmp_path / "g" / secret).stat().st_mode & 0o777 == 0o600


def test_the_server_listens_on_loopback_only(tmp_path: Path) -> None:
    server = EmbeddedServer.open(tmp_path / "g")
    try:
        listening = [
            connection
            for process in servers_of(tmp_path / "g")
            for connection in process.net_connections(kind="tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert {c.laddr.port for c in listening} == {server.address.bolt_port, server.address.http_port}
        assert {c.laddr.ip.removeprefix("::ffff:") for c in listening} == {"127.0.0.1"}
    finally:
        server.close()


def test_a_kept_server_stays_until_it_is_told_to_stop(tmp_path: Path) -> None:
    folder = tmp_path / "g"
    EmbeddedServer.open(folder, keep=True).close()
    assert is_running(folder)
    assert stop_server(folder)
    assert not is_running(folder)
    assert not stop_server(folder)


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        with open_graph(f"embedded:{tmp_path / 'g'}") as store:
            store.create_constraints()
            store.write_nodes([drug("X:1")])
            assert [node.curie for node in store.read_nodes()] == ["X:1"]


def test_a_killed_owner_leaves_no_server_and_no_lock(tmp_path: Path) -> None:
    folder = tmp_path / "g"
    open_and_wait = f"""
import time
from kg.store import open_graph
open_graph("embedded:{folder}")
print("up", flush=True)
time.sleep(60)
"""
    owner = subprocess.Popen([sys.executable, "-c", open_and_wait], stdout=subprocess.PIPE, cwd=ROOT)
    with owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"up\n"
        owner.send_signal(signal.SIGKILL)
    wait_until_stopped(folder)
    assert servers_of(folder) == []
    EmbeddedServer.open(folder).close()


def test_a_killed_server_is_named_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "g"
    with open_graph(f"embedded:{folder}") as store:
        store.create_constraints()
        store.write_nodes([drug("X:1")])
        (java,) = [p for p in servers_of(folder) if p.name() == "java"]
        java.kill()
        wait_until_stopped(folder)
        with pytest.raises(GraphUnavailableError, match="cannot be reached"):
            store.check_reachable()
    with open_graph(f"embedded:{folder}") as store:
        assert [node.curie for node in store.read_nodes()] == ["X:1"]


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "g").write_text("not a folder")
    with pytest.raises(ResourceError, match="embedded:PATH"):
        EmbeddedServer.open(tmp_path / "g")


def test_a_server_that_cannot_start_says_where_its_log_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.embedded._wheel_folder", lambda: tmp_path / "nothing")
    with pytest.raises(GraphUnavailableError, match=r"server\.log"):
        EmbeddedServer.open(tmp_path / "g")
