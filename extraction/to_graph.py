"""What was read, as the graph keeps it: documents, mentions and statements with identifiers that hold across runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from extraction.document import Annotated
from extraction.doses import with_doses
from kg.documents import ReadDocument
from kg.model import Document, Statement, stable_id, to_properties

_NOTE = "note"


def to_read_document(annotated: Annotated, reading: str = "") -> ReadDocument:
    """Return a document with its mentions and statements as the graph store takes them.

    `reading` names how it was read (model, identifiers, rules): the same text read in another way is another content.
    Statements with a family member's mention or without both concepts never come this far; a negated statement is kept
    as negated, and its edge speaks against, not for.
    """
    source = annotated.source
    document_id = to_document_id(source.document)
    document = replace(
        source.document,
        document_id=document_id,
        content_hash=reading_hash(source.document, reading),
        properties=to_properties({"path": source.path, "position": source.position}),
    )
    kept = [replace(m, document_id=document_id, curie=_one_curie(m.curie)) for m in annotated.mentions]
    mentions = with_doses(document.text, kept)
    statements = tuple(replace(s, document_id=document_id) for s in _keep_surest(annotated.statements))
    return document, mentions, statements


def to_document_id(document: Document) -> str:
    """Return the identifier of a document in the graph: a bare number of an abstract or article is a PubMed one.

    >>> to_document_id(Document("6794356", "", "x", "abstract", "", ""))
    'PMID:6794356'
    """
    if document.kind != _NOTE and document.document_id.isdigit():
        return f"PMID:{document.document_id}"
    return document.document_id


def reading_hash(document: Document, reading: str) -> str:
    """Return the hash that changes with the text and with the way of reading it."""
    return stable_id(document.content_hash, reading)


def _keep_surest(statements: Iterable[Statement]) -> list[Statement]:
    """Return one statement per sentence, triple and polarity: they share an identifier in the graph."""
    best: dict[str, Statement] = {}
    for statement in statements:
        known = best.get(statement.statement_id)
        if known is None or (statement.confidence or 0.0) > (known.confidence or 0.0):
            best[statement.statement_id] = statement
    return list(best.values())


def _one_curie(curie: str) -> str:
    return curie.split("|", 1)[0]
