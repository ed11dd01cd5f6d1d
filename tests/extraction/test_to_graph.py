"""What was read, as the graph keeps it."""

from dataclasses import replace

from extraction.document import Annotated
from extraction.relations import keep_statements
from extraction.to_graph import reading_hash, to_document_id, to_read_document
from kg.model import Document
from tests.extraction.test_jsonl import DENIED, DISEASE, DRUG, RASH, TREATS, annotated


def test_pubmed_number_becomes_a_curie_and_a_note_keeps_its_name() -> None:
    abstract = Document("123", "", "x", "abstract", "", "")
    assert to_document_id(abstract) == "PMID:123"
    assert to_document_id(replace(abstract, kind="note")) == "123"


def test_every_part_carries_the_same_document() -> None:
    source = annotated()
    abstract = replace(source.source, document=replace(source.source.document, document_id="9", kind="abstract"))
    document, mentions, statements = to_read_document(Annotated(abstract, source.mentions, source.statements))
    ids = {document.document_id, *(m.document_id for m in mentions), *(s.document_id for s in statements)}
    assert ids == {"PMID:9"}


def test_same_triple_in_one_sentence_is_kept_once_with_the_surest() -> None:
    source = annotated()
    doubled = replace(source, statements=(replace(TREATS, confidence=0.2), TREATS, DENIED))
    _, _, statements = to_read_document(doubled)
    assert [(s.predicate.value, s.confidence) for s in statements] == [("treats", 0.8), ("causes", 0.8)]


def test_first_of_several_concepts_is_kept() -> None:
    source = annotated()
    _, mentions, _ = to_read_document(replace(source, mentions=(replace(DISEASE, curie="x:2|x:9"),)))
    assert [m.curie for m in mentions] == ["x:2"]


def test_hash_changes_with_the_way_of_reading() -> None:
    document = annotated().source.document
    assert reading_hash(document, "fast") != reading_hash(document, "accurate")


def test_family_and_denied_mentions_allow_no_positive_statement() -> None:
    spans = {"subject_span": (0, 9), "object_span": (33, 41)}
    statement = replace(TREATS, **spans)
    assert keep_statements([DRUG, DISEASE, RASH], [statement]) == (statement,)
    assert keep_statements([DRUG, replace(DISEASE, family=True)], [statement]) == ()
    assert keep_statements([DRUG, replace(DISEASE, negated=True)], [statement]) == ()
    denied = replace(statement, negated=True)
    assert keep_statements([DRUG, replace(DISEASE, negated=True)], [denied]) == (denied,)
