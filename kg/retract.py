"""Taking back what one source, one build, one document or one model run said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kg import queries
from kg.documents import delete_document, delete_unstated
from kg.errors import InputError, UnknownNameError
from kg.model import MODEL_SOURCE, TEXT_SOURCE
from ontologies.biolink import Predicate

if TYPE_CHECKING:
    from kg.store import GraphStore


def retract(store: GraphStore, *, source: str = "", document: str = "", run: str = "") -> int:
    """Delete what exactly one of a source, a document or a run said; returns the number of edges (for a document: of
    documents) deleted. Nodes that only this source named and nothing refers to go, too.

    A source is an infores CURIE, or a build by the name that `build` takes or that the graph keeps it under
    (`csv:/path/mapping.yaml`). UnknownNameError where the graph holds nothing of it.
    """
    if sum(map(bool, (source, document, run))) != 1:
        raise InputError("Name exactly one of --source, --document and --run to retract.")
    if document:
        return delete_document(store, document)
    if run:
        return _delete_edges(store, "run", run)
    rows = store.read_sources()
    built = [row for row in rows if source in (row["name"], row.get("source"))]
    others = [row for row in rows if row not in built]
    return sum(retract_build(store, row, others) for row in built) if built else _retract_said(store, source, rows)


def _retract_said(store: GraphStore, source: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Delete what an infores CURIE said; a build that others had a share in is read again when it is next asked for."""
    if source == TEXT_SOURCE:
        raise InputError(f"{TEXT_SOURCE} is made of documents; retract them by --document.")
    num = _delete_edges(store, "primary_knowledge_source", source)
    num_nodes = store.delete_in_batches(queries.DELETE_LONELY_NODES, source=source)
    touched = [row for row in rows if source in _edge_sources(row)]
    if not (num or num_nodes or touched):
        raise _nothing_of(source, rows)
    for row in touched:
        if _edge_sources(row) == {source}:
            store.forget_source(row["name"])
        else:
            store.keep_source(row["name"], {**row, "content_hash": ""})
    return num


def _nothing_of(source: str, rows: Sequence[Mapping[str, Any]]) -> InputError:
    if not rows:
        return InputError(f'Nothing was built into this graph, so there is nothing of "{source}" to take back.')
    names = {str(name) for row in rows for name in (row["name"], row.get("source"), *_edge_sources(row)) if name}
    return UnknownNameError("built source", source, names)


def retract_build(store: GraphStore, built: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> int:
    """Delete what one build brought, whoever said it, and what is left of its nodes; returns the number of edges.

    `built` and `others` are rows of `store.read_sources()`; what one of `others` says as well stays. Of text, the edges
    that documents of this graph state stay; predictions go by the runs that the build brought.
    """
    others = list(others)
    edge_sources = _edge_sources(built).difference(*map(_edge_sources, others))
    node_sources = _node_sources(built).difference(*map(_node_sources, others))
    num = sum(_delete_said(store, source, built) for source in sorted(edge_sources))
    for source in sorted(node_sources):
        store.delete_in_batches(queries.DELETE_LONELY_NODES, source=source)
    store.forget_source(built["name"])
    return num


def _delete_said(store: GraphStore, source: str, built: Mapping[str, Any]) -> int:
    if source == TEXT_SOURCE:
        return delete_unstated(store)
    if source == MODEL_SOURCE:
        return sum(_delete_edges(store, "run", run) for run in built.get("runs") or ())
    return _delete_edges(store, "primary_knowledge_source", source)


def _delete_edges(store: GraphStore, key: str, value: str) -> int:
    return sum(
        store.delete_in_batches(queries.delete_edges_where(predicate, key), value=value) for predicate in Predicate
    )


def _edge_sources(row: Mapping[str, Any]) -> set[str]:
    return set(row.get("all_infores") or [row["infores"]])


def _node_sources(row: Mapping[str, Any]) -> set[str]:
    return _edge_sources(row) | set(row.get("node_sources") or ())
