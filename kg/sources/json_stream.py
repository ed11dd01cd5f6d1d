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
_LONGEST_ITEM: Final = 1 << 24
_SPACE: Final = re.compile(r"[ \t\r\n]*")
# What was cut in the middle is told of at most so many characters before the cut (`-Infinity`, two `\uXXXX`).
_CUT: Final = 16
_CUT_TEXT: Final = "Unterminated string"


def read_json_array(path: Path, key: str = "", *, all_of_them: bool = False) -> Iterator[Any]:
    """Yield the items of the array that stands behind the first `"key": [` of the file, or of all such arrays.

    Without a key the file itself must be the array. FormatError when there is no such array, with line and column where
    one is no JSON, and where the file ends inside of one.
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
        self._opening = re.compile(rf'"{re.escape(key)}"\s*:\s*\[')
        self._decoder = json.JSONDecoder()
        self._buffer, self._position, self._at_end = "", 0, False
        # Of what was forgotten: its lines, and the characters of the last one.
        self._num_lines, self._num_characters = 0, 0

    def find_next(self) -> bool:
        """Go to the first item of the next array; False where none follows."""
        if not self._key:
            is_array = self._skip_space() == "["
            self._position += 1
            return is_array
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
        letter = self._skip_space()
        while letter != "]":
            yield self._read_item()
            letter = self._skip_space()
            if letter == ",":
                self._position += 1
                self._skip_space()
            elif letter != "]":
                raise self._fault("a comma or ] must follow")
        self._position += 1
        following = self._skip_space()
        if following not in ((",", "}", "]") if self._key else ("",)):
            raise self._fault("something else follows the array" if following else "what holds it is not closed")

    def _read_item(self) -> Any:
        """The value at the position; more is read only while what is missing may still come."""
        while True:
            try:
                item, end = self._decoder.raw_decode(self._buffer, self._position)
            except json.JSONDecodeError as error:
                if self._at_end or not self._may_be_cut(error):
                    raise self._fault(error.msg, error.pos) from error
            except (ValueError, RecursionError) as error:
                raise self._fault(str(error)) from error
            else:
                # A number near the end may go on: of `1.5e-3` cut before the 3, `1.5` is read.
                if self._at_end or end <= len(self._buffer) - _CUT:
                    self._position = end
                    return item
            if len(self._buffer) - self._position > _LONGEST_ITEM:
                raise self._fault(f"an item of more than {_LONGEST_ITEM:,} characters; is it closed?")
            self._read_on(self._position)

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        return error.pos > len(self._buffer) - _CUT or error.msg.startswith(_CUT_TEXT)

    def _skip_space(self) -> str:
        """Go to the next character that is no space and return it, or nothing at the end of the file."""
        while True:
            space = _SPACE.match(self._buffer, self._position)
            self._position = space.end() if space else self._position
            if self._position < len(self._buffer) or not self._read_on(self._position):
                return self._buffer[self._position : self._position + 1]

    def _read_on(self, kept: int) -> bool:
        """Read a piece more and forget what stands before `kept`; False at the end of the file."""
        num_lines, last = self._count(kept)
        self._num_characters = last if num_lines else self._num_characters + last
        self._num_lines += num_lines
        more = self._handle.read(_CHUNK)
        self._buffer, self._position, self._at_end = self._buffer[kept:] + more, 0, not more
        return bool(more)

    def _count(self, end: int) -> tuple[int, int]:
        """The lines that end before a place in the buffer, and the characters from the last one's end to the place."""
        num_lines = self._buffer.count("\n", 0, end)
        return num_lines, end - (self._buffer.rfind("\n", 0, end) + 1)

    def _fault(self, reason: str, position: int | None = None) -> FormatError:
        """The error of a mistake at a position, or of a file that ends there."""
        place = self._position if position is None else position
        if self._at_end and (place >= len(self._buffer.rstrip()) or reason.startswith(_CUT_TEXT)):
            name = f"the array `{self._key}`" if self._key else "the array"
            return FormatError(self._path, f"{name} breaks off ({reason})", "fetch the file again")
        num_lines, last = self._count(place)
        column = 1 + (last if num_lines else self._num_characters + last)
        line = self._num_lines + num_lines + 1
        return FormatError(self._path, f"is not JSON at column {column} ({reason})", "repair it", line=line)
