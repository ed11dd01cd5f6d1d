"""The output of `extract annotate`."""

import json

from extraction.document import Annotated, SourceDocument
from extraction.jsonl import to_json_line, to_record
from kg.model import Document, Mention, Statement
from ontologies.biolink import Predicate

TEXT = "Metformin 500 mg twice daily for diabetes. No rash."
DRUG = Mention("d", 0, 9, "Metformin", "drug", "x:1", 0.9)
DOSE = Mention("d", 10, 28, "500 mg twice daily", "dose")
DISEASE = Mention("d", 33, 41, "diabetes", "disease", "x:2", 0.8)
RASH = Mention("d", 46, 50, "rash", "symptom", "x:3", 0.7, negated=True)
TREATS = Statement("d", "x:1", Predicate.TREATS, "x:2", 0, 42, TEXT[:42], confidence=0.8)
DENIED = Statement("d", "x:1", Predicate.CAUSES, "x:3", 43, 51, TEXT[43:], negated=True, confidence=0.8)


def annotated() -> Annotated:
    document = Document("d", "", TEXT, "note", "x", "h")
    return Annotated(SourceDocument(document, "x", "1"), (DRUG, DOSE, DISEASE, RASH), (TREATS, DENIED))


def test_keys_of_the_contract() -> None:
    record = to_record(annotated())
    assert set(record) >= {"document_id", "mentions", "relations"}
    assert set(record["mentions"][0]) >= {
        "start", "end", "text", "type", "curie", "score", "negated", "uncertain", "family", "historical",
        "hypothetical",
    }  # fmt: skip
    assert {"subject", "predicate", "object", "confidence", "sentence"} <= set(record["relations"][0])
    assert record["relations"][0]["sentence"] == [0, 42]


def test_denied_relation_is_kept_apart() -> None:
    record = to_record(annotated())
    assert [r["predicate"] for r in record["relations"]] == ["treats"]
    assert [r["predicate"] for r in record["negated_relations"]] == ["causes"]


def test_dose_belongs_to_its_drug() -> None:
    (dose,) = to_record(annotated())["doses"]
    assert dose == {
        "drug": "x:1", "drug_text": "Metformin", "start": 10, "end": 28,
        "amount": "500", "unit": "mg", "frequency": "twice daily",
    }  # fmt: skip


def test_mention_without_concept_has_a_null_curie() -> None:
    assert to_record(annotated())["mentions"][1]["curie"] is None


def test_one_line_of_json() -> None:
    line = to_json_line(annotated())
    assert "\n" not in line
    assert json.loads(line)["document_id"] == "d"
