"""Whether a Cypher text could write, decided before it runs: from the text, then from the server's plan for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from neo4j import Session
from neo4j.exceptions import ClientError

from kg.errors import WriteRefusedError

IGNORED = re.compile(
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
# A step of a plan that is told as text, one step a line.
_WRITING_STEP = re.compile(r"^\s*\+\s*(CREATE|MERGE|SET|REMOVE|DELETE|DETACH DELETE|FOREACH)\b", re.MULTILINE)
_PREFIX = re.compile(r"^\s*(EXPLAIN|PROFILE)\b", re.IGNORECASE)
_PLAN_TEXT = "string-representation"


def check_read_only(cypher: str) -> None:
    """WriteRefusedError when `cypher` holds a writing clause or calls a procedure that is not known to only read.

    >>> check_read_only("MATCH (n:Entity {name: 'SET x'}) RETURN n.set")
    >>> check_read_only("MATCH (n) DETACH DELETE n")
    Traceback (most recent call last):
    kg.errors.WriteRefusedError: This query would write (DETACH) and only reading is allowed; add --write to write.
    """
    text = IGNORED.sub(" ", cypher)
    word = _WRITING.search(text)
    if word:
        raise _refused(word.group(1).upper())
    for procedure in _PROCEDURE.findall(text):
        if not _READ_PROCEDURES.match(procedure):
            raise _refused(f"CALL {procedure}")


def check_explained(session: Session, text: str, parameters: Mapping[str, Any]) -> None:
    """WriteRefusedError when the server's plan for a query writes; it is explained and not run.

    What cannot be explained passes: run, it is refused with the reason at its place in the user's text.
    """
    try:
        summary = session.run(f"EXPLAIN {_PREFIX.sub('', text)}", dict(parameters)).consume()
    except ClientError:
        return
    check_plan(summary.query_type, summary.plan)


def check_plan(query_type: str | None, plan: Mapping[str, Any] | None) -> None:
    """WriteRefusedError when what EXPLAIN said of a query is that it writes.

    A server may call every explained query a writing one; then the steps of its plan decide.

    >>> check_plan("w", {"args": {"string-representation": "+ MATCH NODE (n)"}})
    >>> check_plan("w", {"args": {"string-representation": "+ MERGE"}})
    Traceback (most recent call last):
    kg.errors.WriteRefusedError: This query would write (MERGE) and only reading is allowed; add --write to write.
    """
    if query_type in ("r", None):
        return
    steps = str(((plan or {}).get("args") or {}).get(_PLAN_TEXT, ""))
    writing = _WRITING_STEP.search(steps)
    if writing or not steps:
        raise _refused(writing.group(1) if writing else "as the server says")


def _refused(what: str) -> WriteRefusedError:
    return WriteRefusedError(f"This query would write ({what}) and only reading is allowed; add --write to write.")
