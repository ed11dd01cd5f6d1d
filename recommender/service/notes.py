"""Reading the notes of a record in a service: in a process of its own, which loads its model beside the first requests.

The model is large and mostly Python: in the service's own process it would keep every other request waiting.
"""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import threading
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from typing import Any, Final

from starlette.exceptions import HTTPException

from kg.errors import TheraGraphError
from recommender.patient import ClinicalText, TextMention
from recommender.service.children import Raised, begin_child, prepare_fork

_LOG: Final = logging.getLogger("theragraph.service")
_NOTHING: Final = ClinicalText("No complaints.")
Read = Callable[[ClinicalText], Iterable[TextMention]]


class NoteReader:
    """Reads one text at a time in a forked process. One that dies costs its request (503) and is replaced."""

    def __init__(self, read: Read, graph: Any = None) -> None:
        """Fork now: make it before any thread. `graph` is what `read` asks, which gets connections of its own."""
        self._read, self._graph, self._turn = read, graph, threading.Lock()
        self._is_warm = threading.Event()
        self._fork()

    def __call__(self, text: ClinicalText) -> tuple[TextMention, ...]:
        """Return what a text says; problem 503 at once while the model is loading, so that no thread is held up."""
        if not self._is_warm.is_set():
            detail = "The model that reads notes is still being loaded; try again, or send the record without notes."
            raise HTTPException(503, detail, {"Retry-After": "10"})
        return self._ask(text)

    @property
    def is_warm(self) -> bool:
        """Whether the model is loaded, or known to be missing."""
        return self._is_warm.is_set()

    def start_warming(self) -> None:
        """Load the model beside whatever else runs."""
        threading.Thread(target=self.warm, name="theragraph-notes", daemon=True).start()

    def warm(self) -> None:
        """Load the model by reading a sentence; what prevents it is logged, and told to whoever sends a note."""
        try:
            self._ask(_NOTHING)
        except (TheraGraphError, HTTPException) as error:
            _LOG.warning(json.dumps({"problem": f"notes cannot be read: {error}"}))
        finally:
            self._is_warm.set()

    def close(self) -> None:
        """End the process; whatever it is reading is given up."""
        self._process.kill()
        self._process.join()

    def _ask(self, text: ClinicalText) -> tuple[TextMention, ...]:
        with self._turn:
            try:
                self._ours.send(text)
                answer = self._ours.recv()
            except (EOFError, OSError):
                self._ours.close()
                _LOG.error('{"problem": "the process that reads notes died; it is started again"}')
                self._fork()
                raise HTTPException(503, "The reading of notes ended; try again.", {"Retry-After": "10"}) from None
        if isinstance(answer, Raised):
            raise answer.to_error()
        mentions: tuple[TextMention, ...] = answer
        return mentions

    def _fork(self) -> None:
        prepare_fork()
        context = multiprocessing.get_context("fork")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._ours, self._read, self._graph), daemon=True)
        self._process.start()
        theirs.close()


def _serve(connection: Connection, others: Connection, read: Read, graph: Any) -> None:
    """In the forked process: answer texts until the service is gone."""
    others.close()
    begin_child(graph)
    with contextlib.suppress(EOFError):
        while True:
            connection.send(_answer(read, connection.recv()))


def _answer(read: Read, text: ClinicalText) -> tuple[TextMention, ...] | Raised:
    try:
        return tuple(read(text))
    except (HTTPException, TheraGraphError) as error:
        return Raised.from_error(error)
