"""Drugs below a problem's heading."""

from extraction.plans import read_plans
from extraction.sections import read_sections
from extraction.sentences import split_sentences
from tests.extraction.test_relations import read_marked


def plans_of(marked: str) -> set[tuple[str, str]]:
    text, mentions = read_marked(marked)
    found = read_plans("d", text, mentions, split_sentences(text), read_sections(text))
    return {(s.subject[2:], s.object[2:]) for s in found}


def test_drug_below_a_heading_is_for_it() -> None:
    marked = "ASSESSMENT AND PLAN\n[C:Angina].\n• Continue [D:lisinopril] daily.\n[C:Gout]\nStart [D:allopurinol]."
    assert plans_of(marked) == {("lisinopril", "angina"), ("allopurinol", "gout")}


def test_refused_drug_is_not() -> None:
    assert plans_of("PLAN\n[C:Gout].\nStop [D:hydrochlorothiazide]. Avoid [D:aspirin].") == set()


def test_sentence_about_another_condition_says_nothing() -> None:
    assert plans_of("PLAN\n[C:Gout].\nContinue [D:metformin] for [C:diabetes].") == set()


def test_other_sections_have_no_headings() -> None:
    assert plans_of("HISTORY\n[C:Gout].\nContinue [D:aspirin].") == set()


def test_a_long_sentence_is_no_heading() -> None:
    assert plans_of("PLAN\nThe [C:gout] has been quiet since the last visit here.\nContinue [D:aspirin].") == set()


def test_heading_over_something_unknown_ends_the_one_before() -> None:
    assert plans_of("PLAN\n[C:Gout].\nBaldness.\nContinue [D:finasteride].") == set()
