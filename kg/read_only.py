"""Whether a Cypher text could write, decided from the text alone and before it runs."""

from __future__ import annotations

import re

from kg.errors import WriteRefusedError

_IGNORED = re.compile(
    r"""'(?:\\.|[^'\\])*' | "(?:\\.|[^"\\])*" | `[^`]*` | //[^\n]* | /\*.*?\*/""", re.VERBOSE | re.DOTALL
)
_WRITING = re.compile(
    r"(?<![.:$\w])(CREATE|MERGE|DELETE|DETACH|SET|REMOVE|DROP|FOREACH|ALTER|GRANT|DENY|REVOKE|RENAME|LOAD\s+CSV"
    r"|TERMINATE|START\s+DATABASE|STOP\s+DATABASE)\b(?!\s*[:=,)\].])",
    re.IGNORECASE,
)
_PROCEDURE = re.compile(r"\bCALL\s+([A-Za-z_][\w.]*)", re.IGNORECASE)
_READ_PROCEDURES = re.compile(
    r"(db\.(labels|relationshipTypes|propertyKeys|info|ping|schema\.\w+|index\.fulltext\.query\w+)|dbms\.components)$",
    re.IGNORECASE,
)


def check_read_only(cypher: str) -> None:
    """WriteRefusedError when `cypher` holds a writing clause or calls a procedure that is not known to only read.

    >>> check_read_only("MATCH (n:Entity {name: 'SET x'}) RETURN n.set")
    >>> check_read_only("MATCH (n) DETACH DELETE n")
    Traceback (most recent call last):
    kg.errors.WriteRefusedError: This query would write (DETACH) and only reading is allowed; add --write to write.
    """
    text = _IGNORED.sub(" ", cypher)
    word = _WRITING.search(text)
    if word:
        raise _refused(word.group(1).upper())
    for procedure in _PROCEDURE.findall(text):
        if not _READ_PROCEDURES.match(procedure):
            raise _refused(f"CALL {procedure}")


def _refused(what: str) -> WriteRefusedError:
    return WriteRefusedError(f"This query would write ({what}) and only reading is allowed; add --write to write.")
