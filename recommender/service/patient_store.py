"""Patients that were stored with their consent: one file each, every field about the patient encrypted.

Off unless the service is told to store. In the clear stand only the record's random id, the account that stored it and
two dates. Erasing removes the file and then looks for what may be left.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from kg.errors import FormatError, ResourceError, TheraGraphError
from recommender.owner_file import replace_for_owner
from recommender.service.field_cipher import FieldCipher

FIELDS: Final = ("patient_id", "document", "facts")
MIN_BARE: Final = 8
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """What of a record stands in the clear."""

    record: str
    owner: str
    stored: str
    expires: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing did and how it was made sure of: files searched for the id's bytes, records read, places left."""

    num_erased: int
    num_files_searched: int
    num_records_read: int
    left_in: tuple[str, ...]


def _now() -> datetime:
    return datetime.now(UTC)


class PatientStore:
    """The records of one folder; one service or command at a time writes them."""

    def __init__(
        self, folder: Path, cipher: FieldCipher, retention_days: int, now: Callable[[], datetime] = _now
    ) -> None:
        self.folder, self.cipher, self._now = folder, cipher, now
        self._retention = timedelta(days=retention_days)
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._only = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        self._be_only_user()
        try:
            stored = [_to_stored(path) for path in sorted(folder.glob("*.json"))]
            self._known = {s.record: (s, self._id_of(s.record)) for s in stored}
        except TheraGraphError:
            self.close()
            raise

    def keep(self, owner: str, patient_id: str, document: Document, facts: Document) -> Stored:
        """Store a patient, or replace the owner's record of that patient; the file is on the disk afterwards."""
        with self._lock:
            known = (s.record for s, i in self._known.values() if s.owner == owner and i == patient_id)
            record, now = next(known, secrets.token_hex(16)), self._now()
            stored = Stored(record, owner, now.isoformat(), (now + self._retention).isoformat())
            values = {"patient_id": patient_id, "document": document, "facts": facts}
            sealed = {name: self._seal(record, name, value) for name, value in values.items()}
            self._write(record, {**asdict(stored), "fields": sealed})
            self._known[record] = (stored, patient_id)
        return stored

    def of_owner(self, owner: str) -> tuple[Stored, ...]:
        """The live records of one account, the oldest first."""
        with self._lock:
            return tuple(sorted((s for s in self._live() if s.owner == owner), key=lambda s: (s.stored, s.record)))

    def find(self, record: str, owner: str) -> Stored | None:
        """The live record of that id if it is the account's own; another's looks as if it did not exist."""
        return next((s for s in self.of_owner(owner) if secrets.compare_digest(s.record, record)), None)

    def read(self, stored: Stored, name: str) -> Any:
        """Return a decrypted field; ResourceError when it was changed, or its key is not here."""
        return self._open(stored.record, name)

    def all_facts(self) -> list[tuple[str, Document]]:
        """Return (patient_id, facts) of every live record; one patient may come twice, stored by two accounts."""
        with self._lock:
            live = [(self._known[s.record][1], s.record) for s in self._live()]
            return [(patient_id, self._open(record, "facts")) for patient_id, record in live]

    def remove(self, stored: Stored) -> None:
        """Remove one record."""
        with self._lock:
            self._remove(stored.record)

    def remove_expired(self) -> int:
        """Remove every record whose time is over; returns how many."""
        with self._lock:
            old = [s.record for s, _ in self._known.values() if s.expires <= self._now().isoformat()]
            for record in old:
                self._remove(record)
            return len(old)

    def erase(self, patient_id: str, searched: Path) -> Erasure:
        """Remove every record of a patient, then search a folder's files for the id and read every other record.

        An id of fewer than eight characters is looked for in quotation marks: bare, it would be found by chance.
        """
        with self._lock:
            found = [record for record, (_, known) in self._known.items() if known == patient_id]
            for record in found:
                self._remove(record)
            rest = [path.stem for path in sorted(self.folder.glob("*.json"))]
            left = [f"record {record}" for record in rest if self._id_of(record) == patient_id]
        files = [path for path in sorted(searched.rglob("*")) if path.is_file()]
        quoted = json.dumps(patient_id) if len(patient_id) < MIN_BARE else patient_id
        marks = [quoted.encode(), *(record.encode() for record in found)]
        left += [str(path) for path in files if _holds(path, marks)]
        return Erasure(len(found), len(files), len(rest), tuple(left))

    def rotate(self, cipher: FieldCipher) -> int:
        """Encrypt every record with the new cipher's first key; returns how many were changed."""
        with self._lock:
            for stored, _ in self._known.values():
                values = {name: self._open(stored.record, name) for name in FIELDS}
                sealed = {name: _seal(cipher, stored.record, name, value) for name, value in values.items()}
                self._write(stored.record, {**asdict(stored), "fields": sealed})
            self.cipher = cipher
            return len(self._known)

    def close(self) -> None:
        """Let another service or command use the records."""
        os.close(self._only)

    def _be_only_user(self) -> None:
        try:
            fcntl.flock(self._only, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._only)
            raise ResourceError(f"A service is using the records in {self.folder}; stop it and try again.") from None

    def _live(self) -> list[Stored]:
        now = self._now().isoformat()
        return [s for s, _ in self._known.values() if s.expires > now]

    def _id_of(self, record: str) -> str:
        return str(self._open(record, "patient_id"))

    def _seal(self, record: str, name: str, value: Any) -> str:
        return _seal(self.cipher, record, name, value)

    def _open(self, record: str, name: str) -> Any:
        text = _read(self._path(record))["fields"][name]
        return json.loads(self.cipher.decrypt(text, _place(record, name)))

    def _path(self, record: str) -> Path:
        return self.folder / f"{record}.json"

    def _write(self, record: str, content: Document) -> None:
        replace_for_owner(self._path(record), json.dumps(content))
        self._sync_folder()

    def _remove(self, record: str) -> None:
        self._path(record).unlink(missing_ok=True)
        self._known.pop(record, None)
        self._sync_folder()

    def _sync_folder(self) -> None:
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _seal(cipher: FieldCipher, record: str, name: str, value: Any) -> str:
    return cipher.encrypt(json.dumps(value, ensure_ascii=False).encode(), _place(record, name))


def _place(record: str, name: str) -> str:
    return f"patients/{record}/{name}"


def _read(path: Path) -> Document:
    try:
        content: Document = json.loads(path.read_text(encoding="ascii"))
        return {**content, "fields": {name: str(content["fields"][name]) for name in FIELDS}}
    except OSError as error:
        raise ResourceError(f"The record {path} cannot be read ({error.strerror}); try again.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(path, "is no stored record", "restore it from a backup or remove it") from error


def _to_stored(path: Path) -> Stored:
    content = _read(path)
    return Stored(path.stem, str(content["owner"]), str(content["stored"]), str(content["expires"]))


def _holds(path: Path, marks: list[bytes]) -> bool:
    data = path.read_bytes()
    return any(mark and mark in data for mark in marks)
