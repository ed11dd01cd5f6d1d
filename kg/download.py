"""Downloading one address into a part file that a later run goes on with, and never joining two versions of a file.

What the server names its version by is kept beside the part and sent back as `If-Range` (RFC 9110, 13.1.5): where the
file changed meanwhile, the answer is the whole new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from kg.errors import InputError
from kg.progress import Progress

_PARTIAL: Final = 206
_NOT_SATISFIABLE: Final = 416
_WEB_PAGES: Final = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of a download that is not finished; a part whose version is unknown is started anew."""

    path: Path

    @property
    def version(self) -> str:
        """What the server named the version by when these bytes came: an entity tag or a date; "" where unknown."""
        return self._version_path.read_text(encoding="utf-8") if self._version_path.exists() else ""

    @property
    def num_bytes(self) -> int:
        """How many bytes a resumed download may leave out."""
        return self.path.stat().st_size if self.path.exists() and self.version else 0

    def start(self, version: str) -> None:
        """Begin with nothing, from an answer of that version."""
        self.drop()
        if version:
            self._version_path.write_text(version, encoding="utf-8")

    def keep(self, path: Path) -> None:
        """Give the finished file its name."""
        self.path.replace(path)
        self.drop()

    def drop(self) -> None:
        """Remove what there is."""
        self.path.unlink(missing_ok=True)
        self._version_path.unlink(missing_ok=True)

    @property
    def _version_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.version")


def download(http: httpx.Client, url: str, part: Part, label: str, progress: Progress) -> None:
    """Bring `part` to its full length, going on where an earlier try stopped if the file is still the same.

    InputError where the address does not answer, or with something else than the file.
    """
    try:
        if not _try_download(http, url, part, label, progress):
            part.drop()
            _try_download(http, url, part, label, progress)
    except httpx.HTTPError as error:
        raise InputError(f"{url} cannot be read ({error}); try again, it goes on where it stopped.") from error


def _try_download(http: httpx.Client, url: str, part: Part, label: str, progress: Progress) -> bool:
    """Write what the server sends; False where the bytes at hand are not the beginning of what it has now."""
    done = part.num_bytes
    with http.stream("GET", url, headers=_to_headers(part, done)) as response:
        if done and response.status_code == _NOT_SATISFIABLE:
            return _is_complete(response, done)
        _check_response(response, url, label)
        if response.status_code != _PARTIAL:
            done = 0
            part.start(_read_version(response))
        elif not _goes_on(response, part, done):
            return False
        _write(response, part, done, label, progress)
    return True


def _to_headers(part: Part, done: int) -> dict[str, str]:
    """Ask for the bytes as they are stored, and for the rest only of the version at hand."""
    resume = {"Range": f"bytes={done}-", "If-Range": part.version} if done else {}
    return {"Accept-Encoding": "identity", **resume}


def _check_response(response: httpx.Response, url: str, label: str) -> None:
    """InputError for an answer that is an error, a web page in the file's place, or encoded on its way."""
    if response.is_error:
        raise InputError(f"{url} answers {response.status_code}; get the file by hand and use --from PATH.")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in _WEB_PAGES:
        problem = f"{url} answers with a web page ({kind}) and not with {label}, perhaps to ask for a login"
        raise InputError(f"{problem}; get the file by hand and use --from PATH.")
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    # Servers call a file that is stored compressed an encoded one; its bytes are what its name promises.
    if encoding != "identity" and not label.endswith((".gz", ".tgz", ".bz2", ".zip")):
        problem = f"{url} sends {label} encoded ({encoding}) although it was asked not to"
        raise InputError(f"{problem}; get the file by hand and use --from PATH.")


def _read_version(response: httpx.Response) -> str:
    """A strong entity tag, else the date of the last change: a weak tag may name several byte sequences."""
    tag: str = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else str(response.headers.get("Last-Modified", ""))


def _goes_on(response: httpx.Response, part: Part, done: int) -> bool:
    """The answer begins where the part ends, and is not told to be of another version."""
    begins = response.headers.get("Content-Range", "").startswith(f"bytes {done}-")
    return begins and _read_version(response) in ("", part.version)


def _is_complete(response: httpx.Response, done: int) -> bool:
    """The server says that nothing follows after `done` bytes (RFC 9110, 15.5.17)."""
    return bool(response.headers.get("Content-Range", "") == f"bytes */{done}")


def _write(response: httpx.Response, part: Part, done: int, label: str, progress: Progress) -> None:
    length = response.headers.get("Content-Length")
    total = done + int(length) if length else None
    with part.path.open("ab" if done else "wb") as handle:
        for chunk in response.iter_raw():
            handle.write(chunk)
            done += len(chunk)
            progress(label, done, total)
