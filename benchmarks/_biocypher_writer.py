"""Runs in BioCypher's own environment: writes a folder's nodes and edges for Neo4j's import and prints the seconds."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def read(path: Path) -> Iterator[tuple[Any, ...]]:
    """Yield the tuples of a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield tuple(json.loads(line))


def main(folder: Path) -> None:
    """Write everything; the time that reading the lines alone takes is taken off."""
    from biocypher import BioCypher  # type: ignore[import-not-found]

    started = time.perf_counter(), time.process_time()
    for name in ("nodes.jsonl", "edges.jsonl"):
        for _ in read(folder / name):
            pass
    begun = time.perf_counter(), time.process_time()
    writer = BioCypher(
        biocypher_config_path=str(folder / "config.yaml"), schema_config_path=str(folder / "schema.yaml")
    )
    writer.write_nodes(read(folder / "nodes.jsonl"))
    writer.write_edges(read(folder / "edges.jsonl"))
    writer.write_import_call()
    done = time.perf_counter(), time.process_time()
    print(*(end - 2 * begin + first for end, begin, first in zip(done, begun, started, strict=True)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
