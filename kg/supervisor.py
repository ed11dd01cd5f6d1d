"""The small process that stands between TheraGraph and the embedded graph server.

It starts the server, waits until its owner goes away (its standard input closes) or until it is told to stop, waits
for other users of the folder to finish, and then stops the server. So a killed owner leaves no server and no lock
behind. Run as `python -m kg.supervisor FOLDER` by `kg.embedded`; it imports nothing heavy.

Files in the folder: `lock` is held by this process and the server, `clients` is share-locked by everyone who uses the
server, `server.json` says where it listens.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.2


def supervise(folder: Path, *, keep: bool) -> int:
    """Run the server of `folder` until its owner is gone; with `keep` until a signal comes. Returns an exit code."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 17
    stopping = _StopFlag()
    server = _start_server(folder, lock)
    try:
        _wait(server, stopping, keep)
        if not stopping.raised and server.poll() is None:
            _wait_for_clients(folder, server, stopping)
    finally:
        _stop_server(server)
        (folder / "server.json").unlink(missing_ok=True)
    return 0


class _StopFlag:
    """Raised by SIGTERM and SIGINT."""

    def __init__(self) -> None:
        self.raised = False
        signal.signal(signal.SIGTERM, self._raise)
        signal.signal(signal.SIGINT, self._raise)

    def _raise(self, _signal: int, _frame: FrameType | None) -> None:
        self.raised = True


def _start_server(folder: Path, lock: int) -> subprocess.Popen[bytes]:
    command = (folder / "command").read_text(encoding="utf-8").splitlines()
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            pass_fds=(lock,),
            preexec_fn=_die_with_parent,
        )


def _die_with_parent() -> None:
    """Ask Linux to end the server when this process is killed; elsewhere the owner's pipe alone does it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait(server: subprocess.Popen[bytes], stopping: _StopFlag, keep: bool) -> None:
    watched = [] if keep else [sys.stdin.fileno()]
    while not stopping.raised and server.poll() is None:
        ready, _, _ = select.select(watched, [], [], _POLL_SECONDS)
        if ready and not os.read(ready[0], 64):
            return


def _wait_for_clients(folder: Path, server: subprocess.Popen[bytes], stopping: _StopFlag) -> None:
    """Hold on until nobody else uses the folder, then keep newcomers out until this process has ended."""
    clients = os.open(folder / "clients", os.O_RDWR | os.O_CREAT, 0o600)
    while not stopping.raised and server.poll() is None:
        try:
            return fcntl.flock(clients, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            select.select([], [], [], _POLL_SECONDS)


def _stop_server(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(supervise(Path(sys.argv[1]), keep="--keep" in sys.argv[2:]))
