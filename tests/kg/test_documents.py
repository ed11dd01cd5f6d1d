"""Documents, mentions, statements and the edges they add up to."""

from __future__ import annotations

from typing import Any

import pytest

from kg.documents import DocumentCount, ReadDocument, to_text_edge
from kg.model import Document, DoseOf, Mention, Statement
from kg.store import GraphStore
from ontologies.biolink import Predicate
from tests.kg.graphs import disease, drug

EDGES = (
    "MATCH (:Entity {curie: 'X:1'})-[r]->(x) RETURN x.curie AS object, r.negated AS negated, "
    "r.confidence AS confidence, r.publications AS publications, r.num_conflicting AS conflicting ORDER BY negated"
)


def read(document_id: str, *, content: str = "1", negated: bool = False, confidence: float = 0.5) -> ReadDocument:
    document = Document(document_id, "A title", "a treats b", "abstract", "infores:x", content)
    mention = Mention(document_id, 0, 1, "a", "drug", curie="X:1", score=0.9)
    statement = Statement(
        document_id, "X:1", Predicate.TREATS, "X:2", 0, 10, "a treats b", negated=negated, confidence=confidence
    )
    return document, [mention], [statement]


@pytest.fixture
def ends(store: GraphStore) -> GraphStore:
    store.write_nodes([drug("X:1"), disease("X:2")])
    return store


def test_statements_of_two_documents_add_up_to_one_edge(ends: GraphStore) -> None:
    assert ends.write_documents([read("D:1"), read("D:2")]) == DocumentCount(written=2, mentions=2, statements=2)
    (row,) = ends.cypher(EDGES)
    assert row["publications"] == ["D:1", "D:2"]
    assert row["confidence"] == 0.75


def test_reading_again_changes_nothing(ends: GraphStore) -> None:
    ends.write_documents([read("D:1")])
    assert ends.write_documents([read("D:1")]) == DocumentCount(unchanged=1)
    assert ends.cypher("MATCH (s:Statement) RETURN count(s) AS n") == [{"n": 1}]


def test_a_changed_document_replaces_what_it_said(ends: GraphStore) -> None:
    ends.write_documents([read("D:1")])
    ends.write_documents([read("D:1", content="2", negated=True)])
    assert [row["negated"] for row in ends.cypher(EDGES)] == [True]


def test_polarity_is_kept_and_conflict_counted(ends: GraphStore) -> None:
    ends.write_documents([read("D:1"), read("D:2", negated=True), read("D:3")])
    assert [(row["negated"], row["conflicting"]) for row in ends.cypher(EDGES)] == [(False, 1), (True, 2)]


def test_a_dose_is_joined_to_its_drug_and_withdrawn_with_its_document(ends: GraphStore) -> None:
    document, (of,), statements = read("D:1")
    dose = Mention("D:1", 2, 8, "5 mg daily", "dose", dose_of=DoseOf(of.mention_id, "5", "mg", frequency="daily"))
    ends.write_documents([(document, [dose, of], statements)])
    doses = (
        "MATCH (m:Mention)-[r:DOSE_OF]->(d:Mention) "
        "RETURN m.text AS dose, d.text AS drug, r.amount AS amount, r.unit AS unit, r.frequency AS frequency"
    )
    assert ends.cypher(doses) == [
        {"dose": "5 mg daily", "drug": "a", "amount": "5", "unit": "mg", "frequency": "daily"}
    ]
    ends.retract(document="D:1")
    assert ends.cypher(doses) == []


def test_a_document_is_withdrawn_with_its_share(ends: GraphStore) -> None:
    ends.write_documents([read("D:1"), read("D:2")])
    assert ends.retract(document="D:1") == 1
    assert [(row["publications"], row["confidence"]) for row in ends.cypher(EDGES)] == [(["D:2"], 0.5)]
    assert ends.retract(document="D:2") == 1
    assert ends.cypher(EDGES) == []
    assert ends.retract(document="D:2") == 0


def test_a_statement_about_an_unknown_concept_is_counted(store: GraphStore) -> None:
    store.write_nodes([drug("X:1")])
    assert store.write_documents([read("D:1")]).unwritten == 1


def test_an_unknown_confidence_is_not_zero() -> None:
    statement: dict[str, Any] = {
        "subject": "X:1",
        "predicate": "treats",
        "object": "X:2",
        "document_id": "D:1",
        "start": 0,
        "sentence": "s",
        "negated": False,
    }
    assert to_text_edge([statement], 0).confidence is None
    assert to_text_edge([statement | {"confidence": 0.0}], 0).confidence == 0.0
