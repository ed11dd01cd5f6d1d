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

    started = time.perf_counter()
    for name in ("nodes.jsonl", "edges.jsonl"):
        for _ in read(folder / name):
            pass
    reading = time.perf_counter() - started
    started = time.perf_counter()
    writer = BioCypher(
        biocypher_config_path=str(folder / "config.yaml"), schema_config_path=str(folder / "schema.yaml")
    )
    writer.write_nodes(read(folder / "nodes.jsonl"))
    writer.write_edges(read(folder / "edges.jsonl"))
    writer.write_import_call()
    print(time.perf_counter() - started - reading)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
