"""Training the ranker."""

from extraction.candidates import FEATURES
from extraction.document import EntityType
from extraction.link_train import judge_names, to_request, train_rankers
from kg.model import Mention
from tests.extraction.concept_examples import ASPIRIN, HYPERTENSION, HYPOTENSION, VASCULAR, make_table


def test_an_exact_name_is_worth_more_than_nil_where_it_was_always_right() -> None:
    documents = [("aspirin", [Mention(str(n), 0, 7, "aspirin", "drug", ASPIRIN)], {}) for n in range(4)] + [
        ("hypertension", [Mention("h", 0, 12, "hypertension", "disease", HYPERTENSION)], {})
    ]
    ranker, _ = train_rankers(documents, make_table())
    assert ranker.weights["name"] + ranker.weights["descriptor"] > ranker.nil


def test_a_mention_does_not_find_itself_among_the_remembered_names() -> None:
    seen = [Mention(str(n), 0, 9, name, "disease", HYPERTENSION) for n, name in enumerate(("pressured", "tense art"))]
    judged = list(judge_names([(m.text, [m], {}) for m in seen], make_table()))
    likeness = FEATURES.index("similarity")
    assert all(one.evidence[:, likeness].max(initial=0) < 0.99 for one, _ in judged)


def test_doubtful_names_train_the_second_model() -> None:
    told = [("leaking blood vessels, ", VASCULAR)] * 10 + [("blood pressure fell, ", HYPOTENSION)] * 10
    documents = [
        (f"{before}bp trouble", [Mention(str(n), len(before), len(before) + 10, "bp trouble", "disease", curie)], {})
        for n, (before, curie) in enumerate(told)
    ]
    _, meaning = train_rankers(documents, make_table())
    assert meaning is not None
    assert meaning.context > 0


def test_a_request_has_the_gold_spans_without_their_identifiers() -> None:
    request = to_request("aspirin", [Mention("d", 0, 7, "aspirin", "drug", ASPIRIN)], {"a": "b"})
    assert [(s.start, s.end, s.type, s.curie) for s in request.spans] == [(0, 7, EntityType.DRUG, "")]
    assert request.long_forms == {"a": "b"}
