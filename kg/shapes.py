"""Checking RDF of the graph against the SHACL shapes of `ontologies/shapes.ttl` with pyshacl."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pyshacl import validate
from rdflib import SH, Graph

import ontologies
from kg.errors import FormatError
from ontologies.prefixes import from_iri

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


@cache
def _read_shapes() -> Graph:
    return Graph().parse(SHAPES)
