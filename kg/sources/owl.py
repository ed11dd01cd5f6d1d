"""Terms of an OWL ontology in RDF/XML or Turtle, through rdflib."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.sax import SAXParseException

from rdflib import OWL, RDF, RDFS, Graph, Literal, Namespace, URIRef
from rdflib.plugins.parsers.notation3 import BadSyntax

from kg.errors import FormatError, InputError
from kg.sources.obo_text import OboTerm
from ontologies.prefixes import normalise_curie

_OIO: Final = Namespace("http://www.geneontology.org/formats/oboInOwl#")
_REPLACED_BY: Final = URIRef("http://purl.obolibrary.org/obo/IAO_0100001")


def read_owl_terms(path: Path) -> Iterator[OboTerm]:
    """Yield the named classes of the file.

    RDF has no order, so the whole graph is in memory while its terms are read.
    """
    graph = _parse(path)
    for subject in sorted({s for s in graph.subjects(RDF.type, OWL.Class) if isinstance(s, URIRef)}):
        yield _to_term(graph, subject)


def _parse(path: Path) -> Graph:
    plain_name = path.name.removesuffix(".gz")
    try:
        data = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
        return Graph().parse(data=data, format="turtle" if plain_name.endswith(".ttl") else "xml")
    except (BadSyntax, SAXParseException) as error:
        line = error.lines + 1 if isinstance(error, BadSyntax) else error.getLineNumber()
        raise FormatError(path, "is not an OWL file", "repair or fetch it again", line=line) from error
    except (EOFError, gzip.BadGzipFile) as error:
        raise FormatError(path, "ends in the middle of its gzip stream", "fetch it again") from error
    except OSError as error:
        raise InputError(f'"{path}" cannot be read ({error.strerror}); check the path.') from error


def _to_term(graph: Graph, subject: URIRef) -> OboTerm:
    term = OboTerm(normalise_curie(str(subject)))
    term.name = str(graph.value(subject, RDFS.label) or "")
    term.namespace = str(graph.value(subject, _OIO.hasOBONamespace) or "")
    term.obsolete = graph.value(subject, OWL.deprecated) == Literal(True)
    term.replaced_by = normalise_curie(str(graph.value(subject, _REPLACED_BY) or ""))
    term.synonyms = _read_values(graph, subject, _OIO.hasExactSynonym)
    for scope in (_OIO.hasRelatedSynonym, _OIO.hasNarrowSynonym, _OIO.hasBroadSynonym):
        term.close_synonyms += _read_values(graph, subject, scope)
    term.xrefs = [normalise_curie(x) for x in _read_values(graph, subject, _OIO.hasDbXref)]
    term.alt_ids = [normalise_curie(x) for x in _read_values(graph, subject, _OIO.hasAlternativeId)]
    _add_superclasses(graph, subject, term)
    return term


def _read_values(graph: Graph, subject: URIRef, predicate: URIRef) -> list[str]:
    return sorted(str(value) for value in graph.objects(subject, predicate))


def _add_superclasses(graph: Graph, subject: URIRef, term: OboTerm) -> None:
    """Named superclasses are parents; `some` restrictions are relations."""
    for parent in graph.objects(subject, RDFS.subClassOf):
        if isinstance(parent, URIRef):
            term.parents.append(normalise_curie(str(parent)))
            continue
        relation, target = graph.value(parent, OWL.onProperty), graph.value(parent, OWL.someValuesFrom)
        if isinstance(relation, URIRef) and isinstance(target, URIRef):
            term.relations.append((str(relation).rpartition("/")[2].replace("_", ":", 1), normalise_curie(str(target))))
    term.parents.sort()
    term.relations.sort()
