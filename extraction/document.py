"""The values that travel through the room, and the two seams: a recognizer of spans and a linker of spans.

All offsets are characters of `Document.text`, end exclusive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kg.model import Document, Mention, Statement, stable_id


class EntityType(StrEnum):
    """What a span names; the values are the `type` of every output."""

    DISEASE = "disease"
    DRUG = "drug"
    SYMPTOM = "symptom"
    GENE = "gene"
    VARIANT = "variant"
    PROCEDURE = "procedure"
    LAB_TEST = "lab_test"
    DOSE = "dose"


@dataclass(frozen=True, slots=True)
class Span:
    """One recognised span. `score` is a probability; `curie` is filled only by a recognizer that knows it."""

    start: int
    end: int
    type: EntityType
    score: float = 1.0
    curie: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """The concept that a span names; an empty `curie` is NIL, `score` is the calibrated probability of the choice."""

    curie: str
    score: float


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """The spans of one text; `long_forms` maps an abbreviation of this document to its long form."""

    text: str
    spans: tuple[Span, ...]
    long_forms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document. `title` is as written, `name` the normalised one (`family_history`), "" before any header.

    `start` is the first character of the header, `body` the first one after it.
    """

    name: str
    title: str
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True)
class GoldRelation:
    """A relation of an annotated corpus, between concepts of the document; `type` as the corpus writes it."""

    type: str
    subject: str
    object: str


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One document as its file had it. `mentions` and `relations` are the file's own (gold) annotations.

    A gold mention's `curie` may hold several, joined by `|`, as the corpora write them. `position` says where in
    the file the document begins ("line 12", "record 3").
    """

    document: Document
    path: str
    position: str
    sections: tuple[Section, ...] = ()
    mentions: tuple[Mention, ...] = ()
    relations: tuple[GoldRelation, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that was not read: where it is and why."""

    path: str
    position: str
    reason: str


@dataclass(frozen=True, slots=True)
class Annotated:
    """One document with what was read from it."""

    source: SourceDocument
    mentions: tuple[Mention, ...]
    statements: tuple[Statement, ...]


class Recognizer(Protocol):
    """Finds spans in texts. Scores are probabilities; spans of one list do not overlap."""

    def recognize(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        """Yield the spans of each text, in its order, sorted by start."""
        ...


class Linker(Protocol):
    """Chooses a concept for each span."""

    def link(self, requests: Iterable[LinkRequest]) -> Iterator[list[Link]]:
        """Yield one link per span of each request, in order."""
        ...


def content_hash(title: str, text: str) -> str:
    """Return the hash that decides whether a document changed since it was last read."""
    return stable_id(title, text)
