"""The columns that a Cypher text returns, for a server that names none where there is no row (the embedded one)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from kg.read_only import IGNORED

_CLAUSE: Final = re.compile(r"\bRETURN\s+(?:DISTINCT\s+)?", re.IGNORECASE)
_END: Final = re.compile(r"\b(ORDER\s+BY|SKIP|OFFSET|LIMIT|UNION)\b|;", re.IGNORECASE)
_ALIAS: Final = re.compile(r"\sAS\s+", re.IGNORECASE)


def list_columns(cypher: str) -> tuple[str, ...]:
    """Return the names of the columns of the last `RETURN`; none where it returns `*` or does not return.

    >>> list_columns("MATCH (d:Drug) RETURN d.name, count {(d)--()} AS num, [1, 2] AS `a, b` LIMIT 0")
    ('d.name', 'num', 'a, b')
    """
    # Same length, so that places in the one are places in the other.
    shape = _mask_inner(IGNORED.sub(lambda match: "_" * len(match.group()), cypher))
    clauses = list(_CLAUSE.finditer(shape))
    if not clauses:
        return ()
    start = clauses[-1].end()
    end = _END.search(shape, start)
    stop = end.start() if end else len(shape)
    cuts = [start - 1, *(place for place in range(start, stop) if shape[place] == ","), stop]
    names = [_name(cypher[a + 1 : b], shape[a + 1 : b]) for a, b in pairwise(cuts)]
    return () if "*" in names else tuple(names)


def _mask_inner(text: str) -> str:
    """Blank what stands inside of brackets."""
    depth, kept = 0, []
    for letter in text:
        depth -= letter in ")]}"
        kept.append("_" if depth > 0 else letter)
        depth += letter in "([{"
    return "".join(kept)


def _name(item: str, shape: str) -> str:
    aliases = list(_ALIAS.finditer(shape))
    name = item[aliases[-1].end() :] if aliases else item
    return IGNORED.sub(_drop_comment, name).strip().strip("`")


def _drop_comment(ignored: re.Match[str]) -> str:
    return "" if ignored.group().startswith("/") else ignored.group()
