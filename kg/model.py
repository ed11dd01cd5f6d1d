"""Nodes, edges and text evidence as values.

A node's or edge's `properties` are flat: strings, numbers, booleans, or tuples of strings. Property names that end
with `_qualifier` restrict what the edge says (Biolink's qualifiers) and so belong to its identity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b

from kg.errors import InputError
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

Scalar = str | int | float | bool
Value = Scalar | tuple[str, ...]
Properties = tuple[tuple[str, Value], ...]

TEXT_SOURCE = "infores:theragraph-text"
MODEL_SOURCE = "infores:theragraph-gnn"
STARTER_SOURCE = "infores:theragraph-starter"

_CURIE = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*:[^\s:][^\s]*")
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def is_curie(text: str) -> bool:
    """Whether the text has a CURIE's form.

    >>> is_curie("DOID:9352"), is_curie("9352")
    (True, False)
    """
    return _CURIE.fullmatch(text) is not None


def is_property_name(name: str) -> bool:
    """Whether a property may be called so: letters, digits and underscores, no digit first.

    >>> is_property_name("p_value"), is_property_name("p value")
    (True, False)
    """
    return name.isascii() and name.isidentifier()


def check_curie(curie: str) -> str:
    """Return `curie` when it is one; InputError otherwise.

    >>> check_curie("DOID:9352")
    'DOID:9352'
    """
    if not is_curie(curie):
        raise InputError(f'"{curie}" is not a CURIE; write prefix:local_identifier, such as DOID:9352.')
    return curie


def find_control(text: str) -> str:
    """Return the first character that no file format of graphs can hold (XML 1.0, 2.2), or "".

    >>> find_control("a\\tb"), find_control("a\\x0bb")
    ('', '\\x0b')
    """
    found = _NO_TEXT.search(text)
    return found.group() if found else ""


def without_control(text: str) -> str:
    """Return the text, as long as it was, with blanks for what `find_control` finds.

    >>> without_control("a\\x0cb")
    'a b'
    """
    return _NO_TEXT.sub(" ", text)


def to_properties(values: dict[str, Value | None]) -> Properties:
    """Return sorted properties without the unknown ones: None, "" and () are unknown, 0, 0.0 and False are values.

    What a name may not hold becomes an underscore.

    >>> to_properties({"b": 0.0, "a": None, "p value": "x"})
    (('b', 0.0), ('p_value', 'x'))
    """
    return tuple(sorted((_to_name(k), v) for k, v in values.items() if v is not None and v != "" and v != ()))


@cache
def _to_name(name: str) -> str:
    return name if is_property_name(name) else re.sub(r"\W+|^(?=\d)", "_", name, flags=re.ASCII)


@dataclass(frozen=True, slots=True)
class Node:
    """One concept. `xrefs` are CURIEs of the same concept elsewhere; `source` is an infores CURIE."""

    curie: str
    category: Category
    name: str
    source: str
    synonyms: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()
    properties: Properties = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """One statement of one source; `confidence` None is unknown and 0.0 is a value."""

    subject: str
    predicate: Predicate
    object: str
    primary_knowledge_source: str
    knowledge_level: KnowledgeLevel
    agent_type: AgentType
    negated: bool = False
    publications: tuple[str, ...] = ()
    confidence: float | None = None
    release: str = ""
    run: str = ""
    properties: Properties = ()

    @property
    def qualifiers(self) -> Properties:
        """The properties that restrict what the edge says."""
        return tuple(p for p in self.properties if p[0].endswith("_qualifier"))

    @property
    def edge_key(self) -> str:
        """A 128-bit hash, in hexadecimal, of what makes this edge the same edge in every release.

        Subject, predicate, object, primary knowledge source, polarity, qualifiers and, for predictions, the run.
        """
        return stable_id(*self.key_parts)

    @property
    def key_parts(self) -> list[str]:
        """What `edge_key` hashes; the first three are subject, predicate, object."""
        parts = [self.subject, self.predicate.value, self.object, self.primary_knowledge_source]
        parts += ["negated" if self.negated else "", self.run]
        return parts + [f"{name}={value}" for name, value in sorted(self.qualifiers)]


@dataclass(frozen=True, slots=True)
class Document:
    """One text that was read. `text` is kept so that offsets can be shown; `kind` is abstract, note, article …"""

    document_id: str
    title: str
    text: str
    kind: str
    source: str
    content_hash: str
    properties: Properties = ()


@dataclass(frozen=True, slots=True)
class DoseOf:
    """The drug's mention that a dose belongs to, and the dose taken apart as written; "" for what is not said."""

    drug_mention_id: str
    amount: str
    unit: str
    route: str = ""
    frequency: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """One span of a document that names a concept; `start` and `end` are characters of the document's text."""

    document_id: str
    start: int
    end: int
    text: str
    type: str
    curie: str = ""
    score: float | None = None
    section: str = ""
    negated: bool = False
    uncertain: bool = False
    hypothetical: bool = False
    family: bool = False
    historical: bool = False
    dose_of: DoseOf | None = None

    @property
    def mention_id(self) -> str:
        """Stable across re-reading: the document, the span, the type."""
        return stable_id(self.document_id, str(self.start), str(self.end), self.type)


@dataclass(frozen=True, slots=True)
class Statement:
    """What one sentence says about two concepts; `start` and `end` delimit the sentence in the document's text."""

    document_id: str
    subject: str
    predicate: Predicate
    object: str
    start: int
    end: int
    sentence: str
    section: str = ""
    negated: bool = False
    uncertain: bool = False
    confidence: float | None = None
    rule: str = ""
    subject_span: tuple[int, int] = field(default=(0, 0))
    object_span: tuple[int, int] = field(default=(0, 0))

    @property
    def statement_id(self) -> str:
        """Stable across re-reading: the document, the sentence, the triple and its polarity."""
        return stable_id(
            self.document_id,
            f"{self.start}-{self.end}",
            self.subject,
            self.predicate.value,
            self.object,
            "negated" if self.negated else "",
        )

    @property
    def edge_key(self) -> str:
        """The key of the edge that this statement is evidence for."""
        return Edge(
            self.subject,
            self.predicate,
            self.object,
            TEXT_SOURCE,
            KnowledgeLevel.KNOWLEDGE_ASSERTION,
            AgentType.TEXT_MINING_AGENT,
            negated=self.negated,
        ).edge_key


def stable_id(*parts: str) -> str:
    """Return a 128-bit hash of the parts, the same on every machine and in every run."""
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
