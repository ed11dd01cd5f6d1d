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
from kg.sources.files import open_text, strip_compression
from kg.sources.obo_text import EQUIVALENT, OboTerm, is_equivalent
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
# Of an unnamed thing, by its label: what is said of it. A set, because it may be gathered from several places.
Unnamed = dict[str, dict[str, set[str]]]


@dataclass(slots=True)
class _Frame:
    """What stands in one place of the file about a named thing, and about unnamed things just before and after."""

    subject: str
    before: Unnamed = field(default_factory=dict)
    after: Unnamed = field(default_factory=dict)
    values: dict[str, list[Value]] = field(default_factory=lambda: defaultdict(list))

    def list_restrictions(self) -> set[str]:
        """The labels of its unnamed superclasses."""
        return {v.value for v in self.values[_SUBCLASS_OF] if isinstance(v, BlankNode)}

    def find_unknown(self) -> set[str]:
        """The labels of unnamed superclasses that are told of elsewhere."""
        return self.list_restrictions() - self.before.keys() - self.after.keys()

    def find_own(self) -> Unnamed:
        """What is said near by of the unnamed things that belong to it."""
        own: Unnamed = {}
        restrictions = self.list_restrictions()
        for near in (self.before, self.after):
            is_own = {k: v for k, v in near.items() if k in restrictions or self.subject in v.get(_ANNOTATED[0], ())}
            _gather(is_own, own)
        return own

    def texts(self, *predicates: str) -> list[str]:
        """The values of some predicates as text, sorted."""
        return sorted(value.value for predicate in predicates for value in self.values[predicate])


@dataclass(slots=True)
class _Scattered:
    """What the first pass found: keys of things told of in several places, labels of superclasses apart from theirs."""

    keys: frozenset[str] = frozenset()
    apart: set[str] = field(default_factory=set)

    def find(self, things: Unnamed) -> Unnamed:
        """Those of unnamed things that are told of in several places, or belong to what is, or lie apart from it."""
        return {label: thing for label, thing in things.items() if self._holds(label, thing)}

    def _holds(self, label: str, thing: dict[str, set[str]]) -> bool:
        # The label of a thing that has none in the file is another one in each pass.
        keys = (_key(name) for name in (f"_:{label}", *thing.get(_ANNOTATED[0], ())))
        return label in self.apart or not self.keys.isdisjoint(keys)


def read_owl_terms(path: Path) -> Iterator[OboTerm]:
    """Yield the named classes of the file; FormatError where it is not OWL.

    RDF has no order, so a first pass finds the things that are told of in several places; only these stay in memory.
    """
    scattered = _find_scattered(path)
    late: dict[str, _Frame] = {}
    apart: Unnamed = {}
    for frame in _read_frames(path):
        for near in (frame.before, frame.after):
            _gather(scattered.find(near), apart)
        own = frame.find_own()
        if _key(frame.subject) not in scattered.keys and not scattered.find(own):
            yield from _to_terms(frame, own)
            continue
        whole = late.setdefault(frame.subject, _Frame(frame.subject))
        _gather(own, whole.after)
        for predicate, values in frame.values.items():
            whole.values[predicate] += values
    axioms = _list_axioms(apart)
    for whole in late.values():
        labels = whole.list_restrictions() | axioms.get(whole.subject, set())
        _gather({label: apart[label] for label in labels & apart.keys()}, whole.after)
        yield from _to_terms(whole, whole.after)


def _find_scattered(path: Path) -> _Scattered:
    """Find what is told of in several places: for each thing a key a place, and one more where something lies apart."""
    found = _Scattered()

    def list_keys() -> Iterator[str]:
        previous = _Frame("")
        for frame in _read_frames(path):
            yield from list_unnamed(frame.before, previous.subject, frame.subject)
            yield _key(frame.subject)
            if missing := frame.find_unknown():
                found.apart |= missing
                yield _key(frame.subject)
            previous = frame
        yield from list_unnamed(previous.after, previous.subject, previous.subject)

    def list_unnamed(things: Unnamed, *neighbours: str) -> Iterator[str]:
        for label, thing in things.items():
            yield _key(f"_:{label}")
            for subject in thing.get(_ANNOTATED[0], set()).difference(neighbours):
                yield from (_key(subject), _key(subject))

    found.keys = find_repeated(list_keys())
    return found


def _gather(things: Unnamed, into: Unnamed) -> None:
    """Add what is said of unnamed things to what is known of them."""
    for label, thing in things.items():
        known = into.setdefault(label, {})
        for predicate, values in thing.items():
            known.setdefault(predicate, set()).update(values)


def _list_axioms(things: Unnamed) -> dict[str, set[str]]:
    """The labels of the axioms among unnamed things, by the class that they are about."""
    axioms: dict[str, set[str]] = defaultdict(set)
    for label, thing in things.items():
        for subject in thing.get(_ANNOTATED[0], ()):
            axioms[subject].add(label)
    return axioms


def _read_frames(path: Path) -> Iterator[_Frame]:
    """Yield what the file says, one place after the other.

    An unnamed thing may stand before the first triple of what it belongs to, so it is told to both neighbours.
    """
    frame, label = _Frame(""), ""
    for subject, predicate, value in _read_triples(path):
        if isinstance(subject, BlankNode):
            if subject.value != label:
                _shorten(frame.after, label)
                label = subject.value
            if predicate in _OF_UNNAMED:
                frame.after.setdefault(label, {}).setdefault(predicate, set()).add(value.value)
        elif predicate in _OF_NAMED:
            if subject.value != frame.subject:
                _shorten(frame.after, label)
                if frame.subject:
                    yield frame
                frame, label = _Frame(subject.value, frame.after), ""
            frame.values[predicate].append(value)
    if frame.subject:
        yield frame


def _shorten(things: Unnamed, label: str) -> None:
    """Keep of an axiom only what counts, because many may stand in one place.

    Nothing of one about something else than a cross-reference, and of an equivalent one that it is one.
    """
    thing = things.get(label, {})
    if thing.get(_ANNOTATED[1], {_XREF}) != {_XREF}:
        del things[label]
    elif EQUIVALENT in thing.get(_SOURCE, ()):
        things[label] = {_SOURCE: {EQUIVALENT}}


def _read_triples(path: Path) -> Iterator[tuple[NamedNode | BlankNode, str, Value]]:
    is_turtle = strip_compression(path.name).endswith(".ttl")
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


def _to_terms(frame: _Frame, unnamed: Unnamed) -> Iterator[OboTerm]:
    """The frame's term, or nothing where it is no class; `unnamed` is what belongs to it."""
    if f"{_OWL}Class" not in frame.texts(_TYPE):
        return
    term = OboTerm(normalise_curie(frame.subject), name=_choose_label(frame))
    term.namespace = next(iter(frame.texts(_NAMESPACE)), "")
    term.obsolete = bool({"true", "1"} & set(frame.texts(_DEPRECATED)))
    term.replaced_by = normalise_curie(next(iter(frame.texts(_REPLACED_BY)), ""))
    term.synonyms, term.close_synonyms = frame.texts(_EXACT), frame.texts(*_CLOSE)
    unlike = _find_unlike(unnamed)
    term.xrefs = [normalise_curie(xref) for xref in frame.texts(_XREF) if xref not in unlike]
    term.alt_ids = [normalise_curie(curie) for curie in frame.texts(_ALT_ID)]
    _add_superclasses(frame, unnamed, term)
    yield term


def _choose_label(frame: _Frame) -> str:
    """The label without a language or in English, else the first of any."""
    labels = [v for v in frame.values[_LABEL] if isinstance(v, Literal)]
    return min(((label.language or "en")[:2] != "en", label.value) for label in labels)[1] if labels else ""


def _find_unlike(unnamed: Unnamed) -> set[str]:
    """Cross-references that an axiom marks as something else than an equivalent."""
    return {
        target
        for axiom in unnamed.values()
        if axiom.get(_ANNOTATED[1]) == {_XREF} and not is_equivalent(axiom.get(_SOURCE, ()))
        for target in axiom.get(_ANNOTATED[2], ())
    }


def _add_superclasses(frame: _Frame, unnamed: Unnamed, term: OboTerm) -> None:
    """Named superclasses are parents; `some` restrictions are relations."""
    for parent in frame.values[_SUBCLASS_OF]:
        if not isinstance(parent, BlankNode):
            term.parents.append(normalise_curie(parent.value))
            continue
        restriction = unnamed.get(parent.value, {})
        for relation in restriction.get(_ON_PROPERTY, ()):
            for target in restriction.get(_SOME_VALUES_FROM, ()):
                term.relations.append((relation.rpartition("/")[2].replace("_", ":", 1), normalise_curie(target)))
    term.parents.sort()
    term.relations.sort()


def _key(subject: str) -> str:
    return blake2b(subject.encode(), digest_size=16).hexdigest()
