"""A confidence as the user's own files write it."""

from __future__ import annotations

from typing import Any

from kg.errors import FormatError


def read_confidence(path: object, line: int, column: str, value: Any) -> float | None:
    """Return the number from 0 to 1 in a cell; 0 is a value, and only an absent cell is unknown.

    FormatError names file, line and column where the cell holds anything else.
    """
    if value is None or value == "":
        return None
    problem = f'`{column}` is "{value}"'
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise FormatError(path, problem, "it is a number from 0 to 1", line=line) from error
    if not 0.0 <= number <= 1.0:
        raise FormatError(path, problem, "it is a number from 0 to 1", line=line)
    return number
