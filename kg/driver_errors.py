"""The driver's exceptions, as sentences of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConfigurationError,
    ConstraintError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
)

from kg.errors import GraphUnavailableError, InputError, ResourceError, TheraGraphError, WriteRefusedError

_TLS_WORDS = ("ssl", "tls", "certificate")
_FULL_WORDS = ("no space left", "disk full", "not enough space")
# What Neo4j says when its disk was full in the middle of a commit, and from then on until it is restarted.
_STUCK_WORDS = ("after written to log", "needs to be restarted")
_READ_ONLY_WORDS = ("read access mode", "accessmode")
_READ_ONLY_DATABASE_WORDS = ("read-only", "read only", "readonly")


@contextmanager
def mapped_errors(where: str) -> Iterator[None]:
    """Turn whatever the driver raises while talking to `where` into an error of `kg.errors`."""
    try:
        yield
    except (DriverError, Neo4jError) as error:
        raise to_our_error(error, where) from error


@contextmanager
def mapped_errors_but_races(where: str) -> Iterator[None]:
    """Like `mapped_errors`, but a constraint that a concurrent writer violated is passed on to be tried again."""
    try:
        with mapped_errors(where):
            yield
    except Exception as error:
        if isinstance(error.__cause__, ConstraintError):
            raise error.__cause__ from None
        raise


def to_our_error(error: DriverError | Neo4jError, where: str) -> TheraGraphError:
    """Return the error of ours that says what `error` means to a user of the graph at `where`."""
    text = _text(error)
    lowered = text.lower()
    if is_full(lowered):
        return disk_full(where)
    if any(word in lowered for word in _STUCK_WORDS):
        return ResourceError(
            f"The graph server at {where} could not write to its disk and has stopped writing; see that the disk has "
            "space, restart the server and run it again."
        )
    if isinstance(error, AuthError):
        return GraphUnavailableError(
            f"The graph server at {where} refused the user or password; set THERAGRAPH_USER and THERAGRAPH_PASSWORD."
        )
    if isinstance(error, ServiceUnavailable | ConfigurationError):
        return _unreachable(where, text)
    if isinstance(error, ClientError):
        return _client_error(error, where, text)
    return GraphUnavailableError(f"The graph server at {where} failed: {text}; try again, or see the server's log.")


def disk_full(where: str) -> ResourceError:
    """Return the error that says that the disk of the server at `where` is full."""
    return ResourceError(f"The graph server at {where} has no disk space left; free some and run it again.")


def is_full(text: str) -> bool:
    """Whether a server's words say that its disk is full."""
    return any(word in text.lower() for word in _FULL_WORDS)


def _unreachable(where: str, text: str) -> GraphUnavailableError:
    first = text.partition(" (")[0].rstrip(":")
    if any(word in text.lower() for word in _TLS_WORDS):
        return GraphUnavailableError(
            f"The graph server at {where} did not agree on TLS ({first}); use neo4j:// or bolt:// for a server "
            "without TLS, neo4j+ssc:// for one with its own certificate."
        )
    return GraphUnavailableError(
        f"The graph at {where} cannot be reached ({first}); start it (`theragraph up` for the embedded one) "
        "or correct --graph."
    )


def _client_error(error: ClientError, where: str, text: str) -> TheraGraphError:
    code = error.code or ""
    lowered = text.lower()
    if "ReadOnly" in code or any(word in lowered for word in _READ_ONLY_DATABASE_WORDS):
        return WriteRefusedError(
            f"The database at {where} is read-only: {text}; ask its administrator to open it for writing, "
            "or name another with --graph."
        )
    if any(word in lowered for word in _READ_ONLY_WORDS):
        return WriteRefusedError(f"The graph at {where} accepts no writes here: {text}; add --write to write.")
    if "DatabaseNotFound" in code:
        return GraphUnavailableError(
            f"The server at {where} has no such database: {text}; name one as neo4j://HOST:PORT/DATABASE."
        )
    if "TransactionTimedOut" in code:
        return InputError("The query ran longer than the graph server allows; anchor it on a curie or add LIMIT.")
    return InputError(f"The graph server rejected the query: {text}; correct it.")


def _text(error: DriverError | Neo4jError) -> str:
    message = getattr(error, "message", None) or str(error)
    return " ".join(str(message).replace("^", " ").split()).rstrip(".") or type(error).__name__
