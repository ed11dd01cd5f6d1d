"""Taking back what one source, one document or one model run said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg import queries
from kg.documents import delete_document
from kg.errors import InputError
from kg.model import TEXT_SOURCE
from ontologies.biolink import Predicate

if TYPE_CHECKING:
    from kg.store import GraphStore


def retract(store: GraphStore, *, source: str = "", document: str = "", run: str = "") -> int:
    """Delete what exactly one of a source (infores CURIE), a document or a run said; returns the number of edges
    (for a document: of documents) deleted. Nodes that only this source named and nothing refers to go, too.
    """
    if sum(map(bool, (source, document, run))) != 1:
        raise InputError("Name exactly one of --source, --document and --run to retract.")
    if document:
        return delete_document(store, document)
    if source == TEXT_SOURCE:
        raise InputError(f"{TEXT_SOURCE} is made of documents; retract them by --document.")
    key, value = ("primary_knowledge_source", source) if source else ("run", run)
    num = sum(
        store.delete_in_batches(queries.delete_edges_where(predicate, key), value=value) for predicate in Predicate
    )
    if source:
        store.delete_in_batches(queries.DELETE_LONELY_NODES, source=source)
        store.forget_source(source)
    return num
