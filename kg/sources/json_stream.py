"""Reading the items of large JSON arrays one by one, so that the file is never in memory whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TextIO

from kg.errors import FormatError
from kg.sources.files import open_text

_CHUNK: Final = 1 << 20
_GAP: Final = re.compile(r"[\s,]*")


def read_json_array(path: Path, key: str = "", *, all_of_them: bool = False) -> Iterator[Any]:
    """Yield the items of the array that stands behind the first `"key": [` of the file, or of all such arrays.

    Without a key the file itself must be the array. FormatError when there is no such array or the file ends inside of
    one.
    """
    with open_text(path) as handle:
        arrays = _Arrays(handle, path, key)
        if not arrays.find_next():
            problem = f"has no array `{key}`" if key else "is no JSON array"
            raise FormatError(path, problem, "check that it is the file that the source names")
        yield from arrays.read_items()
        while all_of_them and arrays.find_next():
            yield from arrays.read_items()


class _Arrays:
    """A file's arrays of one key: what was read of the file and not used yet, and the position in it."""

    def __init__(self, handle: TextIO, path: Path, key: str) -> None:
        self._handle, self._path, self._key = handle, path, key
        self._opening = re.compile(rf'"{re.escape(key)}"\s*:\s*\[' if key else r"\A\s*\[")
        self._decoder = json.JSONDecoder()
        self._buffer, self._position = "", 0

    def find_next(self) -> bool:
        """Go to the first item of the next array; False where none follows."""
        while True:
            found = self._opening.search(self._buffer, self._position)
            if found:
                self._position = found.end()
                return True
            kept = max(self._position, len(self._buffer) - len(self._key) - 100)
            if not self._read_on(kept):
                return False

    def read_items(self) -> Iterator[Any]:
        """Yield the items up to the end of the array."""
        while True:
            gap = _GAP.match(self._buffer, self._position)
            self._position = gap.end() if gap else self._position
            if self._buffer[self._position : self._position + 1] == "]":
                return
            try:
                item, end = self._decoder.raw_decode(self._buffer, self._position)
            except json.JSONDecodeError as error:
                if not self._read_on(self._position):
                    problem = f"the array `{self._key}` breaks off ({error.msg})"
                    raise FormatError(self._path, problem, "fetch the file again") from error
                continue
            self._position = end
            yield item

    def _read_on(self, kept: int) -> bool:
        """Read a piece more and forget what stands before `kept`; False at the end of the file."""
        more = self._handle.read(_CHUNK)
        self._buffer, self._position = self._buffer[kept:] + more, 0
        return bool(more)
