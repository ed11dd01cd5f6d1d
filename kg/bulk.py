"""The embedded server's bulk door: a first load into a fresh database beside the old one, swapped in when it is whole.

The door is fast and not atomic, so it is used for nothing else: whatever fails drops the new database, the old one
stays the graph, and the counts are checked by Cypher before the swap.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx

from kg import queries
from kg.embedded import USER, EmbeddedServer, keep_database
from kg.errors import GraphUnavailableError, ResourceError
from kg.model import Edge, Node
from kg.rows import Row, to_edge_row, to_node_row
from kg.rules import check_edge, check_node
from kg.writes import WriteCount
from ontologies.biolink import Category

if TYPE_CHECKING:
    from kg.store import GraphStore

_REQUEST_BYTES = 24_000_000
_TIMEOUT_SECONDS = 600.0


class BulkWriter:
    """Writes nodes once, then edges, into a fresh database; offers what `kg.build` needs of a store."""

    def __init__(self, store: GraphStore, door: BatchDoor) -> None:
        self._store = store
        self._door = door
        self._record_ids: dict[str, str] = {}
        self._edge_keys: set[bytes] = set()

    def create_constraints(self) -> None:
        """Make every key unique in the fresh database."""
        self._store.create_constraints()
        for category in Category:
            self._door.create_node_type(category)

    def write_nodes(self, nodes: Iterable[Node]) -> WriteCount:
        """Write all nodes; their CURIEs must be distinct."""
        num = self._door.send(_node_line(check_node(node)) for node in nodes)
        self._record_ids = self._door.read_record_ids()
        if len(self._record_ids) != num:
            raise _incomplete("nodes", num, len(self._record_ids))
        return WriteCount(created=num)

    def write_edges(self, edges: Iterable[Edge]) -> WriteCount:
        """Write edges whose ends were written; the first of several with one key stays."""
        tally = {"missing": 0, "repeated": 0}
        num = self._door.send(self._edge_lines(edges, tally))
        return WriteCount(created=num, unchanged=tally["repeated"], missing=tally["missing"])

    def read_sources(self) -> list[dict[str, Any]]:
        """Return what was kept of sources so far."""
        return self._store.read_sources()

    def keep_source(self, name: str, properties: dict[str, Any]) -> None:
        """Remember that a source was built."""
        self._store.keep_source(name, properties)

    def retract(self, *, source: str) -> int:
        """Say that a fresh database holds nothing of the source to take back."""
        return 0

    def check_complete(self) -> None:
        """GraphUnavailableError unless Cypher sees every edge that was sent."""
        seen = sum(row["num"] for row in self._store.run(queries.COUNT_EDGES))
        if seen != len(self._edge_keys):
            raise _incomplete("edges", len(self._edge_keys), seen)

    def _edge_lines(self, edges: Iterable[Edge], tally: dict[str, int]) -> Iterator[str]:
        for edge in edges:
            check_edge(edge)
            ends = self._record_ids.get(edge.subject), self._record_ids.get(edge.object)
            if None in ends:
                tally["missing"] += 1
                continue
            row = to_edge_row(edge)
            key = bytes.fromhex(row["key"])
            if key in self._edge_keys:
                tally["repeated"] += 1
                continue
            self._edge_keys.add(key)
            head = {"@type": "edge", "@class": edge.predicate.relationship_type, "@from": ends[0], "@to": ends[1]}
            yield _line(head | row["properties"])


class BatchDoor:
    """The HTTP interface of the embedded server, for one database."""

    def __init__(self, server: EmbeddedServer, database: str) -> None:
        address = server.address
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
        """Send lines in requests of bounded size; returns how many there were."""
        num, waiting, size = 0, [], 0
        for line in lines:
            waiting.append(line)
            size += len(line)
            num += 1
            if size > _REQUEST_BYTES:
                self._send(waiting)
                waiting, size = [], 0
        if waiting:
            self._send(waiting)
        return num

    def _send(self, lines: list[str]) -> None:
        headers = {"Content-Type": "application/x-ndjson"}
        self._request(f"/batch/{self._database}", content="".join(lines).encode(), headers=headers)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._request(path, json=body).json()
        return answer

    def _request(self, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._client.post(path, **arguments)
        except httpx.HTTPError as error:
            raise GraphUnavailableError(
                f"The graph server went away in a bulk load ({error}); run it again."
            ) from error
        if response.is_error:
            detail = " ".join(response.text.split())[:300]
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


def _line(values: Row) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"


def _incomplete(what: str, sent: int, seen: int) -> GraphUnavailableError:
    return GraphUnavailableError(
        f"A bulk load of {sent} {what} left {seen} in the graph, so it was dropped; run it again."
    )
