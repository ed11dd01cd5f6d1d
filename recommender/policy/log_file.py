"""Logs of one JSON object a line that several processes add to, and that lines can be taken out of again."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from recommender.owner_file import replace_for_owner

Line = dict[str, Any]


@contextmanager
def locked(path: Path) -> Iterator[TextIO]:
    """The log open for reading and adding, ours alone and readable by its owner only; its folder is made.

    What another process replaced while we waited is opened again. OSError when it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "a+", encoding="utf-8")
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists() and os.fstat(file.fileno()).st_ino == path.stat().st_ino:
            break
        file.close()
    with file:
        yield file


def read_lines(path: Path) -> list[Line]:
    """All lines; none where there is no log."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def drop_lines(path: Path, goes: Callable[[Line], bool]) -> int:
    """Take lines out of a log for good, and return how many; a log that does not exist has none."""
    if not path.is_file():
        return 0
    with locked(path):
        return drop_lines_locked(path, goes)


def drop_lines_locked(path: Path, goes: Callable[[Line], bool]) -> int:
    """As `drop_lines`, by who holds the lock already; his open file is the old one afterwards."""
    texts = [text for text in path.read_text(encoding="utf-8").splitlines() if text.strip()]
    kept = [text for text in texts if not goes(json.loads(text))]
    if len(kept) < len(texts):
        replace_for_owner(path, "".join(f"{text}\n" for text in kept))
    return len(texts) - len(kept)
