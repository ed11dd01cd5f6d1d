"""The whole pipeline with the deterministic recognizer: what comes out for one text, and for a stream."""

from functools import cache

import pytest

from extraction.document import Annotated, Skipped, SourceDocument, content_hash
from extraction.link import ConceptLinker
from extraction.pipeline import ExtractionConfig, Extractor
from kg.errors import InputError
from kg.model import Document, Mention, Node
from ontologies.biolink import Category

NOTES = ("aci_bench/train.csv.gz", "aci_bench/valid.csv.gz", "mts_dialog/MTS-Dialog-ValidationSet.csv.gz")
NODES = (
    Node("x:zorb", Category.DISEASE, "zorb fever", "infores:x"),
    Node("x:quix", Category.DRUG, "quixol", "infores:x"),
)


@cache
def extractor(deidentify: str = "notes", gold_mentions: bool = False, ids: str = "") -> Extractor:
    config = ExtractionConfig(model="dictionary", deidentify=deidentify, gold_mentions=gold_mentions, ids=ids)  # type: ignore[arg-type]
    return config.create(NODES)


def source(text: str, kind: str = "note", document_id: str = "d", **more: object) -> SourceDocument:
    document = Document(document_id, "", text, kind, "x.txt", content_hash("", text))
    return SourceDocument(document, "x.txt", "whole file", **more)  # type: ignore[arg-type]


def read(text: str, kind: str = "note") -> Annotated:
    (item,) = extractor().annotate([source(text, kind)])
    assert isinstance(item, Annotated)
    return item


@pytest.mark.parametrize(("model", "thinks"), [("fast", False), ("dictionary", False), ("accurate", True)])
def test_which_models_think_doubtful_links_over(model: str, thinks: bool) -> None:
    linker = ExtractionConfig(model=model).create().linker
    assert isinstance(linker, ConceptLinker)
    assert (linker.meaning is not None) is thinks


def test_mentions_statements_and_assertions_of_a_note() -> None:
    text = "HISTORY\nShe denies headache. Quixol 5 mg daily for zorb fever.\nFAMILY HISTORY: zorb fever"
    found = read(text)
    assert [(m.text, m.type, m.curie, m.negated, m.family) for m in found.mentions] == [
        ("headache", "symptom", "HP:0002315", True, False),
        ("Quixol", "drug", "x:quix", False, False),
        ("5 mg daily", "dose", "", False, False),
        ("zorb fever", "disease", "x:zorb", False, False),
        ("zorb fever", "disease", "x:zorb", False, True),
    ]
    assert [(s.subject, s.predicate.value, s.object) for s in found.statements] == [("x:quix", "treats", "x:zorb")]
    assert all(text[m.start : m.end] == m.text for m in found.mentions)


def test_abbreviation_is_the_same_concept_everywhere() -> None:
    found = read("Zorb fever (ZF) is rare. ZF was treated with quixol.", "abstract")
    assert [(m.text, m.curie) for m in found.mentions if m.type == "disease"] == [
        ("Zorb fever", "x:zorb"),
        ("ZF", "x:zorb"),
        ("ZF", "x:zorb"),
    ]
    assert [(s.subject, s.predicate.value, s.object) for s in found.statements] == [("x:quix", "treats", "x:zorb")]


def test_header_is_no_mention() -> None:
    node = Node("x:allergy", Category.DISEASE, "allergies", "infores:x")
    config = ExtractionConfig(model="dictionary", deidentify="never")
    (item,) = config.create([node]).annotate([source("ALLERGIES: none\nPLAN: rest")])
    assert isinstance(item, Annotated)
    assert item.mentions == ()


def test_notes_lose_identifiers_before_anything_else() -> None:
    text = "Mr. Tarrantine, MRN 4471920, has zorb fever."
    note, abstract = read(text), read(text, "abstract")
    assert "Tarrantine" not in note.source.document.text
    assert "4471920" not in note.source.document.text
    assert len(note.source.document.text) == len(text)
    assert abstract.source.document.text == text


def test_foreign_text_is_reported_and_the_stream_goes_on() -> None:
    german = "Der Patient klagt über Schmerzen und wurde mit Metformin behandelt, das er nicht verträgt."
    skipped = Skipped("y", "line 3", "broken")
    items = [source("Zorb fever.", document_id="a"), source(german), skipped, source("No fever.", document_id="b")]
    found = list(extractor().annotate(items))
    assert [type(i) for i in found] == [Annotated, Skipped, Skipped, Annotated]
    assert isinstance(found[1], Skipped)
    assert "not read: the text is in German" in found[1].reason
    assert found[2] is skipped


def test_too_long_text_is_reported() -> None:
    config = ExtractionConfig(model="dictionary", max_chars=10)
    (item,) = Extractor(config, extractor().dictionary, None, extractor().linker).annotate([source("x" * 11)])
    assert isinstance(item, Skipped)
    assert "11 characters" in item.reason


def test_gold_mentions_are_kept_and_nothing_is_added() -> None:
    text = "Quixol helps zorb fever and headache."
    mentions = (Mention("d", 13, 23, "zorb fever", "disease", "x:1|x:2"),)
    (item,) = extractor(gold_mentions=True).annotate([source(text, "abstract", mentions=mentions)])
    assert isinstance(item, Annotated)
    assert [(m.start, m.end, m.type) for m in item.mentions] == [(13, 23, "disease")]


def test_empty_and_odd_texts_do_not_throw() -> None:
    texts = ["", " ", "\n\n\n", "?", "((((", "no no no", "«D0» «C1» treats", "\x00\ufeff", "a" * 5000, "İ" * 50]
    assert len(list(extractor().annotate(source(t) for t in texts))) == len(texts)


def test_result_does_not_depend_on_the_batch() -> None:
    texts = [f"Zorb fever {n}. No headache. Quixol treats zorb fever." for n in range(7)]
    one = ExtractionConfig(model="dictionary", batch_size=1)
    alone = list(Extractor(one, extractor().dictionary, None, extractor().linker).annotate(map(source, texts)))
    assert alone == list(extractor().annotate(map(source, texts)))


def test_batch_size_must_be_positive() -> None:
    with pytest.raises(InputError, match="batch_size is 0"):
        ExtractionConfig(model="dictionary", batch_size=0).create()


@pytest.mark.parametrize("name", NOTES)
def test_real_notes_are_read_whole(shared_data, name: str) -> None:  # type: ignore[no-untyped-def]
    from extraction.read import read_files

    found = list(extractor().annotate(read_files([shared_data(name)])))
    assert found
    assert all(isinstance(item, Annotated) for item in found)
    for item in found:
        assert isinstance(item, Annotated)
        text = item.source.document.text
        assert all(text[m.start : m.end] == m.text for m in item.mentions)
        assert all(text[s.start : s.end] == s.sentence for s in item.statements)
