"""Evidence for candidates."""

from extraction.candidates import FEATURES, CandidateFinder, Name, rewrite
from extraction.memory import build_memory
from kg.model import Mention
from tests.extraction.concept_examples import ASPIRIN, HYPERTENSION, HYPOTENSION, make_table


def make_finder(*mentions: Mention) -> CandidateFinder:
    return CandidateFinder(make_table(), build_memory(mentions))


def evidence(finder: CandidateFinder, curie: str, *names: Name, document: tuple[str, ...] = ()) -> dict[str, float]:
    values = finder.find(names, document)[curie]
    return {name: float(value) for name, value in zip(FEATURES, values, strict=True) if value}


def test_a_main_name() -> None:
    found = evidence(make_finder(), HYPERTENSION, Name("disease", "hypertension"))
    assert found == {"name": 1.0, "descriptor": 1.0}


def test_a_short_synonym_is_marked_as_such() -> None:
    found = evidence(make_finder(), ASPIRIN, Name("drug", "asa"))
    assert found == {"synonym": 1.0, "short_synonym": 1.0, "descriptor": 1.0}


def test_memory_gives_shares_of_a_name() -> None:
    seen = [Mention("d", 0, 2, "BP", "disease", c) for c in (HYPERTENSION, HYPERTENSION, HYPOTENSION)]
    found = evidence(make_finder(*seen), HYPOTENSION, Name("disease", "bp"))
    assert round(found["remembered_share"], 3) == 0.333


def test_the_document_counts() -> None:
    found = evidence(make_finder(), HYPERTENSION, Name("disease", "hypertension"), document=(HYPERTENSION,))
    assert found["in_document"] == 1.0


def test_an_unknown_name_is_compared_and_rewritten() -> None:
    found = make_finder().find([Name("disease", "hypertensive")], ())
    assert found[HYPERTENSION][FEATURES.index("similarity")] > 0.3
    assert HYPOTENSION not in found
    assert found[HYPERTENSION][FEATURES.index("rewritten")] == 1.0


def test_what_works_against_a_drug_is_not_that_drug() -> None:
    assert ASPIRIN not in make_finder().find([Name("drug", "aspirin antagonist")], ())
    assert ASPIRIN in make_finder().find([Name("drug", "aspirin tablet")], ())


def test_an_explained_name_is_not_compared() -> None:
    assert set(make_finder().find([Name("disease", "hypertension")], ())) == {HYPERTENSION}


def test_rewriting_drops_what_induced_a_disease() -> None:
    assert "hypertension" in rewrite("clonidine induced hypertension")


def test_names_searched_together_or_alone_have_the_same_look_alikes() -> None:
    names = [Name("disease", "hypertensive"), Name("disease", "hypotensive"), Name("drug", "aspirine")]
    together, alone = make_finder(), make_finder()
    together.prepare([(name,) for name in names])
    for name in names:
        found, expected = together.find([name], ()), alone.find([name], ())
        assert {c: v.tolist() for c, v in found.items()} == {c: v.tolist() for c, v in expected.items()}
