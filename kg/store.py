"""The door to the graph: everything that reads or writes it goes through `GraphStore`.

`open_graph` takes a selector and hides which server answers. Writes are batches in managed transactions; on the
embedded server one lock makes its holder the only writer, because its concurrent MERGE can duplicate.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from neo4j import READ_ACCESS, WRITE_ACCESS, Driver, GraphDatabase, Session
from neo4j.exceptions import ConstraintError

from kg import queries
from kg.bulk import BulkWriter, bulk_load
from kg.columns import EdgeColumns, read_columns
from kg.documents import DocumentCount, ReadDocument, write_documents
from kg.driver_errors import disk_full, mapped_errors, mapped_errors_but_races
from kg.embedded import USER, EmbeddedServer, file_lock
from kg.errors import GraphUnavailableError, TheraGraphError, WriteRefusedError
from kg.model import Edge, Node
from kg.queries import Query
from kg.read_only import check_explained, check_plan, check_read_only
from kg.retract import retract, retract_build
from kg.return_clause import list_columns
from kg.rows import from_node_row
from kg.selector import EmbeddedSelector, read_selector
from kg.values import Answer, to_plain_value
from kg.writes import (
    BATCH_SIZE,
    WriteCount,
    edge_batches,
    node_batches,
    run_in,
    to_rows,
    write_edge_batch,
    write_node_batch,
)
from ontologies.biolink import Category, Predicate

_MAX_TRIES = 5
_DATABASE_SECONDS = 30.0
_RETRY_SECONDS = 3.0
_DELETE_BATCH = 10_000


class GraphStore:
    """One open graph. Use it as a context manager; every method raises errors of `kg.errors` only."""

    all_or_nothing = False

    def __init__(self, driver: Driver, database: str, where: str, server: EmbeddedServer | None) -> None:
        self._driver = driver
        self.database = database
        self._server = server
        self._thread_lock = threading.RLock()
        self._lock_depth = 0
        self.where = where

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; an embedded server that nobody uses any more stops."""
        self._driver.close()
        if self._server is not None:
            self._server.close()

    @property
    def embedded(self) -> EmbeddedServer | None:
        """The embedded server behind this graph, for the bulk door alone."""
        return self._server

    @property
    def bolt_address(self) -> str:
        """Where drivers connect to."""
        return f"bolt://127.0.0.1:{self._server.address.bolt_port}" if self._server else self.where

    def with_database(self, database: str) -> GraphStore:
        """Return the same server's other database; it shares connections and locks, so do not close it."""
        other = copy(self)
        other.database = database
        return other

    def is_empty(self) -> bool:
        """Whether nothing stands in the graph."""
        return not self.run(queries.ANY_NODE)

    @contextmanager
    def first_load(self) -> Iterator[GraphStore | BulkWriter]:
        """Yield what a build should write to: the bulk door while the embedded graph is empty, else the store."""
        if self._server is not None and self.is_empty():
            with bulk_load(self, self._server) as writer:
                yield writer
        else:
            yield self

    def check_reachable(self) -> None:
        """GraphUnavailableError unless the server answers and lets us in."""
        with mapped_errors(self.where):
            self._driver.verify_connectivity()
            with self._session() as session:
                session.run("RETURN 1").consume()

    def create_constraints(self) -> None:
        """Make every key unique and every looked-up property fast, where that is not so already."""
        with self.only_writer():
            kept = {_index_key(row) for row in self.run(queries.SHOW_CONSTRAINTS)}
            for label, key in queries.UNIQUE_KEYS:
                self._ddl((label, key) in kept, queries.node_constraint(label, key))
            for predicate in Predicate:
                kind = predicate.relationship_type
                self._ddl((kind, "edge_key") in kept, queries.edge_constraint(kind))
            indexed = {_index_key(row) for row in self.run(queries.SHOW_INDEXES)}
            for label, key in queries.INDEXES:
                self._ddl((label, key) in indexed, queries.index(label, key))
            for kind, key in queries.EDGE_INDEXES:
                self._ddl((kind, key) in indexed, queries.edge_index(kind, key))

    def write_nodes(self, nodes: Iterable[Node]) -> WriteCount:
        """Create what is new, replace what changed, leave the rest; nodes come in any order and number."""
        count = WriteCount()
        for category, rows in node_batches(nodes):
            count += self.write(lambda tx, c=category, r=rows: write_node_batch(tx, c, r))
        return count

    def write_edges(self, edges: Iterable[Edge]) -> WriteCount:
        """Create what is new, replace what changed, leave the rest; edges without both ends count as `missing`."""
        count = WriteCount()
        for predicate, rows in edge_batches(edges):
            count += self.write(lambda tx, p=predicate, r=rows: write_edge_batch(tx, p, r))
        return count

    def write_documents(self, documents: Iterable[ReadDocument]) -> DocumentCount:
        """Write documents with their mentions and statements; see `kg.documents.write_documents`."""
        return write_documents(self, documents)

    def retract(self, *, source: str = "", document: str = "", run: str = "") -> int:
        """Take back what a source, a document or a run said; see `kg.retract.retract`."""
        return retract(self, source=source, document=document, run=run)

    def retract_build(self, built: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> int:
        """Take back what one build brought; see `kg.retract.retract_build`."""
        return retract_build(self, built, others)

    def read_sources(self) -> list[dict[str, Any]]:
        """Return what was built into the graph: a row a source with its release, content hash and counts."""
        return [row["properties"] for row in self.run(queries.SOURCES)]

    def keep_source(self, name: str, properties: dict[str, Any]) -> None:
        """Remember that a source was built; `properties` must hold its `infores`."""
        self.write(lambda tx: run_in(tx, queries.KEEP_SOURCE, name=name, properties=properties | {"name": name}))

    def forget_source(self, name: str) -> None:
        """Forget that a source was built, so that a next build reads it again."""
        self.write(lambda tx: run_in(tx, queries.FORGET_SOURCE, name=name))

    def write(self, work: Any) -> Any:
        """Run `work(transaction)` in one transaction as the only writer; races on a key are tried again."""
        for attempt in range(1, _MAX_TRIES + 1):
            try:
                with self.only_writer(), self._full_disk(), mapped_errors_but_races(self.where):
                    with self._session() as session:
                        return session.execute_write(work)
            except ConstraintError as error:
                if attempt == _MAX_TRIES:
                    with mapped_errors(self.where):
                        raise error
        return None

    def run(self, query: Query, **parameters: Any) -> list[dict[str, Any]]:
        """Run a named query that only reads; returns its rows."""
        if query.writes:
            raise WriteRefusedError(f'The query "{query.name}" writes; use `write`.')
        with mapped_errors(self.where), self._session(read=True) as session:
            return session.execute_read(lambda tx: run_in(tx, query, **parameters))

    def stream(self, query: Query, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Run a named query that only reads; yields its rows as they arrive."""
        with mapped_errors(self.where), self._session(read=True) as session:
            yield from to_rows(session.run(query.text, parameters))

    def cypher(
        self, text: str, parameters: dict[str, Any] | None = None, *, write: bool = False, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows of `ask`."""
        return self.ask(text, parameters, write=write, limit=limit).rows

    def ask(
        self, text: str, parameters: dict[str, Any] | None = None, *, write: bool = False, limit: int | None = None
    ) -> Answer:
        """Run a user's Cypher; without `write` it is refused before it can write. Values come as plain JSON types."""
        if not write:
            check_read_only(text)
        with mapped_errors(self.where), self._session(read=not write) as session:
            if not write:
                check_explained(session, text, parameters or {})
            with session.begin_transaction() as transaction:
                result = transaction.run(text, parameters or {})
                keys = result.keys()
                records = result.fetch(limit) if limit is not None else list(result)
                rows = [{k: to_plain_value(record[k]) for k in keys} for record in records]
                summary = result.consume()
                if not write:
                    check_plan(summary.query_type, summary.plan or summary.profile)
                transaction.commit()
            return Answer(tuple(keys) or list_columns(text), rows)

    def read_edges(self, predicate: Predicate) -> EdgeColumns:
        """Return a predicate's asserted edges in columns; see `kg.columns`."""
        return next(columns for _, columns in read_columns(self.run, [predicate]))

    def read_all_edges(self) -> Iterator[tuple[Predicate, EdgeColumns]]:
        """Yield every predicate with what `read_edges` returns."""
        return read_columns(self.run, list(Predicate))

    def read_nodes(self, category: Category | None = None) -> list[Node]:
        """Return all nodes, or those of one category, sorted by CURIE."""
        rows = self.stream(queries.READ_NODES)
        nodes = (from_node_row(row["labels"], row["properties"]) for row in rows)
        return sorted((n for n in nodes if category is None or n.category == category), key=lambda n: n.curie)

    def delete_in_batches(self, query: Query, **parameters: Any) -> int:
        """Repeat a deleting query that takes `limit` and returns `num` until it deletes nothing; returns the sum."""
        total = 0
        while True:
            num: int = self.write(lambda tx: run_in(tx, query, **parameters, limit=_DELETE_BATCH)[0]["num"])
            total += num
            if num < _DELETE_BATCH:
                return total

    @contextmanager
    def only_writer(self) -> Iterator[None]:
        """Be the only writer of an embedded graph, among threads and processes; elsewhere the server sees to it."""
        with self._thread_lock:
            if self._server is None or self._lock_depth:
                yield
                return
            with file_lock(self._server.write_lock):
                self._lock_depth += 1
                try:
                    yield
                finally:
                    self._lock_depth -= 1

    @contextmanager
    def _full_disk(self) -> Iterator[None]:
        """Say that the disk is full where the embedded server only says that a commit failed."""
        try:
            yield
        except TheraGraphError as error:
            if self._server is not None and self._server.is_disk_full():
                raise disk_full(self.where) from error
            raise

    def _session(self, *, read: bool = False) -> Session:
        access = READ_ACCESS if read else WRITE_ACCESS
        return self._driver.session(database=self.database, fetch_size=BATCH_SIZE, default_access_mode=access)

    def _ddl(self, done: bool, query: Query) -> None:
        if not done:
            with mapped_errors(self.where), self._session() as session:
                session.run(query.text).consume()


def open_graph(selector: str, *, keep: bool = False) -> GraphStore:
    """Open the graph that `selector` names; starts the embedded server when it is not running.

    Raises InputError for a selector that is none and GraphUnavailableError when the server does not answer.
    """
    chosen = read_selector(selector)
    if isinstance(chosen, EmbeddedSelector):
        return _open_embedded(chosen.folder, keep=keep)
    with mapped_errors(chosen.uri):
        driver = GraphDatabase.driver(
            chosen.uri, auth=(chosen.user, chosen.password), notifications_min_severity="OFF", connection_timeout=10.0
        )
    store = GraphStore(driver, chosen.database, chosen.uri, None)
    try:
        store.check_reachable()
    except BaseException:
        store.close()
        raise
    return store


def _open_embedded(folder: Path, *, keep: bool) -> GraphStore:
    server = EmbeddedServer.open(folder, keep=keep)
    address = server.address
    uri = f"bolt://127.0.0.1:{address.bolt_port}"
    # A server of ours that has gone does not come back by itself, so waiting half a minute for it is in vain.
    driver = GraphDatabase.driver(uri, auth=(USER, address.password), max_transaction_retry_time=_RETRY_SECONDS)
    store = GraphStore(driver, address.database, f"embedded:{folder}", server)
    _wait_for_database(store)
    return store


def _wait_for_database(store: GraphStore) -> None:
    """Wait for the database, which a new server makes a moment after it listens."""
    deadline = time.monotonic() + _DATABASE_SECONDS
    while True:
        try:
            return store.check_reachable()
        except GraphUnavailableError:
            if time.monotonic() > deadline:
                store.close()
                raise
            time.sleep(0.05)
        except BaseException:
            store.close()
            raise


def _index_key(row: dict[str, Any]) -> tuple[str, str]:
    return (row["labelsOrTypes"] or [""])[0], (row["properties"] or [""])[0]
