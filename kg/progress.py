"""How long work says how far it is: `progress(label, done, total)`, where a total of None is unknown."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]


def ignore_progress(_label: str, _done: int, _total: int | None) -> None:
    """Do nothing."""
