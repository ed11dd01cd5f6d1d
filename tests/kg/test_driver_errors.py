"""Each way a server can fail gets its own sentence."""

from __future__ import annotations

import socket

import pytest
from neo4j.exceptions import ClientError, DatabaseError, Neo4jError

from kg.driver_errors import to_our_error
from kg.errors import GraphUnavailableError, InputError, ResourceError, WriteRefusedError
from kg.selector import BoltSelector, read_selector
from kg.store import GraphStore, open_graph


def test_a_wrong_password(store: GraphStore) -> None:
    host = store.bolt_address.rpartition("/")[2]
    with pytest.raises(GraphUnavailableError, match="THERAGRAPH_PASSWORD"):
        open_graph(f"bolt://neo4j:wrong-password@{host}")


def test_a_scheme_with_tls_at_a_server_without(store: GraphStore) -> None:
    host = store.bolt_address.rpartition("/")[2]
    with pytest.raises(GraphUnavailableError, match="TLS"):
        open_graph(f"bolt+s://neo4j:x@{host}")


def test_a_database_that_is_not_there(graph_selector: str, store: GraphStore) -> None:
    selected = read_selector(graph_selector)
    if not isinstance(selected, BoltSelector):
        pytest.skip("the embedded server's database is ours to name")
    with pytest.raises(GraphUnavailableError, match="no such database"):
        open_graph(f"{graph_selector}/nowhere")


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(GraphUnavailableError, match="cannot be reached"):
            open_graph(f"bolt://127.0.0.1:{taken.getsockname()[1]}")


@pytest.mark.parametrize(
    ("code", "message", "expected", "words"),
    [
        (
            "Neo.DatabaseError.General.UnknownError",
            "java.io.IOException: No space left on device",
            ResourceError,
            "disk",
        ),
        (
            "Neo.ClientError.Statement.AccessMode",
            "Writing in read access mode not allowed",
            WriteRefusedError,
            "--write",
        ),
        ("Neo.ClientError.Transaction.TransactionTimedOut", "timed out", InputError, "LIMIT"),
        ("Neo.DatabaseError.General.UnknownError", "oops", GraphUnavailableError, "oops"),
    ],
)
def test_codes_of_the_server(code: str, message: str, expected: type[Exception], words: str) -> None:
    error = Neo4jError._hydrate_neo4j(code=code, message=message)
    assert isinstance(error, ClientError | DatabaseError)
    ours = to_our_error(error, "bolt://somewhere")
    assert type(ours) is expected
    assert words in str(ours)
