"""A name found once is meant everywhere."""

from extraction.consistency import name_everywhere
from extraction.document import EntityType, Span

DRUG, DISEASE = EntityType.DRUG, EntityType.DISEASE


def places(text: str, *spans: Span) -> list[tuple[str, int]]:
    return [(text[s.start : s.end], s.start) for s in name_everywhere(text, spans)]


def test_other_places_of_a_name_are_named_too() -> None:
    text = "Iodide uptake. The iodide pump; iodides."
    assert places(text, Span(0, 6, DRUG)) == [("Iodide", 0), ("iodide", 19)]


def test_a_name_that_was_mostly_passed_over_stays_where_it_was_found() -> None:
    text = "lead lead lead lead"
    assert places(text, Span(0, 4, DRUG)) == [("lead", 0)]
    assert len(places("lead lead lead", Span(0, 4, DRUG))) == 3


def test_short_names_and_other_types_are_left_alone() -> None:
    assert places("NaF and NaF", Span(0, 3, DRUG)) == [("NaF", 0)]
    assert places("BRCA1 and BRCA1", Span(0, 5, EntityType.GENE)) == [("BRCA1", 0)]


def test_what_another_span_covers_stays() -> None:
    text = "asthma; allergic asthma"
    assert places(text, Span(0, 6, DISEASE), Span(8, 23, DISEASE)) == [("asthma", 0), ("allergic asthma", 8)]
