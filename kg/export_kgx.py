"""KGX as JSON Lines: `nodes.jsonl` and `edges.jsonl`, read back by the source `kgx`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from shlex import quote
from typing import Any

from kg.model import Edge, Node
from kg.rows import to_edge_values, to_plain


def write_kgx(nodes: Iterable[Node], edges: Callable[[], Iterable[Edge]], folder: Path) -> tuple[tuple[Path, ...], str]:
    """Write both files; returns them and the command that reads them."""
    files = (folder / "nodes.jsonl", folder / "edges.jsonl")
    _write_lines(files[0], map(to_kgx_node, nodes))
    _write_lines(files[1], map(to_kgx_edge, edges()))
    return files, f"theragraph build kgx --from {quote(str(folder))}"


def to_kgx_node(node: Node) -> dict[str, Any]:
    """Return the KGX record of a node."""
    record = {
        "id": node.curie,
        "category": [f"biolink:{node.category}"],
        "name": node.name,
        "provided_by": [node.source],
        "synonym": list(node.synonyms),
        "xref": list(node.xrefs),
    }
    return to_plain(node.properties) | record


def to_kgx_edge(edge: Edge) -> dict[str, Any]:
    """Return the KGX record of an edge; an unknown confidence is left out."""
    ends = {
        "id": edge.edge_key,
        "subject": edge.subject,
        "predicate": f"biolink:{edge.predicate}",
        "object": edge.object,
    }
    return to_edge_values(edge) | ends


def _write_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as handle:
        for record in records:
            handle.write(json.dumps(record, ensure_ascii=False) + "\n")
