"""Training the ranker."""

from extraction.document import EntityType
from extraction.link_train import to_request, train_ranker
from kg.model import Mention
from tests.extraction.concept_examples import ASPIRIN, HYPERTENSION, make_table


def test_an_exact_name_is_worth_more_than_nil_where_it_was_always_right() -> None:
    documents = [("aspirin", [Mention(str(n), 0, 7, "aspirin", "drug", ASPIRIN)], {}) for n in range(4)] + [
        ("hypertension", [Mention("h", 0, 12, "hypertension", "disease", HYPERTENSION)], {})
    ]
    ranker = train_ranker(documents, make_table())
    assert ranker.weights["name"] + ranker.weights["descriptor"] > ranker.nil


def test_a_request_has_the_gold_spans_without_their_identifiers() -> None:
    request = to_request("aspirin", [Mention("d", 0, 7, "aspirin", "drug", ASPIRIN)], {"a": "b"})
    assert [(s.start, s.end, s.type, s.curie) for s in request.spans] == [(0, 7, EntityType.DRUG, "")]
    assert request.long_forms == {"a": "b"}
