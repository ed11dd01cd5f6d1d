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
    names = ("blood pressure risen", "vascular problem of disease")
    documents = [(n, [Mention(n, 0, len(n), n, "disease", HYPERTENSION)], {}) for n in names]
    judged = list(judge_names(documents, make_table()))
    assert len(judged) == len(names)
    assert all(0.3 < one.evidence[:, FEATURES.index("similarity")].max() < 0.99 for one, _ in judged)


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
