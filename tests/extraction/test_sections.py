"""Sections of notes and structured abstracts."""

from extraction.sections import read_sections, section_at


def names(text: str) -> list[str]:
    return [s.name for s in read_sections(text)]


def test_headers_of_a_note() -> None:
    text = "CHIEF COMPLAINT\nCough.\n\nFamily History: asthma\nALLERGIES: none\nAssessment & Plan\n1. Rest."
    assert names(text) == ["chief_complaint", "family_history", "allergies", "assessment_and_plan"]


def test_structured_abstract_in_one_line() -> None:
    text = "A title. BACKGROUND: We looked. METHODS: We did. RESULTS: We saw. CONCLUSIONS: We think."
    assert names(text) == ["", "background", "methods", "results", "conclusions"]


def test_text_without_header_is_one_nameless_section() -> None:
    assert names("The plan is to rest. No history is known.") == [""]
    assert names("") == []


def test_unknown_header_in_capitals_ends_a_section() -> None:
    text = "FAMILY HISTORY\nAsthma.\nWOUND CARE\nClean daily."
    assert names(text) == ["family_history", "other"]


def test_body_begins_after_the_header_and_ends_at_the_next() -> None:
    text = "PLAN: Rest.\nAllergies: none"
    plan, allergies = read_sections(text)
    assert text[plan.body : plan.end] == " Rest.\n"
    assert text[allergies.body : allergies.end] == " none"


def test_section_at_an_offset() -> None:
    sections = read_sections("Hello.\nPLAN: Rest.")
    assert [s.name for s in (section_at(sections, 0), section_at(sections, 10)) if s is not None] == ["", "plan"]
    assert section_at(sections, 999) is None
    assert section_at((), 0) is None
