"""Names that several concepts bear, and concepts without one."""

from kg.names import AmbiguousName, NameReport, check_names
from tests.kg.graphs import disease, drug


def test_a_name_of_two_concepts_of_one_category_is_ambiguous() -> None:
    nodes = [
        disease("X:1", name="Common cold"),
        disease("X:2", name="acute nasopharyngitis", synonyms=("common cold", "Cold")),
        drug("X:3", name="cold"),
        drug("X:4"),
    ]
    expected = NameReport((AmbiguousName("common cold", "Disease", ("X:1", "X:2")),), ("X:4",))
    assert check_names(nodes) == check_names(reversed(nodes)) == expected


def test_a_name_said_twice_by_one_concept_is_not() -> None:
    assert check_names([disease("X:1", name="Gout", synonyms=("gout",))]) == NameReport()
