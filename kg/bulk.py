"""The embedded server's bulk door: a first load into a fresh database beside the old one, swapped in when it is whole.

The door is fast and not atomic, so it is used for nothing else: whatever fails drops the new database, the old one
stays the graph, and the counts are checked by Cypher before the swap. Each call streams in one request: the server
reads what was sent while the next lines are made, and neither side keeps the whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx

from kg import queries
from kg.driver_errors import disk_full, is_full
from kg.edge_batches import EdgeBatches, EdgeLine
from kg.embedded import USER, EmbeddedServer, keep_database
from kg.errors import GraphUnavailableError, ResourceError
from kg.model import Edge, Node
from kg.rows import Row, to_node_row
from kg.rules import check_node
from kg.writes import WriteCount
from ontologies.biolink import Category, Predicate

if TYPE_CHECKING:
    from kg.store import GraphStore

_TIMEOUT_SECONDS = 600.0
_CHUNK_BYTES = 1_000_000
_NDJSON = {"Content-Type": "application/x-ndjson"}

EdgeForm = tuple[str, str]


class BulkWriter:
    """Writes nodes once, then edges, into a fresh database; offers what `kg.build` needs of a store."""

    all_or_nothing = True

    def __init__(self, store: GraphStore, door: BatchDoor) -> None:
        self._store = store
        self._door = door
        self._record_ids: dict[str, str] = {}
        self._kinds: set[str] = set()
        self._edges = EdgeBatches(self._record_ids, self._to_form)

    def create_constraints(self) -> None:
        """Make every key unique in the fresh database."""
        self._store.create_constraints()
        for category in Category:
            self._door.create_node_type(category)

    def write_nodes(self, nodes: Iterable[Node]) -> WriteCount:
        """Write all nodes; their CURIEs must be distinct."""
        num = self._door.send(_node_line(check_node(node)) for node in nodes)
        self._record_ids |= self._door.read_record_ids()
        if len(self._record_ids) != num:
            raise _incomplete("nodes", num, len(self._record_ids))
        return WriteCount(created=num)

    def write_edges(self, edges: Iterable[Edge]) -> WriteCount:
        """Write edges whose ends were written; the first of several with one key stays."""
        done = self._edges
        before = WriteCount(done.num, 0, done.num_repeated, done.num_missing)
        self._door.send("".join(map(_edge_line, batch)) for batch in done.read(edges))
        return WriteCount(
            created=done.num - before.created,
            unchanged=done.num_repeated - before.unchanged,
            missing=done.num_missing - before.missing,
        )

    def read_sources(self) -> list[dict[str, Any]]:
        """Return what was kept of sources so far."""
        return self._store.read_sources()

    def keep_source(self, name: str, properties: dict[str, Any]) -> None:
        """Remember that a source was built."""
        self._store.keep_source(name, properties)

    def retract_build(self, built: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> int:
        """Say that a fresh database holds nothing of an earlier build."""
        return 0

    def check_complete(self) -> None:
        """GraphUnavailableError unless Cypher sees every edge that was sent."""
        counts = (self._store.run(queries.count_edges_of(kind)) for kind in sorted(self._kinds))
        seen = sum(row["num"] for rows in counts for row in rows)
        if seen != self._edges.num:
            raise _incomplete("edges", self._edges.num, seen)

    def _to_form(self, predicate: Predicate, properties: Row) -> EdgeForm:
        """The start and the end of the lines of edges that share predicate and properties."""
        kind = predicate.relationship_type
        self._kinds.add(kind)
        return f'{{"@type": "edge", "@class": "{kind}", "@from": "', ", " + _line(properties)[1:]


class BatchDoor:
    """The HTTP interface of the embedded server, for one database."""

    def __init__(self, server: EmbeddedServer, database: str) -> None:
        address = server.address
        self._server = server
        self._database = database
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{address.http_port}/api/v1",
            auth=(USER, address.password),
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def create_database(self) -> None:
        """Make the fresh database; a left-over of a killed load with its name goes first."""
        if self._database in self._post("/server", {"command": "list databases"})["result"]:
            self.drop_database()
        self._post("/server", {"command": f"create database {self._database}"})

    def drop_database(self, name: str = "") -> None:
        """Delete the database, or the one of the given name."""
        self._post("/server", {"command": f"drop database {name or self._database}"})

    def create_node_type(self, category: Category) -> None:
        """Make the composite type of nodes with both labels, which the door needs beforehand."""
        for statement in (
            f"create vertex type `{category}` if not exists",
            f"create vertex type `{_composite(category)}` if not exists extends {category}, Entity",
        ):
            self._post(f"/command/{self._database}", {"language": "sql", "command": statement})

    def read_record_ids(self) -> dict[str, str]:
        """Return the record id of every CURIE."""
        body = {"language": "sql", "command": "select curie, @rid as rid from Entity", "limit": -1}
        return {row["curie"]: row["rid"] for row in self._post(f"/query/{self._database}", body)["result"]}

    def send(self, lines: Iterable[str]) -> int:
        """Stream pieces of one line or more in one request; returns how many pieces there were."""
        counter = count()
        body = (line.encode() for line, _ in zip(lines, counter, strict=False))
        self._request(f"/batch/{self._database}", content=_in_chunks(body), headers=_NDJSON)
        return next(counter)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._request(path, json=body).json()
        return answer

    def _request(self, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._client.post(path, **arguments)
        except httpx.HTTPError as error:
            if self._server.is_disk_full():
                raise disk_full(f"embedded:{self._server.folder}") from error
            raise GraphUnavailableError(
                f"The graph server went away in a bulk load ({error}); run it again."
            ) from error
        if response.is_error:
            detail = " ".join(response.text.split())[:300]
            if is_full(response.text) or self._server.is_disk_full():
                raise disk_full(f"embedded:{self._server.folder}")
            raise ResourceError(f"The graph server refused a bulk load ({detail}); see its log and run it again.")
        return response


@contextmanager
def bulk_load(store: GraphStore, server: EmbeddedServer) -> Iterator[BulkWriter]:
    """Load a fresh database beside the graph's; when the block ends well it becomes the graph, else it is dropped."""
    with store.only_writer():
        old = store.database
        fresh = next(name for number in count(1) if (name := f"theragraph{number}") != old)
        door = BatchDoor(server, fresh)
        try:
            door.create_database()
            writer = BulkWriter(store.with_database(fresh), door)
            try:
                yield writer
                writer.check_complete()
            except BaseException:
                with suppress(GraphUnavailableError, ResourceError):
                    door.drop_database()
                raise
            keep_database(server.folder, fresh)
            store.database = fresh
            door.drop_database(old)
        finally:
            door.close()


def _composite(category: Category) -> str:
    return "~".join(sorted((category.value, "Entity")))


def _node_line(node: Node) -> str:
    head: Row = {"@type": "vertex", "@class": _composite(node.category), "@id": node.curie}
    return _line(head | to_node_row(node)["properties"])


def _edge_line(edge: EdgeLine[EdgeForm]) -> str:
    start, end = edge.form
    hashes = f'"edge_key": "{edge.edge_key}", "content_hash": "{edge.content_hash}"'
    return f'{start}{edge.subject}", "@to": "{edge.object}", {hashes}{end}'


def _line(values: Row) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"


def _in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Join pieces until they are worth a call of the network."""
    waiting, size = [], 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _CHUNK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _incomplete(what: str, sent: int, seen: int) -> GraphUnavailableError:
    return GraphUnavailableError(
        f"A bulk load of {sent} {what} left {seen} in the graph, so it was dropped; run it again."
    )
