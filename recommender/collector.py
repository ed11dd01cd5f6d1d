"""Python's cyclic collector, held still while very many objects are made that all stay.

It would look through all of them again and again and find nothing: reading a graph of Hetionet's size took it a third
of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Hold the collector still; one that was off before stays off."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
