"""Terms of an OWL ontology in RDF/XML or Turtle, streamed as pyoxigraph reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final
from xml.parsers import expat

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from kg.errors import FormatError
from kg.key_set import find_repeated
from kg.sources.files import open_text
from kg.sources.obo_text import OboTerm, is_equivalent
from ontologies.prefixes import normalise_curie

_RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
_OWL: Final = "http://www.w3.org/2002/07/owl#"
_OIO: Final = "http://www.geneontology.org/formats/oboInOwl#"
_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_LABEL, _SUBCLASS_OF = f"{_RDFS}label", f"{_RDFS}subClassOf"
_DEPRECATED: Final = f"{_OWL}deprecated"
_REPLACED_BY: Final = "http://purl.obolibrary.org/obo/IAO_0100001"
_NAMESPACE, _ALT_ID = f"{_OIO}hasOBONamespace", f"{_OIO}hasAlternativeId"
_EXACT, _XREF, _SOURCE = f"{_OIO}hasExactSynonym", f"{_OIO}hasDbXref", f"{_OIO}source"
_CLOSE: Final = tuple(f"{_OIO}has{scope}Synonym" for scope in ("Related", "Narrow", "Broad"))
_ON_PROPERTY, _SOME_VALUES_FROM = f"{_OWL}onProperty", f"{_OWL}someValuesFrom"
_ANNOTATED: Final = tuple(f"{_OWL}annotated{part}" for part in ("Source", "Property", "Target"))
_OF_NAMED: Final = frozenset(
    {_TYPE, _LABEL, _SUBCLASS_OF, _DEPRECATED, _REPLACED_BY, _NAMESPACE, _ALT_ID, _EXACT, _XREF, *_CLOSE}
)
_OF_UNNAMED: Final = frozenset({_ON_PROPERTY, _SOME_VALUES_FROM, _SOURCE, *_ANNOTATED})

Value = NamedNode | BlankNode | Literal
Unnamed = dict[str, dict[str, list[str]]]


@dataclass(slots=True)
class _Frame:
    """What stands in one place of the file about a named thing, and about unnamed things there and just before."""

    subject: str
    unnamed: Unnamed = field(default_factory=dict)
    values: dict[str, list[Value]] = field(default_factory=lambda: defaultdict(list))

    def find_unknown(self) -> set[str]:
        """The labels of unnamed superclasses that are told of elsewhere."""
        return {v.value for v in self.values[_SUBCLASS_OF] if isinstance(v, BlankNode)} - set(self.unnamed)

    def texts(self, *predicates: str) -> list[str]:
        """The values of some predicates as text, sorted."""
        return sorted(value.value for predicate in predicates for value in self.values[predicate])


def read_owl_terms(path: Path) -> Iterator[OboTerm]:
    """Yield the named classes of the file; FormatError where it is not OWL.

    RDF has no order, so a first pass finds the things that are told of in several places; only these stay in memory.
    """
    scattered, unknown = _find_scattered(path)
    late: dict[str, _Frame] = {}
    apart: Unnamed = {}
    for frame in _read_frames(path):
        apart |= {label: frame.unnamed[label] for label in unknown & frame.unnamed.keys()}
        if _key(frame.subject) not in scattered:
            yield from _to_terms(frame)
            continue
        whole = late.setdefault(frame.subject, _Frame(frame.subject))
        whole.unnamed |= frame.unnamed
        for predicate, values in frame.values.items():
            whole.values[predicate] += values
    for whole in late.values():
        whole.unnamed = apart | whole.unnamed
        yield from _to_terms(whole)


def _find_scattered(path: Path) -> tuple[frozenset[str], set[str]]:
    """The keys of named things told of in several places, and the labels of unnamed ones told of apart from them."""
    unknown: set[str] = set()

    def list_keys() -> Iterator[str]:
        for frame in _read_frames(path):
            yield _key(frame.subject)
            if missing := frame.find_unknown():
                unknown.update(missing)
                yield _key(frame.subject)

    return find_repeated(list_keys()), unknown


def _read_frames(path: Path) -> Iterator[_Frame]:
    """Yield what the file says, one place after the other.

    An unnamed thing may stand before the first triple of what it belongs to, so it is told to both neighbours.
    """
    frame, here = _Frame(""), Unnamed()
    for subject, predicate, value in _read_triples(path):
        if isinstance(subject, BlankNode):
            if predicate in _OF_UNNAMED:
                for unnamed in (here, frame.unnamed):
                    unnamed.setdefault(subject.value, {}).setdefault(predicate, []).append(value.value)
        elif predicate in _OF_NAMED:
            if subject.value != frame.subject:
                if frame.subject:
                    yield frame
                frame, here = _Frame(subject.value, here), {}
            frame.values[predicate].append(value)
    if frame.subject:
        yield frame


def _read_triples(path: Path) -> Iterator[tuple[NamedNode | BlankNode, str, Value]]:
    is_turtle = path.name.removesuffix(".gz").endswith(".ttl")
    try:
        with open_text(path) as file:
            for triple in parse(file, format=RdfFormat.TURTLE if is_turtle else RdfFormat.RDF_XML):
                if not isinstance(triple.subject, Triple) and not isinstance(triple.object, Triple):
                    yield triple.subject, triple.predicate.value, triple.object
    except SyntaxError as error:
        line = error.lineno or _find_broken_line(path)
        raise FormatError(path, f"is not an OWL file ({error.msg})", "repair or fetch it again", line=line) from error


def _find_broken_line(path: Path) -> int | None:
    """The line where the XML breaks, which pyoxigraph does not tell; None where it is XML and no RDF."""
    parser = expat.ParserCreate()
    try:
        with open_text(path) as file:
            for line in file:
                parser.Parse(line)
            parser.Parse("", True)
    except expat.ExpatError as error:
        return error.lineno
    return None


def _to_terms(frame: _Frame) -> Iterator[OboTerm]:
    """The frame's term, or nothing where it is no class."""
    if f"{_OWL}Class" not in frame.texts(_TYPE):
        return
    term = OboTerm(normalise_curie(frame.subject), name=_choose_label(frame))
    term.namespace = next(iter(frame.texts(_NAMESPACE)), "")
    term.obsolete = bool({"true", "1"} & set(frame.texts(_DEPRECATED)))
    term.replaced_by = normalise_curie(next(iter(frame.texts(_REPLACED_BY)), ""))
    term.synonyms, term.close_synonyms = frame.texts(_EXACT), frame.texts(*_CLOSE)
    unlike = _find_unlike(frame)
    term.xrefs = [normalise_curie(xref) for xref in frame.texts(_XREF) if xref not in unlike]
    term.alt_ids = [normalise_curie(curie) for curie in frame.texts(_ALT_ID)]
    _add_superclasses(frame, term)
    yield term


def _choose_label(frame: _Frame) -> str:
    """The label without a language or in English, else the first of any."""
    labels = [v for v in frame.values[_LABEL] if isinstance(v, Literal)]
    return min(((label.language or "en")[:2] != "en", label.value) for label in labels)[1] if labels else ""


def _find_unlike(frame: _Frame) -> set[str]:
    """Cross-references that an axiom beside the class marks as something else than an equivalent."""
    return {
        target
        for axiom in frame.unnamed.values()
        if axiom.get(_ANNOTATED[0]) == [frame.subject] and axiom.get(_ANNOTATED[1]) == [_XREF]
        if not is_equivalent(axiom.get(_SOURCE, []))
        for target in axiom.get(_ANNOTATED[2], [])
    }


def _add_superclasses(frame: _Frame, term: OboTerm) -> None:
    """Named superclasses are parents; `some` restrictions are relations."""
    for parent in frame.values[_SUBCLASS_OF]:
        if not isinstance(parent, BlankNode):
            term.parents.append(normalise_curie(parent.value))
            continue
        restriction = frame.unnamed.get(parent.value, {})
        for relation in restriction.get(_ON_PROPERTY, []):
            for target in restriction.get(_SOME_VALUES_FROM, []):
                term.relations.append((relation.rpartition("/")[2].replace("_", ":", 1), normalise_curie(target)))
    term.parents.sort()
    term.relations.sort()


def _key(subject: str) -> str:
    return blake2b(subject.encode(), digest_size=16).hexdigest()
