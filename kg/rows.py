"""Nodes, edges and text evidence as the rows that the write queries take, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kg.errors import InputError
from kg.model import Document, DoseOf, Edge, Mention, Node, Properties, Statement, stable_id
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

Row = dict[str, Any]

_NODE_FIELDS = frozenset({"curie", "name", "source", "synonyms", "xrefs", "content_hash"})
_EDGE_FIELDS = frozenset(
    {
        "edge_key",
        "primary_knowledge_source",
        "knowledge_level",
        "agent_type",
        "negated",
        "publications",
        "confidence",
        "release",
        "run",
        "content_hash",
    }
)


def to_node_row(node: Node) -> Row:
    """Return the row of a node, with a hash of its content."""
    properties = to_plain(node.properties) | {
        "curie": node.curie,
        "name": node.name,
        "source": node.source,
        "synonyms": sorted(set(node.synonyms)),
        "xrefs": sorted(set(node.xrefs)),
    }
    return {"curie": node.curie, "properties": with_hash(properties)}


def join_node_rows(first: Row, second: Row) -> Row:
    """Return one node's row from what two sources say of it.

    Synonyms and xrefs are joined; name, source and the rest stay as the first says, unless both rows are of one
    source: then the second is its newer word.
    """
    one, two = first["properties"], second["properties"]
    properties = one | two if one["source"] == two["source"] else two | one
    for name in ("synonyms", "xrefs"):
        properties[name] = sorted({*(one.get(name) or ()), *(two.get(name) or ())})
    properties.pop("content_hash", None)
    return {"curie": first["curie"], "properties": with_hash(properties)}


def to_edge_row(edge: Edge) -> Row:
    """Return the row of an edge, with its key and a hash of its content."""
    key = edge.edge_key
    properties = to_edge_values(edge) | {"edge_key": key}
    return {"subject": edge.subject, "object": edge.object, "key": key, "properties": with_hash(properties)}


def to_edge_values(edge: Edge) -> Row:
    """Return what an edge says beside its ends and predicate: fields and properties; an unknown confidence is left out.

    This is the one place where the fields of an edge are spelled out for servers and files; `from_edge_row` reads them.
    """
    values = to_plain(edge.properties) | {
        "primary_knowledge_source": edge.primary_knowledge_source,
        "knowledge_level": edge.knowledge_level.value,
        "agent_type": edge.agent_type.value,
        "negated": edge.negated,
        "publications": sorted(set(edge.publications)),
        "release": edge.release,
        "run": edge.run,
    }
    return values if edge.confidence is None else values | {"confidence": edge.confidence}


def from_node_row(labels: list[str], properties: Mapping[str, Any]) -> Node:
    """Return the node that a row of `READ_NODES` or `NODE` describes."""
    return Node(
        curie=properties["curie"],
        category=_to_category(labels, str(properties["curie"])),
        name=properties["name"],
        source=properties["source"],
        synonyms=tuple(properties.get("synonyms") or ()),
        xrefs=tuple(properties.get("xrefs") or ()),
        properties=_from_plain(properties, _NODE_FIELDS),
    )


def from_edge_row(subject: str, relationship_type: str, object_: str, properties: Mapping[str, Any]) -> Edge:
    """Return the edge that a relationship's ends, type and properties describe."""
    return Edge(
        subject=subject,
        predicate=_to_predicate(relationship_type),
        object=object_,
        primary_knowledge_source=properties["primary_knowledge_source"],
        knowledge_level=KnowledgeLevel(properties["knowledge_level"]),
        agent_type=AgentType(properties["agent_type"]),
        negated=bool(properties["negated"]),
        publications=tuple(properties.get("publications") or ()),
        confidence=properties.get("confidence"),
        release=properties.get("release") or "",
        run=properties.get("run") or "",
        properties=_from_plain(properties, _EDGE_FIELDS),
    )


def _to_category(labels: list[str], curie: str) -> Category:
    known = {category.value for category in Category}
    found = next((label for label in labels if label in known), None)
    if found is None:
        shown = ", ".join(sorted(labels))
        raise InputError(
            f"The node {curie} has no label that is a category (it has: {shown}); give it one or delete it."
        )
    return Category(found)


def _to_predicate(relationship_type: str) -> Predicate:
    try:
        return Predicate.from_relationship_type(relationship_type)
    except ValueError as error:
        raise InputError(
            f'The graph holds relationships of the type "{relationship_type}", which is no predicate here; '
            "delete them or write them as one that is."
        ) from error


def to_document_row(document: Document) -> Row:
    """Return the row of a document."""
    return to_plain(document.properties) | {
        "document_id": document.document_id,
        "title": document.title,
        "text": document.text,
        "kind": document.kind,
        "source": document.source,
        "content_hash": document.content_hash,
    }


def to_mention_row(mention: Mention) -> Row:
    """Return the row of a mention; an unknown score is left out."""
    names = ("document_id", "start", "end", "text", "type", "curie", "score", "section")
    flags = ("negated", "uncertain", "hypothetical", "family", "historical")
    row = {name: getattr(mention, name) for name in names + flags if getattr(mention, name) is not None}
    return row | {"mention_id": mention.mention_id}


def to_dose_row(mention: Mention, dose: DoseOf) -> Row:
    """Return the row that joins the mention of a dose to the mention of its drug."""
    parts = {"amount": dose.amount, "unit": dose.unit, "route": dose.route, "frequency": dose.frequency}
    return {"dose": mention.mention_id, "drug": dose.drug_mention_id, **parts}


def to_statement_row(statement: Statement) -> Row:
    """Return the row of a statement, with the key of the edge it is evidence for."""
    names = ("document_id", "subject", "object", "start", "end", "sentence", "section", "negated", "uncertain", "rule")
    row = {name: getattr(statement, name) for name in names}
    row |= {"predicate": statement.predicate.value, "edge_key": statement.edge_key}
    row |= {"subject_span": list(statement.subject_span), "object_span": list(statement.object_span)}
    if statement.confidence is not None:
        row["confidence"] = statement.confidence
    return row | {"statement_id": statement.statement_id}


def to_plain(properties: Properties) -> Row:
    """Return properties as a dictionary that a driver can send."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in properties}


def with_hash(properties: Row) -> Row:
    """Add `content_hash`, which is the same exactly when the properties are."""
    content = stable_id(*(f"{name}={properties[name]!r}" for name in sorted(properties)))
    return properties | {"content_hash": content}


def _from_plain(properties: Mapping[str, Any], fields: frozenset[str]) -> Properties:
    extra = {name: value for name, value in properties.items() if name not in fields}
    return tuple((name, tuple(v) if isinstance(v, list) else v) for name, v in sorted(extra.items()))
