"""The texts of a patient, read by the extraction pipeline: each mention keeps its assertion.

The pipeline costs seconds to import and most patients bring no text, so it is imported for the first text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from kg.model import Document, Node, stable_id
from kg.store import GraphStore
from recommender.patient import ClinicalText, TextMention
from recommender.recommend import Recommender

if TYPE_CHECKING:
    from extraction.document import SourceDocument
    from extraction.pipeline import Extractor


class NodeReader(Protocol):
    """What is needed of a graph: its nodes, whose names are looked for."""

    def read_nodes(self) -> list[Node]:
        """Return all nodes."""
        ...


@dataclass(frozen=True)
class TextReader:
    """Reads a patient's texts with the names of one graph; its model is loaded for the first text, not before."""

    store: NodeReader
    model: str = "fast"

    @cached_property
    def _extractor(self) -> Extractor:
        from extraction.pipeline import ExtractionConfig

        return ExtractionConfig(model=self.model).create(self.store.read_nodes())

    def __call__(self, text: ClinicalText) -> Iterator[TextMention]:
        """Yield what the text says, with negation, uncertainty, family and time."""
        from extraction.document import Annotated

        for item in self._extractor.annotate([to_document(text)]):
            if isinstance(item, Annotated):
                for m in item.mentions:
                    flags = (m.negated, m.uncertain, m.family, m.historical, m.hypothetical)
                    yield TextMention(m.text, m.curie, m.type, *flags, origin=text.origin)


def to_document(text: ClinicalText) -> SourceDocument:
    """Return a patient's text as the extraction room takes it: a note, so identifiers go first."""
    from extraction.document import SourceDocument
    from extraction.sections import read_sections

    where = text.origin.where or "text"
    document = Document(where, "", text.text, "note", "infores:patient", stable_id("", text.text))
    return SourceDocument(document, where, "whole text", sections=read_sections(text.text))


def open_recommender(store: GraphStore) -> Recommender:
    """Return a recommender for the graph that also reads the patients' texts."""
    return Recommender.open(store, annotate=TextReader(store))
