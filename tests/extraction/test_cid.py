"""Pairs of a document."""

from extraction.cid import INDUCED, Habits, mention_distance, read_pairs
from kg.model import Mention


def mention(start: int, end: int, kind: str, curie: str) -> Mention:
    return Mention("d", start, end, "x" * (end - start), kind, curie)


def test_every_linked_drug_meets_every_linked_disease() -> None:
    mentions = [mention(0, 5, "drug", "D:1"), mention(9, 12, "disease", "X:1|X:2"), mention(20, 25, "drug", "")]
    pairs = read_pairs([*mentions, mention(30, 33, "gene", "G:1")])
    assert [(p.drug, p.disease) for p in pairs] == [("D:1", "X:1"), ("D:1", "X:2")]


def test_a_symptom_is_a_disease_here() -> None:
    assert len(read_pairs([mention(0, 5, "drug", "D:1"), mention(9, 12, "symptom", "HP:1")])) == 1


def test_the_closest_mentions() -> None:
    far, near, drug = mention(0, 4, "disease", "X:1"), mention(30, 34, "disease", "X:1"), mention(36, 40, "drug", "D:1")
    pair = read_pairs([far, near, drug])[0]
    assert pair.closest() == (drug, near)
    assert mention_distance(near, drug) == 2


def test_habits_are_smoothed_and_can_leave_the_own_document_out() -> None:
    habits = Habits({"D:1": 4}, {"D:1": 2})
    assert habits.rate("D:1") == 2.6 / 6
    assert habits.rate("D:1", 1, 1) == 1.6 / 5
    assert habits.rate("unknown") == 0.3


def test_what_stands_right_after_an_inducing_drug() -> None:
    assert INDUCED.match("-induced hypotension")
    assert INDUCED.match(" - associated seizures")
    assert not INDUCED.match(" for hypotension")
