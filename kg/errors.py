"""Every error that TheraGraph raises on purpose.

    TheraGraphError                 exit code 2
    ├── InputError                  the user's file, value or option is wrong          (2)
    │   ├── FormatError             a file is not what its format promises             (2)
    │   └── UnknownNameError        a name that is not one of the allowed ones         (2)
    ├── WriteRefusedError           a write where only reading is allowed              (2)
    ├── ModelError                  a model folder is missing, damaged or of another graph (2)
    ├── ResourceError               a full disk, a missing right, a port in use        (2)
    └── GraphUnavailableError       the graph server cannot be reached                 (3)
        └── GraphLockedError        another process holds the embedded graph's folder  (3)

Each message names the value, what is allowed and the next step. Nothing else of ours is raised across a room's
border, and only `cli.py` and the service turn these into exit codes and responses.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class TheraGraphError(Exception):
    """The root of the tree; `exit_code` is what the command line ends with."""

    exit_code = 2


class InputError(TheraGraphError):
    """The user's file, value or option is wrong."""


class FormatError(InputError):
    """A file is not what its format promises.

    >>> str(FormatError("a.tsv", "has no column `tail`", "write the header `head relation tail`", line=1))
    'a.tsv, line 1: has no column `tail`; write the header `head relation tail`.'
    """

    def __init__(self, path: object, problem: str, next_step: str, *, line: int | None = None) -> None:
        where = f"{path}, line {line}" if line is not None else f"{path}"
        super().__init__(f"{where}: {problem}; {next_step}.")


class UnknownNameError(InputError):
    """A name that is not one of the allowed ones.

    >>> str(UnknownNameError("source", "hpoo", ["hpo", "hetionet"]))
    'There is no source "hpoo"; allowed: hetionet, hpo. Did you mean "hpo"?'
    """

    def __init__(self, kind: str, name: str, allowed: Iterable[str]) -> None:
        names = sorted(allowed)
        close = get_close_matches(name, names, n=1)
        hint = f' Did you mean "{close[0]}"?' if close else ""
        super().__init__(f'There is no {kind} "{name}"; allowed: {", ".join(names)}.{hint}')


class WriteRefusedError(TheraGraphError):
    """A write where only reading is allowed."""


class ModelError(TheraGraphError):
    """A model folder is missing, damaged or made from another graph."""


class ResourceError(TheraGraphError):
    """A full disk, a missing right, a port in use."""


class GraphUnavailableError(TheraGraphError):
    """The graph server cannot be reached."""

    exit_code = 3


class GraphLockedError(GraphUnavailableError):
    """Another process holds the embedded graph's folder."""
