"""From documents to mentions and statements: one pure stage over a stream, the same for one text and for a million."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Literal

import scispacy.abbreviation  # noqa: F401  registers the component
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from extraction.abbreviations import settle_abbreviations
from extraction.assertion import Assertion, read_assertions
from extraction.cid_model import RelatedDocument, read_induced
from extraction.consistency import name_everywhere
from extraction.deidentify import deidentify
from extraction.dictionary import DRUG_CLASS, Dictionary, build_dictionary
from extraction.document import (
    Annotated,
    EntityType,
    Link,
    Linker,
    LinkRequest,
    Recognizer,
    Section,
    Skipped,
    SourceDocument,
    Span,
)
from extraction.language import find_foreign_language
from extraction.patterns import find_patterns
from extraction.plans import read_plans
from extraction.plausible import keep_plausible
from extraction.relations import keep_statements, read_relations
from extraction.sections import read_sections, section_at
from extraction.sentences import split_sentences
from extraction.spans import add_curies, keep_longest, merge_spans
from kg.errors import InputError
from kg.model import Document, Mention, Node, Statement

if TYPE_CHECKING:
    from extraction.link import ConceptLinker

DICTIONARY = "dictionary"
FAST = "fast"
NOTE = "note"
ABSTRACT = "abstract"
CORPUS_IDS = "MESH"
Deidentify = Literal["notes", "always", "never"]


@dataclass(frozen=True, slots=True)
class ExtractionConfig:
    """How to read. `model` names a recognizer; `ids` is the prefix that mentions are linked to ("" is the graph's own).

    `deidentify` says which documents lose their identifiers before anything else sees them. `gold_mentions` keeps a
    file's own mentions and only links and relates them. Documents longer than `max_chars` are reported, not read.
    """

    model: str = FAST
    ids: str = ""
    deidentify: Deidentify = "notes"
    gold_mentions: bool = False
    batch_size: int = 32
    max_chars: int = 1_000_000

    def create(self, nodes: Iterable[Node] = ()) -> Extractor:
        """Return the extractor; `nodes` of a graph add their names to the dictionary. UnknownNameError for a model."""
        if self.batch_size < 1:
            raise InputError(f"batch_size is {self.batch_size}; it must be 1 or more.")
        dictionary = build_dictionary(nodes)
        return Extractor(self, dictionary, _load_recognizer(self.model), self.choose_linker(_load_linker(self.ids)))

    def choose_linker(self, linker: ConceptLinker) -> ConceptLinker:
        """Return the linker as the model takes it: quick ones do not think links over, which takes milliseconds."""
        return replace(linker, meaning=None) if self.model in (FAST, DICTIONARY) else linker


@dataclass(frozen=True, slots=True)
class Extractor:
    """A configured pipeline. `recognizer` None leaves recognition to the dictionary and the patterns."""

    config: ExtractionConfig
    dictionary: Dictionary
    recognizer: Recognizer | None
    linker: Linker

    def annotate(self, documents: Iterable[SourceDocument | Skipped]) -> Iterator[Annotated | Skipped]:
        """Yield what each document says, in order; what is not read, and what was skipped before, comes as Skipped."""
        language = build_language()
        stream = iter(documents)
        while batch := list(islice(stream, self.config.batch_size)):
            ready = [self._prepare(item) for item in batch]
            read = iter(self._annotate_batch(language, [d for d in ready if isinstance(d, SourceDocument)]))
            for item in ready:
                yield next(read) if isinstance(item, SourceDocument) else item

    def _prepare(self, item: SourceDocument | Skipped) -> SourceDocument | Skipped:
        if isinstance(item, Skipped):
            return item
        text = item.document.text
        if len(text) > self.config.max_chars:
            return _skipped(item, f"not read: {len(text)} characters, more than {self.config.max_chars}")
        if foreign := find_foreign_language(text):
            return _skipped(item, f"not read: the text is in {foreign}, only English is read")
        return self._without_identifiers(item)

    def _without_identifiers(self, item: SourceDocument) -> SourceDocument:
        mode, document = self.config.deidentify, item.document
        if mode == "never" or (mode == "notes" and document.kind != NOTE):
            return item
        clean = deidentify(document.text, document.document_id)
        title = deidentify(document.title, document.document_id)
        return replace(item, document=replace(document, text=clean.text, title=title.text))

    def _annotate_batch(self, language: Language, batch: Sequence[SourceDocument]) -> Iterator[Annotated]:
        items = [replace(i, sections=i.sections or read_sections(i.document.text)) for i in batch]
        docs = tokenize(language, [item.document.text for item in items])
        spans = list(self._recognize(items, docs))
        requests = (
            LinkRequest(item.document.text, found, find_long_forms(doc))
            for item, doc, found in zip(items, docs, spans, strict=True)
        )
        sentences = [split_sentences(item.document.text) for item in items]
        linked = zip(items, spans, self.linker.link(requests), sentences, strict=True)
        mentions = [_to_mentions(*parts, self.config) for parts in linked]
        related = [_relate(*parts, self.config) for parts in zip(items, mentions, sentences, strict=True)]
        stated = _judge(items, related, self.config)
        for item, own, document, statements in zip(items, mentions, related, stated, strict=True):
            yield Annotated(item, own, keep_statements(document.mentions, statements))

    def _recognize(self, items: Sequence[SourceDocument], docs: Sequence[Doc]) -> Iterator[tuple[Span, ...]]:
        if self.config.gold_mentions:
            yield from (_gold_spans(item) for item in items)
            return
        texts = [item.document.text for item in items]
        tagged = self.recognizer.recognize(texts) if self.recognizer is not None else ([] for _ in texts)
        for item, text, doc, model_spans in zip(items, texts, docs, tagged, strict=True):
            trusted = [s for s in model_spans if self._is_trusted(item.document, s)]
            merged = self._merge(text, doc, trusted)
            kept = keep_plausible(text, merged) if item.document.kind == NOTE else name_everywhere(text, merged)
            yield _outside_headers(item.sections, kept)

    def _merge(self, text: str, doc: Doc, tagged: Sequence[Span]) -> tuple[Span, ...]:
        """Join what the model, the dictionary and the patterns found, and the abbreviations of that.

        Where corpora decide, the model's borders come first, and a class of drugs is no drug; for the graph the longest
        name, for it says most.
        """
        named, formed = self.dictionary.find(text), find_patterns(text)
        if self.config.ids == CORPUS_IDS:
            drugs = [span for span in named if not span.curie.startswith(DRUG_CLASS)]
            return settle_abbreviations(text, doc, merge_spans(formed, add_curies(tagged, named), drugs))
        return settle_abbreviations(text, doc, merge_spans(formed, keep_longest(named, tagged)))

    def _is_trusted(self, document: Document, span: Span) -> bool:
        """Tell whether a model's span is no mask of an identifier, and in a note no gene.

        Genes were learnt from abstracts: in notes the fast tagger takes abbreviations for them.
        """
        untrained = self.config.model == FAST and document.kind == NOTE and span.type == EntityType.GENE
        return not untrained and not any(mark in document.text[span.start : span.end] for mark in "[]*")


@cache
def build_language() -> Language:
    """Return the tokenizer with scispaCy's AbbreviationDetector; nothing is loaded from outside.

    The detector reads the words' texts only, so none of their other attributes is worked out.
    """
    language = spacy.blank("en")
    language.max_length = 10_000_000
    language.vocab.lex_attr_getters = {}  # type: ignore[attr-defined]
    language.add_pipe("abbreviation_detector")
    return language


def _to_mentions(
    item: SourceDocument,
    spans: Sequence[Span],
    links: Sequence[Link],
    sentences: tuple[tuple[int, int], ...],
    config: ExtractionConfig,
) -> tuple[Mention, ...]:
    asserted = read_assertions(item.document.text, spans, sentences, item.sections)
    keeps_types = config.gold_mentions or config.ids == CORPUS_IDS
    typed = spans if keeps_types else [settle_type(s, k) for s, k in zip(spans, links, strict=True)]
    return tuple(
        _to_mention(item, span, link, assertion) for span, link, assertion in zip(typed, links, asserted, strict=True)
    )


def settle_type(span: Span, link: Link) -> Span:
    """Return a condition under the type of its concept, whoever found it: what HPO names is a symptom.

    >>> settle_type(Span(0, 8, EntityType.DISEASE), Link("HP:0002315", 0.9)).type.value
    'symptom'
    """
    if span.type == EntityType.DISEASE and link.curie.startswith("HP:"):
        return replace(span, type=EntityType.SYMPTOM)
    if span.type == EntityType.SYMPTOM and link.curie.startswith(("DOID:", "MONDO:")):
        return replace(span, type=EntityType.DISEASE)
    return span


def _relate(
    item: SourceDocument,
    mentions: tuple[Mention, ...],
    sentences: tuple[tuple[int, int], ...],
    config: ExtractionConfig,
) -> RelatedDocument:
    """Return a document with what rules read from it."""
    document_id, text, sections = item.document.document_id, item.document.text, item.sections
    related = with_gold_curies(mentions, item.mentions) if config.gold_mentions else mentions
    statements = read_relations(document_id, text, related, sentences, sections)
    if item.document.kind == NOTE:
        statements += read_plans(document_id, text, related, sentences, sections)
    return RelatedDocument(document_id, text, related, sentences, statements)


def _judge(
    items: Sequence[SourceDocument], related: Sequence[RelatedDocument], config: ExtractionConfig
) -> Iterator[tuple[Statement, ...]]:
    """Yield each document's statements; the model of chemical-induced disease judges all abstracts at once."""
    abstracts = [d for item, d in zip(items, related, strict=True) if item.document.kind == ABSTRACT]
    judged = iter(read_induced(abstracts, is_corpus=config.ids == CORPUS_IDS) if abstracts else ())
    for item, document in zip(items, related, strict=True):
        yield next(judged) if item.document.kind == ABSTRACT else document.statements


def _to_mention(item: SourceDocument, span: Span, link: Link, assertion: Assertion) -> Mention:
    section = section_at(item.sections, span.start)
    return Mention(
        document_id=item.document.document_id,
        start=span.start,
        end=span.end,
        text=item.document.text[span.start : span.end],
        type=span.type.value,
        curie=link.curie,
        score=round(span.score, 4),
        section=section.name if section is not None else "",
        negated=assertion.negated,
        uncertain=assertion.uncertain,
        hypothetical=assertion.hypothetical,
        family=assertion.family,
        historical=assertion.historical,
    )


def with_gold_curies(mentions: Sequence[Mention], gold: Sequence[Mention]) -> tuple[Mention, ...]:
    """Return the mentions with the identifiers of the file: relations of gold mentions are between those."""
    curies = {(m.start, m.end, m.type): m.curie for m in gold if m.curie}
    return tuple(replace(m, curie=curies.get((m.start, m.end, m.type), m.curie)) for m in mentions)


def _gold_spans(item: SourceDocument) -> tuple[Span, ...]:
    """Return a file's own mentions as spans; their identifiers are withheld, for linking is what is asked for."""
    spans = [Span(m.start, m.end, EntityType(m.type)) for m in item.mentions]
    return tuple(sorted(spans, key=lambda s: (s.start, s.end)))


def tokenize(language: Language, texts: Sequence[str]) -> list[Doc]:
    """Return the texts as spaCy documents, empty where there are no brackets: such a text explains no abbreviation.

    The detector warns about every text in which it finds none, which is no news.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\[W036\]")
        return [language(text) if "(" in text else Doc(language.vocab) for text in texts]


def _outside_headers(sections: Sequence[Section], spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans that are no part of a known header: "ALLERGIES:" says nothing of an allergy."""
    headers = [(s.start, s.body) for s in sections if s.name not in ("", "other")]
    return tuple(span for span in spans if not any(a <= span.start and span.end <= b for a, b in headers))


def find_long_forms(doc: Doc) -> dict[str, str]:
    """Return the long form of each abbreviation that the document explains, as written."""
    return {short.text: short._.long_form.text for short in doc._.abbreviations}


def _skipped(item: SourceDocument, reason: str) -> Skipped:
    return Skipped(item.path, item.position, f"{item.document.document_id}: {reason}")


def _load_recognizer(name: str) -> Recognizer | None:
    if name == DICTIONARY:
        return None
    from extraction.ner import load_recognizer

    return load_recognizer(name)


@cache
def _load_linker(ids: str) -> ConceptLinker:
    """Return the linker into an id space; its search indexes are built once a process."""
    from extraction.link import load_linker

    return load_linker(ids)
