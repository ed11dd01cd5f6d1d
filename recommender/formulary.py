"""A formulary: the drugs that a house prefers, one a line."""

from __future__ import annotations

from pathlib import Path

from kg.errors import FormatError, InputError
from recommender.codes import CodeIndex
from recommender.patient import Coding, Concept


def read_formulary(path: Path, index: CodeIndex) -> frozenset[str]:
    """Return the CURIEs of a file's drugs; `#` starts a remark.

    FormatError when the file cannot be read, InputError with the line at fault when the graph knows no such drug.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror or error})", "give a readable text file") from error
    except UnicodeDecodeError as error:
        raise FormatError(path, f"is not UTF-8 at byte {error.start}", "save it as UTF-8") from error
    found: set[str] = set()
    for number, line in enumerate(lines, start=1):
        name = line.partition("#")[0].strip()
        if name:
            curies = index.map_medication(Concept(name, (Coding(name),) if ":" in name else ())).curies
            if not curies:
                raise InputError(f'{path}, line {number}: the graph knows no drug "{name}"; correct it.')
            found.update(curies)
    return frozenset(found)
