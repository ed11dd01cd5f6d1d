"""Card words: fewer than 140 units, verdict first, no rule cut in half, no markup from a record."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recommender.service.cds_summary import count_units, to_markdown, to_summary

VERDICT = "Do not give (allergy)"


@given(st.text(min_size=1, max_size=400), st.text(max_size=400))
def test_a_summary_is_short_and_keeps_its_verdict(name: str, rule: str) -> None:
    summary = to_summary(VERDICT, name, rule)
    assert count_units(summary) < 140
    assert summary.startswith(VERDICT)
    assert "\n" not in summary


def test_a_rule_with_a_late_not_is_left_out_whole() -> None:
    rule = "in this group of patients " + "with a long description " * 5 + "the drug is not recommended"
    summary = to_summary("Caution (age)", "drug", rule)
    assert summary == "Caution (age): drug – see the detail"


def test_a_rule_that_fits_is_given_whole() -> None:
    assert to_summary("Caution (age)", "drug", "not under 18") == "Caution (age): drug – not under 18"


def test_exactly_139_is_allowed_and_140_is_not() -> None:
    head = "Caution (age): drug – "
    fits = "x" * (139 - len(head))
    assert to_summary("Caution (age)", "drug", fits) == head + fits
    assert to_summary("Caution (age)", "drug", fits + "x") == "Caution (age): drug – see the detail"


def test_characters_beyond_the_basic_plane_count_twice_as_in_a_browser() -> None:
    assert count_units("😀") == 2
    assert count_units(to_summary(VERDICT, "😀" * 100)) < 140


def test_a_record_s_words_are_no_markup() -> None:
    shown = to_markdown("<img src=x onerror=alert(1)> [a](http://evil.example) *b* `c`\n# d www.evil.example")
    assert "<" not in shown
    assert r"\[a\](" in shown
    assert "://" not in shown
    assert "www." not in shown
    assert "\n" not in shown
