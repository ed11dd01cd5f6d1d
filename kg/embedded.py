"""The embedded graph server: ArcadeDB from its wheel, as a process of its own, on loopback, one per folder.

`EmbeddedServer.open(folder)` joins the server that already serves the folder or starts one. Whoever starts it owns
it: it stops when its owner and every other user have gone. `keep=True` (the verb `up`) starts one that stays until
`stop_server` is called.

Durability: `txWalFlush=1` writes the log at each commit, which survives a killed process; a power cut may lose the
last commits (ENGINES: flush 2 costs two milliseconds a small transaction and would cover that, too).
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

from kg.errors import GraphLockedError, GraphUnavailableError, ResourceError
from kg.supervised import did_not_start, free_ports, port_open, start_supervisor, write_command

USER = "root"
_START_SECONDS = 120.0
_COMMAND_TIMEOUT_MS = 120_000
_LOCK_HELD = 17
_LEAST_FREE_BYTES = 4 << 20
_LEFT_RUNNING: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True)
class EmbeddedAddress:
    """Where a running embedded server listens; ports are on 127.0.0.1."""

    bolt_port: int
    http_port: int
    password: str
    database: str


class EmbeddedServer:
    """A user's hold on the server of one folder; close it when done."""

    def __init__(self, folder: Path, clients: int, owner: subprocess.Popen[bytes] | None) -> None:
        self.folder = folder
        self.address = read_address(folder)
        self._clients = clients
        self._owner = owner

    @classmethod
    def open(cls, folder: Path, *, keep: bool = False) -> EmbeddedServer:
        """Join or start the server of `folder`.

        Raises ResourceError when the folder cannot be written and GraphUnavailableError when the server does not
        come up within two minutes.
        """
        _prepare(folder)
        clients = _join(folder)
        owner = None
        try:
            with file_lock(folder / "starting"):
                owner = None if is_running(folder) else _start(folder, keep=keep)
                _wait_until_ready(folder, owner)
            if keep and owner is not None:
                _LEFT_RUNNING.append(owner)
            return cls(folder, clients, None if keep else owner)
        except BaseException:
            os.close(clients)
            if owner is not None and owner.stdin is not None:
                owner.stdin.close()
                owner.wait(_START_SECONDS)
            raise

    def close(self) -> None:
        """Let go of the server; when this is its owner and nobody else uses it, wait until it has stopped."""
        os.close(self._clients)
        if self._owner is not None and self._owner.stdin is not None:
            self._owner.stdin.close()
            _wait_until_stopped(self.folder, self._owner)

    def is_disk_full(self) -> bool:
        """Whether so little space is left that a transaction's pages do not fit."""
        return shutil.disk_usage(self.folder).free < _LEAST_FREE_BYTES

    @property
    def write_lock(self) -> Path:
        """The file whose exclusive lock makes its holder the only writer."""
        return self.folder / "writer"


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold `path` exclusively among processes; waits for its present holder."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_running(folder: Path) -> bool:
    """Whether a server holds the folder's lock."""
    path = folder / "lock"
    if not path.exists():
        return False
    with path.open("rb+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def read_address(folder: Path) -> EmbeddedAddress:
    """Return where the folder's server listens; GraphUnavailableError when it does not say."""
    try:
        where = json.loads((folder / "server.json").read_text(encoding="utf-8"))
        password = (folder / "password").read_text(encoding="utf-8").strip()
        return EmbeddedAddress(where["bolt_port"], where["http_port"], password, read_database(folder))
    except (OSError, ValueError, KeyError) as error:
        raise GraphUnavailableError(f"The graph server of {folder} left no address: {error}; run it again.") from error


def read_database(folder: Path) -> str:
    """Return the name of the folder's current database."""
    path = folder / "database"
    return path.read_text(encoding="utf-8").strip() if path.exists() else "theragraph"


def keep_database(folder: Path, name: str) -> None:
    """Make `name` the folder's current database, in one step."""
    draft = folder / "database.new"
    draft.write_text(name, encoding="utf-8")
    draft.replace(folder / "database")


def stop_server(folder: Path) -> bool:
    """Stop the folder's server, whoever started it; returns whether one was running."""
    if not is_running(folder):
        return False
    process = psutil.Process(json.loads((folder / "server.json").read_text(encoding="utf-8"))["supervisor_pid"])
    process.send_signal(signal.SIGTERM)
    process.wait(_START_SECONDS)
    return True


def _prepare(folder: Path) -> None:
    try:
        for name in ("config", "databases", "log"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        _write_password(folder / "password")
    except OSError as error:
        raise ResourceError(
            f"The graph's folder {folder} cannot be written ({error.strerror}); "
            "choose another with --graph embedded:PATH."
        ) from error


def _write_password(path: Path) -> None:
    if path.exists() and path.stat().st_size:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(24))


def _join(folder: Path) -> int:
    """Share-lock the clients file; waits while a server of this folder is just being stopped."""
    clients = os.open(folder / "clients", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            fcntl.flock(clients, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return clients
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(clients)
                raise GraphLockedError(
                    f"The graph in {folder} is being stopped by another process and does not finish; try again later."
                ) from None
            time.sleep(0.1)


def _start(folder: Path, *, keep: bool) -> subprocess.Popen[bytes]:
    bolt_port, http_port = free_ports(2)
    _write_command(folder, bolt_port, http_port)
    owner = start_supervisor(folder, keep=keep)
    where = {"bolt_port": bolt_port, "http_port": http_port, "supervisor_pid": owner.pid}
    draft = folder / "server.json.new"
    draft.write_text(json.dumps(where), encoding="utf-8")
    draft.replace(folder / "server.json")
    return owner


def _write_command(folder: Path, bolt_port: int, http_port: int) -> None:
    """Write the server's command line, a word a line; secrets go through an argument file only the owner can read."""
    wheel = _wheel_folder()
    settings = {
        "server.rootPath": folder,
        "server.databaseDirectory": folder / "databases",
        "server.rootPassword": (folder / "password").read_text(encoding="utf-8").strip(),
        "server.httpIncomingHost": "127.0.0.1",
        "server.httpIncomingPort": http_port,
        "server.httpBodyContentMaxSize": -1,
        "bolt.host": "127.0.0.1",
        "bolt.port": bolt_port,
        "server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        "server.mode": "development",
        "server.defaultDatabases": f"{read_database(folder)}[{USER}]",
        "command.timeout": _COMMAND_TIMEOUT_MS,
        "txWalFlush": 1,
        "opencypher.loadCsv.allowFileUrls": "false",
    }
    heap_mb = min(4096, max(1024, psutil.virtual_memory().total // 2**20 // 6))
    lines = [f"-Xmx{heap_mb}m", "-Djava.awt.headless=true", "--add-modules=jdk.incubator.vector"]
    lines += [f'"-Darcadedb.{name}={value}"' for name, value in settings.items()]
    descriptor = os.open(folder / "arguments", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
    words = [f"{wheel}/jre/bin/java", f"@{folder}/arguments", "-cp", f"{wheel}/jars/*"]
    write_command(folder, [*words, "com.arcadedb.server.ArcadeDBServer"])


def _wheel_folder() -> Path:
    spec = find_spec("arcadedb_embedded")
    if spec is None or spec.origin is None:
        raise GraphUnavailableError(
            "The embedded graph server is not installed; run `pip install arcadedb-embedded` or use --graph neo4j://…"
        )
    return Path(spec.origin).parent


def _wait_until_ready(folder: Path, owner: subprocess.Popen[bytes] | None) -> None:
    """Wait for both ports; when somebody else started the server at the same moment, wait for theirs."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if _answers(folder):
            return
        if owner is not None and owner.poll() not in (None, _LOCK_HELD):
            raise did_not_start(folder)
        time.sleep(0.05)
    raise did_not_start(folder)


def _wait_until_stopped(folder: Path, owner: subprocess.Popen[bytes]) -> None:
    """Wait for the supervisor's end, unless for a second it leaves the clients file to others: then they use it."""
    grace = time.monotonic() + 1.0
    while owner.poll() is None:
        descriptor = os.open(folder / "clients", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if time.monotonic() > grace:
                _LEFT_RUNNING.append(owner)
                return
        except BlockingIOError:
            grace = time.monotonic() + _START_SECONDS
        finally:
            os.close(descriptor)
        time.sleep(0.05)


def _answers(folder: Path) -> bool:
    try:
        where: dict[str, Any] = json.loads((folder / "server.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return all(port_open(where[name]) for name in ("bolt_port", "http_port"))
