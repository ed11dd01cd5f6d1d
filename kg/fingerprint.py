"""Content hashes of files and texts, by which a build knows what changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def hash_files(paths: Iterable[Path], salt: str = "") -> str:
    """Return a hash of the names and contents of files."""
    digest = hashlib.sha256(salt.encode())
    for path in paths:
        digest.update(f"\0{path.name}\0{sha256(path)}".encode())
    return digest.hexdigest()


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def hash_text(lines: Iterable[str]) -> str:
    """Return a hash of lines, in their order."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()
