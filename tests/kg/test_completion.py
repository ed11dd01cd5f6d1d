"""What may stand next in a Cypher text."""

import pytest

from kg.completion import Words, find_completions, read_words
from kg.store import GraphStore
from ontologies.biolink import Predicate
from tests.kg.graphs import disease, drug, edge

WORDS = Words(("Disease", "Drug", "Entity"), ("CAUSES", "TREATS"), ("curie", "name", "negated"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MATCH (d:", ("Disease", "Drug", "Entity")),
        ("MATCH (d:dr", ("Drug",)),
        ("MATCH (:Drug|Dis", ("Disease",)),
        ("MATCH (n) WHERE n:D", ("Disease", "Drug")),
        ("MATCH (d)-[:", ("CAUSES", "TREATS")),
        ("MATCH (d)-[r:CAUSES|", ("CAUSES", "TREATS")),
        ("MATCH (d)-[r:!T", ("TREATS",)),
        ("MATCH (d) RETURN d.n", ("name", "negated")),
        ("MATCH (d:Drug {c", ("curie",)),
        ("MATCH (d:Drug {name: 'x', n", ("name", "negated")),
        ("MATCH (d:Drug {curie: $", ("curie_", "drug")),
        ("mat", ("MATCH",)),
        ("MATCH (d) opt", ("OPTIONAL MATCH",)),
        ("MATCH (treatment) RETURN tr", ("treatment", "true", "trim(")),
        ("MATCH (d) RETURN coun", ("count(",)),
        ("MATCH (d:Drug) ", ()),
        ("RETURN 'MATCH (d:D", ()),
        ("RETURN 1 // MAT", ()),
        ("RETURN ':' + lab", ("labels(",)),
    ],
)
def test_what_fits_the_place(text: str, expected: tuple[str, ...]) -> None:
    assert find_completions(text, WORDS, ("drug", "curie_"))[1] == expected


def test_writing_words_only_where_writing_is_allowed() -> None:
    assert find_completions("CREA", WORDS)[1] == ()
    assert find_completions("CREA", WORDS, write=True)[1] == ("CREATE",)


def test_the_words_are_those_of_the_graph(store: GraphStore) -> None:
    store.write_nodes([drug("X:1"), disease("X:2")])
    store.write_edges([edge("X:1", Predicate.TREATS, "X:2", properties={"dose": "5 mg"})])
    words = read_words(store)
    assert words.labels == ("Disease", "Drug", "Entity")
    assert words.types == ("TREATS",)
    assert {"curie", "name", "dose", "primary_knowledge_source"} <= set(words.properties)
