"""What was read from texts, in the graph: documents, mentions, statements, and the edges that statements add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from neo4j import ManagedTransaction

from kg import queries_text as queries
from kg.model import TEXT_SOURCE, Document, Edge, Mention, Statement, to_properties
from kg.rows import to_document_row, to_dose_row, to_mention_row, to_statement_row
from kg.writes import WriteCount, edge_batches, run_in, write_edge_batch
from ontologies.biolink import AgentType, KnowledgeLevel, Predicate

if TYPE_CHECKING:
    from kg.store import GraphStore

_DOCUMENTS_A_TRANSACTION = 25
_SENTENCES_AN_EDGE = 3
_EDGES_A_TRANSACTION = 1000

ReadDocument = tuple[Document, Sequence[Mention], Sequence[Statement]]


@dataclass(frozen=True, slots=True)
class DocumentCount:
    """What a write of documents did; `unwritten` edges named a concept that is not in the graph."""

    written: int = 0
    unchanged: int = 0
    mentions: int = 0
    statements: int = 0
    unwritten: int = 0

    def __add__(self, other: DocumentCount) -> DocumentCount:
        return DocumentCount(
            self.written + other.written,
            self.unchanged + other.unchanged,
            self.mentions + other.mentions,
            self.statements + other.statements,
            self.unwritten + other.unwritten,
        )


def write_documents(store: GraphStore, documents: Iterable[ReadDocument]) -> DocumentCount:
    """Write documents with their mentions and statements, and bring the edges they speak for up to date.

    A document whose `content_hash` stands in the graph already is left alone; one that changed is replaced. Each
    transaction holds whole documents and their edges, so a killed run leaves nothing half written.
    """
    count = DocumentCount()
    for batch in _batches(documents):
        count += store.write(lambda tx, b=batch: _write_batch(tx, b))
    return count


def known_document_hashes(store: GraphStore, document_ids: Sequence[str]) -> dict[str, str]:
    """Return the content hashes of those documents that are in the graph."""
    rows = store.run(queries.DOCUMENT_HASHES, document_ids=list(document_ids))
    return {row["document_id"]: row["content_hash"] for row in rows}


def delete_document(store: GraphStore, document_id: str) -> int:
    """Withdraw one document with its mentions, its statements and its share of the edges; returns 1 or 0."""
    if not known_document_hashes(store, [document_id]):
        return 0
    store.write(lambda tx: _replace(tx, [document_id], []))
    return 1


def delete_unstated(store: GraphStore) -> int:
    """Delete the text edges that no document of this graph states, as files brought them; returns how many.

    Those that documents state are added up again from their statements.
    """
    num = 0
    for predicate in Predicate:
        rows = store.run(queries.text_edges(predicate), source=TEXT_SOURCE)
        touched = [(row["edge_key"], row | {"predicate": predicate.value}) for row in rows]
        for start in range(0, len(touched), _EDGES_A_TRANSACTION):
            batch = dict(touched[start : start + _EDGES_A_TRANSACTION])
            num += store.write(lambda tx, b=batch: _rewrite_edges(tx, b))[1]
    return num


def to_text_edge(statements: Sequence[dict[str, Any]], num_conflicting: int) -> Edge:
    """Return the edge that statements with one `edge_key` add up to.

    Confidence is that of a noisy-or over statements, 1 − ∏(1 − cᵢ), with an unknown confidence counted as nothing.
    """
    first = statements[0]
    documents = sorted({s["document_id"] for s in statements})
    best = sorted(statements, key=lambda s: (-(s.get("confidence") or 0.0), s["document_id"], s["start"]))
    return Edge(
        subject=first["subject"],
        predicate=Predicate(first["predicate"]),
        object=first["object"],
        primary_knowledge_source=TEXT_SOURCE,
        knowledge_level=KnowledgeLevel.KNOWLEDGE_ASSERTION,
        agent_type=AgentType.TEXT_MINING_AGENT,
        negated=bool(first["negated"]),
        publications=tuple(documents),
        confidence=_noisy_or(s.get("confidence") for s in statements),
        properties=to_properties(
            {
                "num_documents": len(documents),
                "num_statements": len(statements),
                "num_conflicting": num_conflicting,
                "sentences": tuple(s["sentence"] for s in best[:_SENTENCES_AN_EDGE]),
            }
        ),
    )


def _noisy_or(confidences: Iterable[float | None]) -> float | None:
    known = [c for c in confidences if c is not None]
    remaining = 1.0
    for confidence in known:
        remaining *= 1.0 - confidence
    return round(1.0 - remaining, 6) if known else None


def _batches(documents: Iterable[ReadDocument]) -> Iterator[list[ReadDocument]]:
    iterator = iter(documents)
    while batch := list(islice(iterator, _DOCUMENTS_A_TRANSACTION)):
        yield batch


def _write_batch(transaction: ManagedTransaction, batch: Sequence[ReadDocument]) -> DocumentCount:
    last = {document.document_id: (document, mentions, statements) for document, mentions, statements in batch}
    rows = run_in(transaction, queries.DOCUMENT_HASHES, document_ids=list(last))
    hashes = {row["document_id"]: row["content_hash"] for row in rows}
    changed = [entry for key, entry in last.items() if hashes.get(key) != entry[0].content_hash]
    unwritten = _replace(transaction, [d.document_id for d, _, _ in changed if d.document_id in hashes], changed)
    return DocumentCount(
        written=len(changed),
        unchanged=len(last) - len(changed),
        mentions=sum(len(mentions) for _, mentions, _ in changed),
        statements=sum(len(statements) for _, _, statements in changed),
        unwritten=unwritten,
    )


def _replace(transaction: ManagedTransaction, old: list[str], new: Sequence[ReadDocument]) -> int:
    """Take the documents `old` out, put `new` in, and rewrite every edge that either speaks for."""
    touched = {row["edge_key"]: row for row in run_in(transaction, queries.DOCUMENT_EDGE_KEYS, document_ids=old)}
    if old:
        for query in (queries.DELETE_STATEMENTS, queries.DELETE_MENTIONS, queries.DELETE_DOCUMENTS):
            run_in(transaction, query, document_ids=old)
    mentions = {m.mention_id: to_mention_row(m) for _, ms, _ in new for m in ms}
    statements = {s.statement_id: to_statement_row(s) for _, _, ss in new for s in ss}
    if new:
        run_in(transaction, queries.CREATE_DOCUMENTS, rows=[to_document_row(d) for d, _, _ in new])
        run_in(transaction, queries.CREATE_MENTIONS, rows=list(mentions.values()))
        doses = [to_dose_row(m, m.dose_of) for _, ms, _ in new for m in ms if m.dose_of is not None]
        run_in(transaction, queries.CREATE_DOSES, rows=doses)
        run_in(transaction, queries.CREATE_STATEMENTS, rows=list(statements.values()))
    touched |= {row["edge_key"]: row for row in statements.values()}
    return _rewrite_edges(transaction, touched)[0]


def _rewrite_edges(transaction: ManagedTransaction, touched: dict[str, dict[str, Any]]) -> tuple[int, int]:
    """Bring text edges in line with the statements that are left.

    Returns how many lack one of their ends, and how many no statement speaks for any more.
    """
    keys = sorted({*touched, *(_opposite_key(row) for row in touched.values())})
    spoken: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in run_in(transaction, queries.STATEMENTS_OF_EDGES, edge_keys=keys):
        spoken[row["statement"]["edge_key"]].append(row["statement"])
    edges = [to_text_edge(group, len(spoken.get(_opposite_key(group[0]), ()))) for group in spoken.values()]
    count = WriteCount()
    for predicate, rows in edge_batches(edges):
        count += write_edge_batch(transaction, predicate, rows)
    unspoken = [row for key, row in touched.items() if key not in spoken]
    _delete_unspoken(transaction, unspoken)
    return count.missing, len(unspoken)


def _opposite_key(row: dict[str, Any]) -> str:
    return Edge(
        row["subject"],
        Predicate(row["predicate"]),
        row["object"],
        TEXT_SOURCE,
        KnowledgeLevel.KNOWLEDGE_ASSERTION,
        AgentType.TEXT_MINING_AGENT,
        negated=not row["negated"],
    ).edge_key


def _delete_unspoken(transaction: ManagedTransaction, rows: Iterable[dict[str, Any]]) -> None:
    by_predicate: dict[Predicate, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        ends = {"subject": row["subject"], "object": row["object"], "key": row["edge_key"]}
        by_predicate[Predicate(row["predicate"])].append(ends)
    for predicate, ends_rows in by_predicate.items():
        run_in(transaction, queries.delete_edges(predicate), rows=ends_rows)
