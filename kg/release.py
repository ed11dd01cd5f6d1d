"""A release that can be asked like any graph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from kg.diff import check_release
from kg.export_parquet import stream_edges, stream_nodes
from kg.store import GraphStore, open_graph


@contextmanager
def open_release(folder: Path) -> Iterator[GraphStore]:
    """Load an export in Parquet into an embedded graph of its own, which goes when the context ends.

    An export holds concepts and edges, no documents. InputError when the folder holds no export.
    """
    check_release(folder)
    with TemporaryDirectory(prefix="theragraph-") as scratch, open_graph(f"embedded:{scratch}/graph") as store:
        with store.first_load() as writer:
            writer.create_constraints()
            writer.write_nodes(stream_nodes(folder))
            writer.write_edges(stream_edges(folder))
        yield store
