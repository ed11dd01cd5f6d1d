"""Which graph to open, from one string."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kg.errors import InputError

DEFAULT_SELECTOR = "embedded:.theragraph/graph"
BOLT_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


@dataclass(frozen=True, slots=True)
class EmbeddedSelector:
    """A folder that holds the embedded graph."""

    folder: Path


@dataclass(frozen=True, slots=True)
class BoltSelector:
    """A graph server elsewhere; `password` is never printed."""

    uri: str
    user: str
    password: str
    database: str


def read_selector(text: str) -> EmbeddedSelector | BoltSelector:
    """Return what `text` selects: `embedded:PATH` or a Bolt address; InputError for anything else.

    User, password and database come from the address (`neo4j://user:password@host:7687/database`) or else from
    THERAGRAPH_USER, THERAGRAPH_PASSWORD and THERAGRAPH_DATABASE (defaults neo4j, empty, neo4j).

    >>> read_selector("embedded:/tmp/g").folder
    PosixPath('/tmp/g')
    >>> read_selector("bolt://ann:s@localhost:7687").uri
    'bolt://localhost:7687'
    """
    scheme, _, rest = text.partition(":")
    if scheme == "embedded" and rest:
        return EmbeddedSelector(Path(rest).expanduser().absolute())
    if scheme in BOLT_SCHEMES:
        return _read_bolt(text)
    allowed = "embedded:PATH, neo4j://HOST:PORT, neo4j+s://HOST:PORT or bolt://HOST:PORT"
    raise InputError(f'"{text}" does not select a graph; allowed: {allowed}.')


def _read_bolt(text: str) -> BoltSelector:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port or 7687
    except ValueError as error:
        raise InputError(f'"{text}" is not an address: {error}; write neo4j://HOST:PORT.') from error
    if not host:
        raise InputError(f'"{text}" names no host; write neo4j://HOST:PORT.')
    shown = f"[{host}]" if ":" in host else host
    return BoltSelector(
        uri=f"{parts.scheme}://{shown}:{port}",
        user=unquote(parts.username or os.environ.get("THERAGRAPH_USER", "neo4j")),
        password=unquote(parts.password or os.environ.get("THERAGRAPH_PASSWORD", "")),
        database=parts.path.strip("/") or os.environ.get("THERAGRAPH_DATABASE", "neo4j"),
    )
