"""A file that only its owner may read, replaced whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def replace_for_owner(path: Path, text: str) -> None:
    """Write a file readable by its owner alone; it is on the disk before it takes the old one's place."""
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
