"""The pipeline as a spaCy component, with the deterministic recognizer."""

from functools import cache
from pathlib import Path

import spacy
from spacy.language import Language

from extraction.spacy_component import NAME

TEXT = "She denies headache. Metformin 500 mg daily for type 2 diabetes."


@cache
def pipeline() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe(NAME, config={"model": "dictionary", "kind": "note"})
    return nlp


def test_entities_concepts_assertions_and_statements() -> None:
    doc = pipeline()(TEXT)
    assert [(e.text, e.label_) for e in doc.ents] == [
        ("headache", "SYMPTOM"),
        ("Metformin", "DRUG"),
        ("500 mg daily", "DOSE"),
        ("type 2 diabetes", "DISEASE"),
    ]
    assert [e._.mention.negated for e in doc.ents] == [True, False, False, False]
    assert all(e.kb_id_ == e._.mention.curie for e in doc.ents)
    assert [(s.subject, s.predicate.value) for s in doc._.statements] == [(doc.ents[1].kb_id_, "treats")]


def test_a_stream_comes_in_order_and_a_foreign_text_says_why_it_was_not_read() -> None:
    foreign = "Der Patient wurde wegen einer akuten Lungenentzündung mit einem Antibiotikum behandelt und entlassen."
    first, second = pipeline().pipe([foreign, "Fever and cough."])
    assert first.ents == ()
    assert "only English is read" in first._.not_read
    assert [e.text for e in second.ents] == ["Fever", "cough"]
    assert second._.not_read == ""


def test_a_pipeline_on_disk_holds_its_configuration(tmp_path: Path) -> None:
    pipeline().to_disk(tmp_path)
    again = spacy.load(tmp_path)
    assert again.get_pipe_config(NAME) == pipeline().get_pipe_config(NAME)
    assert [e.text for e in again("Fever.").ents] == ["Fever"]
