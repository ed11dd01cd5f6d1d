"""RDF with Biolink's IRIs: N-Triples and Turtle, both streaming.

Every edge is a `biolink:Association` of its own that carries all evidence; a positive, asserted edge also stands as
one plain triple, so that simple queries need no associations. Negated edges and predictions never become plain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from shlex import quote
from typing import Final

from rdflib import RDF, RDFS, XSD, Graph, Literal, Namespace, URIRef
from rdflib.term import Node as Term

from kg.model import Edge, Node, Properties, Value
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from ontologies.prefixes import from_iri, to_iri

BIOLINK: Final = Namespace("https://w3id.org/biolink/vocab/")
PROPERTY: Final = Namespace("https://w3id.org/theragraph/property/")
LIST: Final = Namespace("https://w3id.org/theragraph/list/")
ORDERED: Final = Namespace("https://w3id.org/theragraph/ordered/")
EDGE: Final = Namespace("https://w3id.org/theragraph/edge/")

_PREFIXES: Final = {"biolink": BIOLINK, "property": PROPERTY, "list": LIST, "ordered": ORDERED}
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Triple = tuple[URIRef, URIRef, Term]


def write_ntriples(
    nodes: Iterable[Node], edges: Callable[[], Iterable[Edge]], folder: Path
) -> tuple[tuple[Path, ...], str]:
    """Write `graph.nt` line by line."""
    path = folder / "graph.nt"
    with path.open("w", encoding="utf-8") as handle:
        for subject, predicate, object_ in to_triples(nodes, edges()):
            handle.write(f"{subject.n3()} {predicate.n3()} {_to_text(object_)} .\n")
    return (path,), f"riot --count {quote(str(path))}"


def write_turtle(
    nodes: Iterable[Node], edges: Callable[[], Iterable[Edge]], folder: Path
) -> tuple[tuple[Path, ...], str]:
    """Write `graph.ttl`, a block a subject. (rdflib's serialiser would round doubles to seven digits.)"""
    path = folder / "graph.ttl"
    with path.open("w", encoding="utf-8") as handle:
        handle.writelines(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in _PREFIXES.items())
        for subject, group in groupby(to_triples(nodes, edges()), key=lambda triple: triple[0]):
            pairs = (f"{_shorten(predicate)} {_to_text(object_)}" for _, predicate, object_ in group)
            handle.write(f"\n{subject.n3()} " + " ;\n    ".join(pairs) + " .\n")
    return (path,), f"riot --count {quote(str(path))}"


def to_rdf(nodes: Iterable[Node], edges: Iterable[Edge]) -> Graph:
    """Return the graph as an rdflib graph."""
    graph = Graph()
    for prefix, namespace in _PREFIXES.items():
        graph.bind(prefix, namespace)
    for triple in to_triples(nodes, edges):
        graph.add(triple)
    return graph


def from_rdf(graph: Graph) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return the nodes and edges of a graph that `to_rdf` made, sorted."""
    associations = set(graph.subjects(RDF.type, BIOLINK.Association))
    nodes = (_to_node(graph, s) for s in graph.subjects(RDFS.label) if isinstance(s, URIRef))
    edges = (_to_edge(graph, s) for s in associations if isinstance(s, URIRef))
    return tuple(sorted(nodes, key=lambda n: n.curie)), tuple(sorted(edges, key=lambda e: e.edge_key))


def to_triples(nodes: Iterable[Node], edges: Iterable[Edge]) -> Iterator[Triple]:
    """Yield the triples of nodes, then those of edges."""
    for node in nodes:
        yield from _node_triples(node)
    for edge in edges:
        yield from _edge_triples(edge)


def _node_triples(node: Node) -> Iterator[Triple]:
    subject = URIRef(to_iri(node.curie))
    yield subject, RDF.type, BIOLINK[node.category]
    yield subject, RDFS.label, Literal(node.name)
    yield subject, BIOLINK.provided_by, URIRef(to_iri(node.source))
    yield from ((subject, BIOLINK.synonym, Literal(synonym)) for synonym in node.synonyms)
    yield from ((subject, BIOLINK.xref, URIRef(to_iri(xref))) for xref in node.xrefs)
    yield from _property_triples(subject, node.properties)


def _edge_triples(edge: Edge) -> Iterator[Triple]:
    start, end = URIRef(to_iri(edge.subject)), URIRef(to_iri(edge.object))
    subject = EDGE[edge.edge_key]
    if not edge.negated and edge.knowledge_level is not KnowledgeLevel.PREDICTION:
        yield start, BIOLINK[edge.predicate], end
    yield subject, RDF.type, BIOLINK.Association
    yield subject, BIOLINK.subject, start
    yield subject, BIOLINK.predicate, BIOLINK[edge.predicate]
    yield subject, BIOLINK.object, end
    yield subject, BIOLINK.primary_knowledge_source, URIRef(to_iri(edge.primary_knowledge_source))
    yield subject, BIOLINK.knowledge_level, Literal(edge.knowledge_level.value)
    yield subject, BIOLINK.agent_type, Literal(edge.agent_type.value)
    yield subject, BIOLINK.negated, Literal(edge.negated)
    yield from ((subject, BIOLINK.publications, URIRef(to_iri(p))) for p in edge.publications)
    if edge.confidence is not None:
        yield subject, PROPERTY.confidence, _to_literal(edge.confidence)
    if edge.release:
        yield subject, PROPERTY.release, Literal(edge.release)
    if edge.run:
        yield subject, PROPERTY.run, Literal(edge.run)
    yield from _property_triples(subject, edge.properties)


def _property_triples(subject: URIRef, properties: Properties) -> Iterator[Triple]:
    """Scalars below `property/`, the items of lists below `list/`, so that a list of one stays a list.

    RDF's items have no order: a list in an order of its own stands below `ordered/`, too, as JSON.
    """
    for name, value in properties:
        if isinstance(value, tuple):
            yield from ((subject, LIST[name], Literal(item)) for item in value)
            if list(value) != sorted(set(value)):
                yield subject, ORDERED[name], Literal(json.dumps(value, ensure_ascii=False))
        else:
            yield subject, PROPERTY[name], _to_literal(value)


def _to_literal(value: str | int | float | bool) -> Literal:
    return Literal(repr(value), datatype=XSD.double) if isinstance(value, float) else Literal(value)


def _to_text(term: Term) -> str:
    """N-Triples has one line a triple: rdflib's long quotes and number short-cuts are not allowed."""
    if not isinstance(term, Literal):
        return term.n3()
    escaped = str(term)
    for character, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        escaped = escaped.replace(character, escape)
    return f'"{escaped}"' + (f"^^<{term.datatype}>" if term.datatype else "")


def _shorten(term: URIRef) -> str:
    """The term with a prefix where it has one and a plain local name, for readers' eyes."""
    for prefix, namespace in _PREFIXES.items():
        local = str(term).removeprefix(str(namespace))
        if local != str(term) and _PLAIN_NAME.fullmatch(local):
            return f"{prefix}:{local}"
    return term.n3()


def _to_node(graph: Graph, subject: URIRef) -> Node:
    return Node(
        from_iri(str(subject)),
        Category(_local(graph, subject, RDF.type)),
        str(graph.value(subject, RDFS.label)),
        from_iri(str(graph.value(subject, BIOLINK.provided_by))),
        synonyms=tuple(sorted(map(str, graph.objects(subject, BIOLINK.synonym)))),
        xrefs=tuple(sorted(from_iri(str(x)) for x in graph.objects(subject, BIOLINK.xref))),
        properties=_read_properties(graph, subject),
    )


def _to_edge(graph: Graph, subject: URIRef) -> Edge:
    def curie(term: URIRef) -> str:
        return from_iri(str(graph.value(subject, term)))

    own = dict(_read_properties(graph, subject))
    confidence = own.pop("confidence", None)
    return Edge(
        curie(BIOLINK.subject),
        Predicate(_local(graph, subject, BIOLINK.predicate)),
        curie(BIOLINK.object),
        curie(BIOLINK.primary_knowledge_source),
        KnowledgeLevel(str(graph.value(subject, BIOLINK.knowledge_level))),
        AgentType(str(graph.value(subject, BIOLINK.agent_type))),
        negated=graph.value(subject, BIOLINK.negated) == Literal(True),
        publications=tuple(sorted(from_iri(str(p)) for p in graph.objects(subject, BIOLINK.publications))),
        confidence=confidence if isinstance(confidence, float) else None,
        release=str(own.pop("release", "")),
        run=str(own.pop("run", "")),
        properties=tuple(sorted(own.items())),
    )


def _local(graph: Graph, subject: URIRef, predicate: URIRef) -> str:
    return str(graph.value(subject, predicate)).removeprefix(str(BIOLINK))


def _read_properties(graph: Graph, subject: URIRef) -> Properties:
    values: dict[str, Value] = {}
    for predicate, object_ in graph.predicate_objects(subject):
        name = str(predicate)
        if name.startswith(str(PROPERTY)) and isinstance(object_, Literal):
            values[name.removeprefix(str(PROPERTY))] = object_.toPython()
        elif name.startswith(str(LIST)):
            key = name.removeprefix(str(LIST))
            values[key] = tuple(sorted((*_as_tuple(values.get(key)), str(object_))))
    return tuple(sorted((values | _read_ordered(graph, subject)).items()))


def _read_ordered(graph: Graph, subject: URIRef) -> dict[str, Value]:
    found = ((str(predicate), str(text)) for predicate, text in graph.predicate_objects(subject))
    prefix = str(ORDERED)
    return {name.removeprefix(prefix): tuple(json.loads(text)) for name, text in found if name.startswith(prefix)}


def _as_tuple(value: Value | None) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()
