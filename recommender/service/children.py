"""What processes forked from the service share: how they begin, end with it, and send errors back."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException

from kg.errors import GraphUnavailableError, InputError, ResourceError, TheraGraphError
from recommender.service.consent import ConsentError

CHECK_PARENT_S: Final = 2.0
_KINDS: Final = (GraphUnavailableError, InputError, ConsentError, ResourceError, TheraGraphError)


@dataclass(frozen=True, slots=True)
class Raised:
    """An error as it crosses between processes: ours have constructors that pickling does not call rightly."""

    kind: int
    text: str
    status: int = 0

    @classmethod
    def from_error(cls, error: HTTPException | TheraGraphError) -> Raised:
        """What is sent in the place of a result."""
        if isinstance(error, HTTPException):
            return cls(0, str(error.detail), error.status_code)
        return cls(next(i for i, kind in enumerate(_KINDS) if isinstance(error, kind)), str(error))

    def to_error(self) -> Exception:
        """The error again, of the nearest kind that the service answers differently."""
        return HTTPException(self.status, self.text) if self.status else _KINDS[self.kind](self.text)


def prepare_fork() -> None:
    """Before a fork: its collector of garbage would touch, and so copy, every page of what both share."""
    gc.collect()
    gc.freeze()


def begin_child(graph: Any) -> None:
    """In a fresh fork: leave the parent's connections and Ctrl-C to the parent, and end when it has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which ends its processes in order
    if hasattr(graph, "forget"):
        graph.forget()
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    """A killed service cannot end its processes; they see that they were given to another parent."""
    while os.getppid() == parent:
        time.sleep(CHECK_PARENT_S)
    os._exit(1)
