"""Encryption of single fields at rest: AES-256-GCM, each value bound to the place it stands in.

Keys are lines `ID BASE64`, the newest first; a value names the key it was made with, so older ones stay readable until
they are rotated away. They come from a file, an environment variable or the system's keyring.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kg.errors import InputError, ResourceError
from recommender.owner_file import replace_for_owner

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12  # NIST SP 800-38D, 8.2.2: random nonces of 96 bits, far below 2^32 values a key
_KEYRING_USER: Final = "field-keys"
_FORM: Final = "file:PATH, env:NAME or keyring:NAME"

Key = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class FieldCipher:
    """Encrypts with the first key and decrypts with any."""

    keys: tuple[Key, ...]

    def encrypt(self, value: bytes, place: str) -> str:
        """Return `KEY_ID.BASE64`; `place` (file and field) must be the same when it is read."""
        key_id, key = self.keys[0]
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + AESGCM(key).encrypt(nonce, value, place.encode())
        return f"{key_id}.{base64.b64encode(sealed).decode()}"

    def decrypt(self, text: str, place: str) -> bytes:
        """Return the value; ResourceError when its key is not here, or it was changed or moved to another place."""
        key_id, _, sealed = text.partition(".")
        key = dict(self.keys).get(key_id)
        if key is None:
            raise ResourceError(f'The key "{key_id[:16]}" of {place} is not at hand; give the keys it was stored with.')
        try:
            raw = base64.b64decode(sealed, validate=True)
            return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode())
        except (InvalidTag, binascii.Error, ValueError):
            raise ResourceError(f"{place} was changed or moved; restore it from a backup.") from None

    def is_current(self, text: str) -> bool:
        """Whether a value was made with the first key."""
        return text.partition(".")[0] == self.keys[0][0]


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where keys are kept: `file:PATH`, `env:NAME` or `keyring:NAME`."""

    kind: str
    name: str

    @classmethod
    def parse(cls, text: str) -> KeySource:
        """InputError for anything but the three forms."""
        kind, _, name = text.partition(":")
        if kind not in _READERS or not name:
            raise InputError(f'"{text}" names no place for keys; write {_FORM}.')
        return cls(kind, name)

    def open(self) -> FieldCipher:
        """Read the keys; a file or keyring without any gets a first one. Errors of `kg.errors`."""
        keys = self._read()
        if not keys and self.kind == "env":
            raise InputError(f"The variable {self.name} is empty; set it to a line of `theragraph keys new`.")
        if not keys:
            keys = (new_key(),)
            self.keep(keys)
        return FieldCipher(keys)

    def keep(self, keys: tuple[Key, ...]) -> None:
        """Write the keys back; a variable cannot be written, its owner changes it."""
        if self.kind != "env":
            _WRITERS[self.kind](self.name, "\n".join(to_line(key) for key in keys))

    def _read(self) -> tuple[Key, ...]:
        lines = _READERS[self.kind](self.name).replace(",", "\n").splitlines()
        return tuple(_to_key(line, self) for line in lines if line.strip())


def new_key() -> Key:
    """A random key with a random name."""
    return secrets.token_hex(4), secrets.token_bytes(KEY_BYTES)


def to_line(key: Key) -> str:
    """The key as one line of a key file."""
    return f"{key[0]} {base64.b64encode(key[1]).decode()}"


def _to_key(line: str, source: KeySource) -> Key:
    key_id, _, text = line.strip().partition(" ")
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES or not key_id.isalnum():
        raise InputError(
            f"{source.kind}:{source.name} holds a line that is no key; make one with `theragraph keys new`."
        )
    return key_id, key


def _read_file(name: str) -> str:
    path = Path(name)
    if not path.exists():
        return ""
    if path.stat().st_mode & 0o077:
        raise ResourceError(f"Others may read the keys in {path}; run chmod 600 {path}.")
    return path.read_text(encoding="ascii", errors="replace")


def _write_file(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_for_owner(path, text + "\n")


def _read_env(name: str) -> str:
    return os.environ.get(name, "")


def _read_keyring(name: str) -> str:
    keyring, errors = _import_keyring()
    try:
        return keyring.get_password(name, _KEYRING_USER) or ""
    except errors as error:
        raise ResourceError(f"The system's keyring does not answer ({error}); use file:PATH or env:NAME.") from error


def _write_keyring(name: str, text: str) -> None:
    keyring, errors = _import_keyring()
    try:
        keyring.set_password(name, _KEYRING_USER, text)
    except errors as error:
        raise ResourceError(f"The system's keyring keeps nothing ({error}); use file:PATH or env:NAME.") from error


_READERS: Final[dict[str, Callable[[str], str]]] = {"file": _read_file, "env": _read_env, "keyring": _read_keyring}
_WRITERS: Final[dict[str, Callable[[str, str], None]]] = {"file": _write_file, "keyring": _write_keyring}


def _import_keyring() -> tuple[Any, type[Exception]]:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise ResourceError('The library keyring is not installed; run pip install "theragraph[privacy]".') from None
    return keyring, KeyringError
