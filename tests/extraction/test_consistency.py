"""A name found once is meant everywhere."""

from extraction.consistency import name_everywhere
from extraction.document import EntityType, Span

DRUG, DISEASE, GENE, SYMPTOM = EntityType.DRUG, EntityType.DISEASE, EntityType.GENE, EntityType.SYMPTOM


def places(text: str, *spans: Span) -> list[tuple[str, int]]:
    return [(text[s.start : s.end], s.start) for s in name_everywhere(text, spans)]


def test_other_places_of_a_name_are_named_too() -> None:
    text = "Iodide uptake. The iodide pump; iodides."
    assert places(text, Span(0, 6, DRUG)) == [("Iodide", 0), ("iodide", 19)]


def test_a_name_that_was_mostly_passed_over_stays_where_it_was_found() -> None:
    text = "lead lead lead lead lead"
    assert places(text, Span(0, 4, DRUG)) == [("lead", 0)]
    assert len(places("lead lead lead lead", Span(0, 4, DRUG))) == 4


def test_short_names_and_other_types_are_left_alone() -> None:
    assert places("NaF and NaF", Span(0, 3, DRUG)) == [("NaF", 0)]
    assert places("BRCA1 and BRCA1", Span(0, 5, EntityType.GENE)) == [("BRCA1", 0)]


def test_what_another_span_covers_stays() -> None:
    text = "asthma; allergic asthma"
    assert places(text, Span(0, 6, DISEASE), Span(8, 23, DISEASE)) == [("asthma", 0), ("allergic asthma", 8)]


def test_a_name_has_the_type_of_most_of_its_places() -> None:
    text = "Adiponectin, adiponectin, ADIPONECTIN and visfatin"
    spans = [Span(0, 11, GENE), Span(13, 24, DRUG, curie="MESH:D052242"), Span(26, 37, GENE), Span(42, 50, DRUG)]
    found = name_everywhere(text, spans)
    assert [s.type for s in found] == [GENE, GENE, GENE, DRUG]
    assert found[1].curie == ""


def test_equally_many_places_go_with_the_earlier_and_no_other_type_is_asked() -> None:
    text = "pain, pain; rash, rash, rash"
    spans = [
        Span(0, 4, DISEASE),
        Span(6, 10, DRUG),
        Span(12, 16, SYMPTOM),
        Span(18, 22, DISEASE),
        Span(24, 28, SYMPTOM),
    ]
    found = name_everywhere(text, spans)
    assert [s.type for s in found] == [DISEASE, DISEASE, SYMPTOM, DISEASE, SYMPTOM]
