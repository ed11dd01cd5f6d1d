"""Reading the items of a large JSON array one by one, so that the file is never in memory whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kg.errors import FormatError
from kg.sources.files import open_text

_CHUNK: Final = 1 << 20
_GAP: Final = re.compile(r"[\s,]*")


def read_json_array(path: Path, key: str) -> Iterator[Any]:
    """Yield the items of the array that stands behind the first `"key": [` of the file.

    FormatError when there is no such array or the file ends inside of it.
    """
    decoder = json.JSONDecoder()
    with open_text(path) as handle:
        buffer, position = _find_array(handle.read, path, key)
        while True:
            gap = _GAP.match(buffer, position)
            position = gap.end() if gap else position
            if buffer[position : position + 1] == "]":
                return
            try:
                item, position = decoder.raw_decode(buffer, position)
            except json.JSONDecodeError as error:
                more = handle.read(_CHUNK)
                if not more:
                    problem = f"the array `{key}` breaks off ({error.msg})"
                    raise FormatError(path, problem, "fetch the file again") from error
                buffer, position = buffer[position:] + more, 0
                continue
            yield item


def _find_array(read: Any, path: Path, key: str) -> tuple[str, int]:
    """The text from the array's first item on: what was read so far and the position in it."""
    opening = re.compile(rf'"{re.escape(key)}"\s*:\s*\[')
    buffer = ""
    while chunk := read(_CHUNK):
        buffer += chunk
        found = opening.search(buffer)
        if found:
            return buffer, found.end()
        buffer = buffer[-(len(key) + 100) :]
    raise FormatError(path, f"has no array `{key}`", "check that it is the file that the source names")
