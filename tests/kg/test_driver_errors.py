"""Each way a server can fail gets its own sentence."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from neo4j.exceptions import ClientError, DatabaseError, Neo4jError

from kg.driver_errors import to_our_error
from kg.errors import GraphUnavailableError, InputError, ResourceError, WriteRefusedError
from kg.neo4j_server import Neo4jServer
from kg.queries import Query
from kg.selector import BoltSelector, read_selector
from kg.store import GraphStore, open_graph
from kg.writes import run_in
from tests.kg.graphs import drug


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


def test_a_read_only_database(server: Neo4jServer, tmp_path: Path) -> None:
    settings = tmp_path / "neo4j" / "conf" / "neo4j.conf"
    with server, open_graph(server.selector) as store:
        store.create_constraints()
    settings.write_text(settings.read_text() + "server.databases.read_only=neo4j\n")
    with server, open_graph(server.selector) as store, pytest.raises(WriteRefusedError, match="is read-only"):
        store.write_nodes([drug("X:1")])


def test_a_full_disk_in_an_everyday_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The server itself says no more than that a commit failed.
    with open_graph(f"embedded:{tmp_path}/graph") as store:
        refused = Query("refused", "CREATE (", writes=True)
        with pytest.raises(InputError, match="rejected the query"):
            store.write(lambda tx: run_in(tx, refused))
        monkeypatch.setattr("kg.embedded.shutil.disk_usage", lambda folder: SimpleNamespace(free=0))
        with pytest.raises(ResourceError, match="no disk space left"):
            store.write(lambda tx: run_in(tx, refused))


def test_a_certificate_that_nobody_signed(tmp_path: Path) -> None:
    with tls_listener(tmp_path) as port, pytest.raises(GraphUnavailableError, match=r"TLS.*neo4j\+ssc"):
        open_graph(f"bolt+s://neo4j:x@127.0.0.1:{port}")


@contextmanager
def tls_listener(folder: Path) -> Iterator[int]:
    """A server that speaks TLS with a certificate of its own and says nothing more."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = folder / "server.pem"
    path.write_bytes(certificate.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_greet, args=(listening, context), daemon=True).start()
        yield listening.getsockname()[1]


def _greet(listening: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            with connection, suppress(OSError), context.wrap_socket(connection, server_side=True):
                pass


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
        (
            "Neo.ClientError.General.WriteOnReadOnlyAccessDatabase",
            "No write operations are allowed on this database",
            WriteRefusedError,
            "is read-only",
        ),
        ("Neo.ClientError.Statement.ExecutionFailed", "Database 'x' is read only", WriteRefusedError, "administrator"),
        ("Neo.ClientError.Transaction.TransactionTimedOut", "timed out", InputError, "LIMIT"),
        (
            "Neo.DatabaseError.Transaction.TransactionCommitFailed",
            "Could not apply the transaction: Transaction #142 {…} to the store after written to log",
            ResourceError,
            "could not write to its disk",
        ),
        (
            "Neo.DatabaseError.General.UnknownError",
            "The database has encountered a critical error, and needs to be restarted.",
            ResourceError,
            "restart the server",
        ),
        ("Neo.DatabaseError.General.UnknownError", "oops", GraphUnavailableError, "oops"),
    ],
)
def test_codes_of_the_server(code: str, message: str, expected: type[Exception], words: str) -> None:
    error = Neo4jError._hydrate_neo4j(code=code, message=message)
    assert isinstance(error, ClientError | DatabaseError)
    ours = to_our_error(error, "bolt://somewhere")
    assert type(ours) is expected
    assert words in str(ours)
