"""The search's text against a look at every name in turn."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.facts import Concept
from recommender.service.search import ConceptIndex

LETTERS = "ab \n阿Ä"
NAMES = st.text(LETTERS, min_size=1, max_size=4)


def squeeze(text: str) -> str:
    return " ".join(text.lower().split())


def find_slowly(concepts: list[Concept], text: str, category: str) -> list[str]:
    """Exact (0) before prefix (1) before inside (2), ties by name."""
    wanted, found = squeeze(text), []
    for concept in sorted(concepts, key=lambda c: (c.name.lower(), c.curie)):
        names = [squeeze(n) for n in (concept.name, *concept.synonyms, concept.curie)]
        places = [0 if n == wanted else 1 if n.startswith(wanted) else 2 for n in names if wanted in n]
        if places and category in ("", concept.category):
            found.append((min(places), concept.curie))
    return [curie for _, curie in sorted(found, key=lambda pair: pair[0])]


@settings(deadline=None)
@given(
    named=st.lists(st.tuples(NAMES, st.lists(NAMES, max_size=2), st.sampled_from(["Drug", "Disease"])), max_size=6),
    wanted=st.text(LETTERS, max_size=3),
    category=st.sampled_from(["", "Drug"]),
)
def test_it_finds_what_a_look_at_every_name_finds(
    named: list[tuple[str, list[str], str]], wanted: str, category: str
) -> None:
    concepts = [Concept(f"X:{i}", name, kind, tuple(more)) for i, (name, more, kind) in enumerate(named)]
    index, expected = ConceptIndex(concepts), find_slowly(concepts, wanted, category)
    found = index.find(wanted, category=category, limit=100)
    assert ([c.curie for c in found.concepts], found.total) == (expected, len(expected))
    for offset, curie in enumerate(expected):
        page = index.find(wanted, category=category, limit=1, offset=offset)
        assert [c.curie for c in page.concepts] == [curie]


def test_a_match_never_runs_from_one_name_into_the_next() -> None:
    index = ConceptIndex([Concept("X:1", "alpha", "Drug", ("beta",)), Concept("X:2", "gamma", "Drug")])
    assert index.find("alpha beta").total == 0
    assert index.find("betax:1").total == 0
    assert index.find("x:").total == 2


def test_an_index_of_nothing_finds_nothing() -> None:
    assert ConceptIndex([]).find("a").total == 0
