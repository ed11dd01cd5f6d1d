"""The shipped pipeline as a spaCy component: `nlp.add_pipe("theragraph")` gives entities, assertions and statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from extraction.document import Annotated, SourceDocument, content_hash
from extraction.pipeline import ABSTRACT, ExtractionConfig, Extractor
from kg.model import Document, Mention

NAME = "theragraph"
_BATCH = 32


@dataclass(frozen=True, slots=True)
class TheragraphComponent:
    """Reads each text as `extract annotate` does and writes what it found into the `Doc`.

    `doc.ents` are the mentions (label in capitals, `kb_id_` the CURIE), `ent._.mention` a mention with its assertion,
    `doc._.statements` the statements, `doc._.not_read` why a text was not read. Offsets must hold, so nothing is
    de-identified here. An entity whose border lies inside a token of the pipeline's tokenizer is widened to the token.
    """

    extractor: Extractor
    kind: str = ABSTRACT

    def __call__(self, doc: Doc) -> Doc:
        """Return the document with what it says."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], batch_size: int = _BATCH) -> Iterator[Doc]:
        """Yield the documents in order, `batch_size` read at a time."""
        docs = iter(stream)
        while batch := list(islice(docs, batch_size)):
            read = self.extractor.annotate(to_source(doc.text, self.kind) for doc in batch)
            for doc, item in zip(batch, read, strict=True):
                if isinstance(item, Annotated):
                    write_into(doc, item)
                else:
                    doc._.not_read = item.reason
                yield doc


def create_component(nlp: Language, name: str, model: str, ids: str, kind: str) -> TheragraphComponent:
    """Return the component; `model` and `ids` as in `ExtractionConfig`, `kind` abstract or note."""
    for owner, extension, default in ((Span, "mention", None), (Doc, "statements", ()), (Doc, "not_read", "")):
        if not owner.has_extension(extension):
            owner.set_extension(extension, default=default)
    return TheragraphComponent(ExtractionConfig(model=model, ids=ids, deidentify="never").create(), kind)


Language.factory(NAME, default_config={"model": "fast", "ids": "", "kind": ABSTRACT}, func=create_component)


def to_source(text: str, kind: str) -> SourceDocument:
    """Return a text as a document that comes from no file."""
    return SourceDocument(Document("", "", text, kind, "", content_hash("", text)), "", "")


def write_into(doc: Doc, read: Annotated) -> None:
    """Set a document's entities and statements."""
    entities = [entity for mention in read.mentions if (entity := to_entity(doc, mention)) is not None]
    doc.set_ents(filter_spans(entities))
    doc._.statements = read.statements


def to_entity(doc: Doc, mention: Mention) -> Span | None:
    """Return a mention as an entity, None when the tokenizer leaves nothing of it."""
    entity = doc.char_span(
        mention.start, mention.end, label=mention.type.upper(), kb_id=mention.curie, alignment_mode="expand"
    )
    if entity is not None:
        entity._.mention = mention
    return entity
