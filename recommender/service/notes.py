"""Reading the notes of a record in a service: one model, loaded beside the first requests, threads take turns at it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Final

from starlette.exceptions import HTTPException

from kg.errors import TheraGraphError
from recommender.patient import ClinicalText, TextMention
from recommender.patient_text import TextReader
from recommender.service.live_graph import LiveGraph

_LOG: Final = logging.getLogger("theragraph.service")
_NOTHING: Final = ClinicalText("No complaints.")


class OneAtATime:
    """Lets one thread at a time read a text."""

    def __init__(self, read: Callable[[ClinicalText], Iterable[TextMention]]) -> None:
        self._read, self._lock = read, threading.Lock()
        self._is_warm = threading.Event()

    def __call__(self, text: ClinicalText) -> tuple[TextMention, ...]:
        """Return what a text says; problem 503 at once while the model is loading, so that no thread is held up."""
        if not self._is_warm.is_set():
            detail = "The model that reads notes is still being loaded; try again, or send the record without notes."
            raise HTTPException(503, detail, {"Retry-After": "10"})
        with self._lock:
            return tuple(self._read(text))

    def warm(self) -> None:
        """Load the model by reading a sentence; what prevents it is logged, and told to whoever sends a note."""
        try:
            tuple(self._read(_NOTHING))
        except TheraGraphError as error:
            _LOG.warning(json.dumps({"problem": f"notes cannot be read: {error}"}))
        finally:
            self._is_warm.set()


def start_reader(graph: LiveGraph) -> OneAtATime:
    """Return a reader of notes whose model is loaded beside: records without notes are planned for at once."""
    reader = OneAtATime(TextReader(graph))
    threading.Thread(target=reader.warm, name="theragraph-notes", daemon=True).start()
    return reader
