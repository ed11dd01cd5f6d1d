"""Checking RDF of the graph against the SHACL shapes of `ontologies/shapes.ttl` with pyshacl.

pyshacl takes milliseconds an edge, so an export is checked by a sample of every kind of edge; every single edge was
checked by `kg.rules`, which states the same, when it was written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pyshacl import validate
from rdflib import SH, Graph

import ontologies
from kg.errors import FormatError
from kg.export_rdf import to_rdf
from kg.model import Edge, Node
from ontologies.prefixes import from_iri

_PER_KIND: Final = 10
SHAPES: Final = Path(ontologies.__file__).with_name("shapes.ttl")


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that a shape does not allow; `focus` is the CURIE of a node or of an edge (`theragraph:edge/KEY`)."""

    focus: str
    message: str


def check_shapes(graph: Graph) -> tuple[Violation, ...]:
    """Return what the shapes do not allow, sorted; empty when the graph conforms."""
    _, report, _ = validate(graph, shacl_graph=_read_shapes(), advanced=False, inplace=True)
    if not isinstance(report, Graph):
        raise FormatError(SHAPES, "could not be applied", "see the message of pyshacl")
    found = {
        Violation(from_iri(str(report.value(result, SH.focusNode))), str(report.value(result, SH.resultMessage)))
        for result in report.objects(None, SH.result)
    }
    return tuple(sorted(found, key=lambda v: (v.focus, v.message)))


class EdgeSample:
    """The first edges, ten at most, of every source, predicate, polarity and knowledge level."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, bool, str], list[Edge]] = defaultdict(list)

    def add(self, edge: Edge) -> None:
        """Keep the edge while its kind has room."""
        kind = (edge.primary_knowledge_source, edge.predicate.value, edge.negated, edge.knowledge_level.value)
        if len(self._kinds[kind]) < _PER_KIND:
            self._kinds[kind].append(edge)

    def check(self, nodes: Iterable[Node]) -> tuple[Violation, ...]:
        """Return what the shapes do not allow of the kept edges and their ends."""
        kept = [edge for group in self._kinds.values() for edge in group]
        ends = {curie for edge in kept for curie in (edge.subject, edge.object)}
        return check_shapes(to_rdf((node for node in nodes if node.curie in ends), kept))


@cache
def _read_shapes() -> Graph:
    return Graph().parse(SHAPES)
