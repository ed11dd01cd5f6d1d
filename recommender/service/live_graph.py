"""The graph as a service sees it: there, or away and tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar

from kg.errors import GraphUnavailableError
from kg.model import Node
from kg.queries import Query

Row = dict[str, Any]
Answer = TypeVar("Answer")
CHECK_EVERY_S: Final = 1.0
RETRY_EVERY_S: Final = 2.0


class Store(Protocol):
    """What the service needs of `kg.store.GraphStore`."""

    def run(self, query: Query, **parameters: Any) -> list[Row]:
        """Return the rows of a named query."""
        ...

    def cypher(self, text: str, parameters: Row | None = None, *, limit: int | None = None) -> list[Row]:
        """Return the rows of a user's query, which may only read."""
        ...

    def read_nodes(self) -> list[Node]:
        """Return all nodes."""
        ...

    def check_reachable(self) -> None:
        """GraphUnavailableError unless the server answers."""
        ...

    def close(self) -> None:
        """Let go of the server."""
        ...


class LiveGraph:
    """A store that is opened when first needed and opened again after the server was away.

    While it is away every question fails at once with GraphUnavailableError; one thread at a time, and not more often
    than every `RETRY_EVERY_S`, tries to open it again.
    """

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open_store = open_store
        self._store: Store | None = None
        self._others: Store | None = None
        self._opening = threading.Lock()
        self._checked_at = -CHECK_EVERY_S
        self._failed_at = -RETRY_EVERY_S

    def run(self, query: Query, **parameters: Any) -> list[Row]:
        """Return the rows of a named query."""
        return self._ask(lambda store: store.run(query, **parameters))

    def cypher(self, text: str, parameters: Row | None = None, *, limit: int | None = None) -> list[Row]:
        """Return the rows of a user's query, which may only read."""
        return self._ask(lambda store: store.cypher(text, parameters, limit=limit))

    def read_nodes(self) -> list[Node]:
        """Return all nodes."""
        return self._ask(lambda store: store.read_nodes())

    def check_reachable(self) -> None:
        """GraphUnavailableError when the graph is away; asks the server at most once in `CHECK_EVERY_S`."""
        if not self.is_fresh():
            self._ask(lambda store: store.check_reachable())

    def is_fresh(self) -> bool:
        """Whether the graph answered within the last `CHECK_EVERY_S`."""
        return self._store is not None and time.monotonic() - self._checked_at < CHECK_EVERY_S

    def forget(self) -> None:
        """After a fork: leave the connections to the process that opened them and open own ones when needed."""
        self._others, self._store, self._opening = self._store, None, threading.Lock()

    def close(self) -> None:
        """Let go of the server."""
        store, self._store = self._store, None
        if store is not None:
            store.close()

    def _ask(self, question: Callable[[Store], Answer]) -> Answer:
        store = self._store or self._open()
        try:
            answer = question(store)
        except GraphUnavailableError:
            self._drop(store)
            raise
        self._checked_at = time.monotonic()
        return answer

    def _open(self) -> Store:
        if time.monotonic() - self._failed_at < RETRY_EVERY_S or not self._opening.acquire(blocking=False):
            raise GraphUnavailableError("The graph is away and is being tried again; wait a few seconds.")
        try:
            if self._store is None:
                self._store = self._open_store()
            return self._store
        except GraphUnavailableError:
            self._failed_at = time.monotonic()
            raise
        finally:
            self._opening.release()

    def _drop(self, store: Store) -> None:
        if self._store is store:
            self._store = None
            self._failed_at = time.monotonic()
            store.close()
