"""Downloading a source's files: resumable, checked, with the licence said beforehand.

A checksum that is pinned in the source must match. Where none is pinned, the first download's is recorded beside the
file and later downloads are held against it.
"""

from __future__ import annotations

import errno
import json
import shutil
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import httpx
import platformdirs

from kg.download import Part, download
from kg.errors import FormatError, InputError, ResourceError
from kg.fingerprint import sha256
from kg.progress import Progress, ignore_progress
from kg.sources import RemoteFile, SourceInfo, open_source

_CHUNK: Final = 1 << 18
_RECORDS: Final = "checksums.json"
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """One file at hand; `check` is `pinned`, `recorded` (first download) or `as recorded`; `fetched`: in this run."""

    path: Path
    sha256: str
    check: str
    fetched: bool


def default_folder(name: str) -> Path:
    """Return the folder in the user's data directory where the files of a source are kept."""
    return Path(platformdirs.user_data_dir("theragraph")) / "sources" / name


def fetch_source(
    name: str,
    folder: Path | None = None,
    *,
    progress: Progress = ignore_progress,
    announce: Callable[[SourceInfo], None] | None = None,
    client: httpx.Client | None = None,
) -> tuple[FetchedFile, ...]:
    """Download every file of a source that is not there yet.

    `announce` is called with the source's licence and origin before the first byte. Raises InputError for a source
    without files to download, an address that does not answer or a file of another content than pinned, FormatError
    for an archive without its file or damaged records, ResourceError when the disk is full or may not be written.
    """
    info = open_source(name).info
    if not info.files:
        raise InputError(f"{info.title} cannot be downloaded by a program; get it at {info.url} and use --from PATH.")
    if announce is not None:
        announce(info)
    target = folder or default_folder(name)
    with client or httpx.Client(follow_redirects=True, timeout=_TIMEOUT_S) as http:
        return tuple(_fetch_file(http, remote, target, progress) for remote in info.files)


def _fetch_file(http: httpx.Client, remote: RemoteFile, folder: Path, progress: Progress) -> FetchedFile:
    path = folder / remote.name
    fetched = not path.exists()
    try:
        records = _read_records(folder)
        if fetched:
            folder.mkdir(parents=True, exist_ok=True)
            download(http, remote.url, _to_part(path), remote.name, progress)
        checked = _check(remote, path, fetched, records)
        if remote.member and not (folder / remote.member).exists():
            _unpack(path, remote.member)
        return checked
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else str(error.strerror or error)
        raise ResourceError(f'"{path}" cannot be written: {reason}; free space or choose another folder.') from error


def _unpack(archive: Path, name: str) -> None:
    """Write the archive's member of that file name beside it, whole or not at all."""
    part = archive.with_name(f"{name}.part")
    try:
        with tarfile.open(archive, "r|*") as members:
            found = next((m for m in members if m.isfile() and PurePosixPath(m.name).name == name), None)
            inside = members.extractfile(found) if found else None
            if inside is None:
                raise FormatError(archive, f"holds no file {name}", "fetch it again, or unpack it by hand")
            with part.open("wb") as handle:
                shutil.copyfileobj(inside, handle, _CHUNK)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise FormatError(archive, f"is no whole archive ({error})", "delete it and fetch it again") from error
    part.replace(archive.with_name(name))


def _to_part(path: Path) -> Part:
    return Part(path.with_name(f"{path.name}.part"))


def _check(remote: RemoteFile, path: Path, fetched: bool, records: dict[str, str]) -> FetchedFile:
    """Hold a complete file against its pinned or recorded checksum, and give it its name."""
    part = _to_part(path)
    candidate = part.path if fetched else path
    found = sha256(candidate)
    expected = remote.sha256 or records.get(path.name, "")
    if expected and found != expected:
        candidate.unlink()
        part.drop()
        raise InputError(f"{remote.url} has the SHA-256 {found}, expected {expected}; it was deleted, fetch it again.")
    if fetched:
        part.keep(path)
    if remote.sha256:
        return FetchedFile(path, found, "pinned", fetched)
    if expected:
        return FetchedFile(path, found, "as recorded", fetched)
    _keep_record(path.parent, records | {path.name: found})
    return FetchedFile(path, found, "recorded", fetched)


def _read_records(folder: Path) -> dict[str, str]:
    path = folder / _RECORDS
    try:
        records = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise _not_records(path) from error
    if not isinstance(records, dict) or not all(isinstance(value, str) for value in records.values()):
        raise _not_records(path)
    return records


def _not_records(path: Path) -> FormatError:
    return FormatError(path, "is no JSON object of checksums by file", "delete it; the checksums are then taken anew")


def _keep_record(folder: Path, records: dict[str, str]) -> None:
    """Write the records whole or not at all."""
    part = folder / f"{_RECORDS}.part"
    part.write_text(json.dumps(records, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(folder / _RECORDS)
