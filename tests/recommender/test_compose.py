"""The search over combinations against the sums that can be added up by hand."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from recommender.candidates import Candidate
from recommender.compose import compose
from recommender.score import Contribution, Ranked, Scored


def option(name: str, score: int) -> Scored:
    return Scored(Candidate("D:x", (name,), 1, "L1", ()), (), (Contribution("evidence_grade", score),))


def names(chosen: tuple[Scored | None, ...]) -> list[str]:
    return [s.candidate.drugs[0] if s else "" for s in chosen]


def test_greedy_is_wrong_where_the_best_rules_out_everything_else() -> None:
    first = Ranked("D:1", (option("a", 700), option("b", 650)))
    second = Ranked("D:2", (option("c", 700),))
    found = compose((first, second), lambda x, y: None if {"a", "c"} == {x.candidate.lead, y.candidate.lead} else 0)
    assert names(found.chosen) == ["b", "c"]
    assert found.total == 1350
    assert names(found.greedy) == ["a", ""]
    assert found.beats_greedy


def test_a_condition_stays_untreated_when_nothing_fits() -> None:
    first, second = Ranked("D:1", (option("a", 700),)), Ranked("D:2", (option("b", 100),))
    found = compose((first, second), lambda x, y: None)
    assert names(found.chosen) == ["a", ""]


def test_nothing_to_choose_from_is_an_empty_choice() -> None:
    assert compose((), lambda x, y: 0).chosen == ()
    assert compose((Ranked("D:1", ()),), lambda x, y: 0).chosen == (None,)


@given(
    scores=st.lists(st.lists(st.integers(1, 900), max_size=3), min_size=1, max_size=4),
    excluded=st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=12),
)
def test_the_search_finds_what_trying_everything_finds(scores: list[list[int]], excluded: set[tuple[int, int]]) -> None:
    numbers = iter(range(100))
    ranked = tuple(
        Ranked(f"D:{i}", tuple(option(str(next(numbers)), s) for s in sorted(row, reverse=True)))
        for i, row in enumerate(scores)
    )

    def cost(x: Scored, y: Scored) -> int | None:
        pair = (int(x.candidate.lead), int(y.candidate.lead))
        return None if pair in excluded or pair[::-1] in excluded else 0

    def total(chosen: tuple[Scored | None, ...]) -> int:
        taken = [c for c in chosen if c is not None]
        pairs = [(a, b) for i, a in enumerate(taken) for b in taken[i + 1 :]]
        return -1 if any(cost(a, b) is None for a, b in pairs) else sum(c.score for c in taken)

    best = max(total(chosen) for chosen in product(*([*r.scored, None] for r in ranked)))
    assert compose(ranked, cost).total == best
