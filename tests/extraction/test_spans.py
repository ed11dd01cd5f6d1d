"""Several recognizers' spans in one list."""

from extraction.document import EntityType, Span
from extraction.spans import add_curies, keep_longest, merge_spans

DRUG, DISEASE, LAB = EntityType.DRUG, EntityType.DISEASE, EntityType.LAB_TEST


def test_earlier_list_wins_and_order_is_by_start() -> None:
    merged = merge_spans([Span(5, 9, DRUG)], [Span(0, 6, DISEASE), Span(0, 3, DISEASE)])
    assert merged == (Span(0, 3, DISEASE), Span(5, 9, DRUG))


def test_longest_wins_and_a_tie_goes_to_the_earlier_list() -> None:
    assert keep_longest([Span(0, 3, DISEASE)], [Span(0, 9, DISEASE)]) == (Span(0, 9, DISEASE),)
    assert keep_longest([Span(0, 3, LAB)], [Span(0, 3, DRUG)]) == (Span(0, 3, LAB),)


def test_curie_comes_only_from_the_same_place_and_type() -> None:
    known = [Span(0, 3, DRUG, 1.0, "x:1"), Span(4, 7, DISEASE, 1.0, "x:2")]
    found = add_curies([Span(0, 3, DRUG, 0.5), Span(4, 7, DRUG), Span(8, 9, DRUG, 1.0, "y:1")], known)
    assert [s.curie for s in found] == ["x:1", "", "y:1"]
    assert found[0].score == 0.5
