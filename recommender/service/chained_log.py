"""Append-only logs of JSON Lines; each line carries the hash of the line before it, so that no byte can change unseen.

Beside the log stands `<name>.head` with the number of lines and the last hash: it shows when lines were cut off.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kg.errors import ResourceError

FIRST: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class LogCheck:
    """Whether a log is whole: its lines, and the first line (from 1) that is not as it was written, with the reason."""

    num_lines: int
    broken_line: int | None = None
    reason: str = ""


class ChainedLog:
    """One log file; every line is on the disk before `append` returns. One service writes it at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        self._be_only_writer()
        self._num, self._last = _read_end(path)
        _check_not_cut(path, self._num)
        self._keep_head()

    def append(self, *entries: dict[str, Any]) -> None:
        """Write entries, each with its number, its time and its hash; together they wait for the disk once."""
        with self._lock:
            lines, last, now = [], self._last, datetime.now(UTC).isoformat()
            for number, entry in enumerate(entries, start=self._num + 1):
                lines.append(_to_line(entry | {"seq": number, "time": now}, last))
                last = _hash_of(lines[-1])
            os.write(self._file, "".join(f"{line}\n" for line in lines).encode())
            os.fsync(self._file)
            self._num, self._last = self._num + len(lines), last
            self._keep_head()

    def close(self) -> None:
        """Let another service write."""
        os.close(self._file)

    def _be_only_writer(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise ResourceError(
                f"Another service writes {self.path}; stop it, or give this one another state folder."
            ) from None

    def _keep_head(self) -> None:
        fresh = self.path.with_suffix(".head.new")
        fresh.write_text(json.dumps({"lines": self._num, "hash": self._last}), encoding="ascii")
        fresh.replace(_head_of(self.path))


def verify_log(path: Path) -> LogCheck:
    """Follow the chain from the first line; ResourceError when there is no such log."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
        head = read_head(path)
    except OSError as error:
        raise ResourceError(f"The log {path} cannot be read ({error.strerror}); give the right state folder.") from None
    last = FIRST
    for number, raw in enumerate(lines, start=1):
        reason = _find_fault(raw, number, last)
        if reason:
            return LogCheck(len(lines), number, reason)
        last = _hash_of(raw.decode().rstrip("\n"))
    if head != {"lines": len(lines), "hash": last}:
        return LogCheck(len(lines), len(lines) + 1, f"{_head_of(path).name} knows another end: lines were cut or added")
    return LogCheck(len(lines))


def read_log(path: Path, *, newest: int, before: int | None = None) -> list[dict[str, Any]]:
    """Return the newest entries, newest first; of those whose number is below `before` when that is given."""
    lines = path.read_bytes().splitlines() if path.exists() else []
    end = len(lines) if before is None else min(len(lines), before - 1)
    return [json.loads(line) for line in reversed(lines[max(0, end - newest) : end])]


def _to_line(entry: dict[str, Any], previous: str) -> str:
    body = entry | {"previous": previous}
    digest = hashlib.sha256(_canonical(body).encode()).hexdigest()
    return _canonical(body | {"hash": digest})


def _find_fault(raw: bytes, number: int, previous: str) -> str:
    """Why a line is not as it was written, "" when it is."""
    try:
        text = raw.decode()
        entry = json.loads(text)
    except ValueError:
        return "is not JSON"
    if not isinstance(entry, dict) or not text.endswith("\n"):
        return "is not a whole entry"
    if entry.get("seq") != number or entry.get("previous") != previous:
        return "does not follow the line before it"
    stated = entry.pop("hash", "")
    if hashlib.sha256(_canonical(entry).encode()).hexdigest() != stated:
        return "was changed: its hash is another"
    return "" if _canonical(entry | {"hash": stated}) + "\n" == text else "was rewritten"


def _canonical(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _hash_of(line: str) -> str:
    return str(json.loads(line)["hash"])


def _read_end(path: Path) -> tuple[int, str]:
    lines = path.read_bytes().splitlines()
    try:
        return len(lines), _hash_of(lines[-1].decode()) if lines else FIRST
    except (ValueError, KeyError) as error:
        raise ResourceError(f"The last line of {path} is damaged; keep the file aside and start a new one.") from error


def _check_not_cut(path: Path, num: int) -> None:
    """A log one line ahead of its head was interrupted; one behind it has lost lines, and must not be healed."""
    head = read_head(path) if _head_of(path).exists() else {"lines": 0}
    if not isinstance(head, dict) or num < int(head["lines"]):
        raise ResourceError(
            f"{path} has lost lines, or {_head_of(path).name} was changed; keep both aside and start new ones."
        )


def _head_of(path: Path) -> Path:
    return path.with_suffix(".head")


def read_head(path: Path) -> Any:
    """What a log's head knows: `lines` and the last line's `hash`; None when it is no JSON."""
    try:
        return json.loads(_head_of(path).read_text(encoding="ascii"))
    except ValueError:
        return None
