"""Names for patients that only this service's key can make: what the audit log knows a patient by."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kg.errors import FormatError

KEY_FILE: Final = "pseudonym.key"


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Keyed hashes. Removing the key file cuts every pseudonym in the logs from its patient for good."""

    key: bytes

    @classmethod
    def open(cls, folder: Path) -> Pseudonyms:
        """Read the key of a state folder, or make one that only its owner can read."""
        path = folder / KEY_FILE
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
        key = path.read_bytes()
        if len(key) != 32:
            raise FormatError(path, f"holds {len(key)} bytes, not 32", "restore it, or remove it to begin anew")
        return cls(key)

    def of(self, text: str) -> str:
        """Return the pseudonym of an identifier: 24 hexadecimal digits."""
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:24]
