"""Starting a graph server under `kg.supervisor`, and waiting for it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from kg.errors import GraphUnavailableError


def write_command(folder: Path, words: Sequence[str]) -> None:
    """Keep the server's command line where the supervisor of the folder reads it, a word a line."""
    (folder / "command").write_text("\n".join(words), encoding="utf-8")


def start_supervisor(folder: Path, *, keep: bool) -> subprocess.Popen[bytes]:
    """Start the server of `folder`; without `keep` it stops when the returned process's standard input closes."""
    return subprocess.Popen(
        [sys.executable, "-m", "kg.supervisor", str(folder), *(["--keep"] if keep else [])],
        stdin=subprocess.DEVNULL if keep else subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=Path(__file__).parents[1],
    )


def free_ports(num: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(num)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def port_open(port: int) -> bool:
    """Whether somebody listens on the port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def did_not_start(folder: Path) -> GraphUnavailableError:
    """Return the error that quotes the last complaint of the server's log."""
    log = folder / "server.log"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    last = next((line for line in reversed(lines) if "rror" in line or "xception" in line), "no error in its log")
    return GraphUnavailableError(f"The graph server of {folder} did not start ({last.strip()}); see {log}.")
