"""Doubtful links are thought over by sentence vectors."""

import numpy as np
import pytest

from extraction.candidates import FEATURES, Name
from extraction.concepts import build_concepts
from extraction.meaning import MOST, Meaning, compare, find_doubtful
from extraction.ranker import Candidates

INFARCTION, PANIC, RICKETS, LEGS = "MESH:D009203", "MESH:D016584", "MESH:D012279", "MESH:D012148"
TABLE = build_concepts(
    [
        ("disease", INFARCTION, "", "", "myocardial infarction"),
        ("disease", PANIC, "", "", "panic disorder"),
        ("disease", RICKETS, "", "", "rickets"),
        ("disease", LEGS, "", "", "restless legs syndrome"),
    ]
)


def ask(key: str, context: str, *curies: str) -> Candidates:
    return Candidates((Name("disease", key),), context, curies, np.zeros((len(curies), len(FEATURES)), np.float32))


def test_only_names_with_several_unlikely_candidates_are_doubtful() -> None:
    chances = [np.array([0.3, 0.2]), np.array([0.7, 0.2]), np.array([0.3]), np.array([]), np.array([0.59, 0.01])]
    assert find_doubtful(chances) == [0, 4]


def test_a_name_of_the_same_meaning_wins_against_better_odds() -> None:
    asked = [ask("heart attack", "admitted with a heart attack", PANIC, INFARCTION, RICKETS)]
    chances = [np.array([0.4, 0.3, 0.1])]
    [(place, anew)] = Meaning(odds=1.0, name=5.0, context=2.0, nil=2.0).rerank(asked, chances, TABLE)
    assert place == 0
    assert anew.argmax() == 1
    assert anew.sum() < 1


def test_the_words_around_a_name_tell_its_meanings_apart() -> None:
    asked = [ask("rls", text, RICKETS, LEGS) for text in ("rls with leg movements at night", "rls with low vitamin d")]
    likenesses = [values for _, values in compare(asked, [np.array([0.3, 0.3])] * 2, TABLE)]
    context = np.array([values[:, 2] for values in likenesses])
    assert context[0, 1] - context[0, 0] > context[1, 1] - context[1, 0]


def test_a_concept_without_a_known_name_is_like_nothing() -> None:
    asked = [ask("heart attack", "a heart attack", INFARCTION, "MESH:C999999")]
    [(_, values)] = compare(asked, [np.array([0.2, 0.3])], TABLE)
    assert values[0, 1:].tolist() == [0, 0]
    assert (values[1, 1:] > 0.2).all()


def test_a_name_that_is_surely_none_of_them_is_left_alone() -> None:
    assert find_doubtful([np.array([0.1, 0.05])]) == []


def test_only_the_best_few_are_compared_and_the_others_have_no_chance() -> None:
    curies = (INFARCTION, PANIC, RICKETS, LEGS)
    [(_, anew)] = Meaning(1.0, 1.0, 1.0, 0.0).rerank(
        [ask("x", "x", *curies)], [np.array([0.1, 0.2, 0.15, 0.25])], TABLE
    )
    assert np.count_nonzero(anew) == MOST
    assert anew[0] == 0


def test_certain_names_are_left_alone() -> None:
    assert Meaning(1.0, 1.0, 1.0, 0.0).rerank([ask("gout", "gout", INFARCTION)], [np.array([0.9])], TABLE) == []


def test_without_likenesses_the_odds_stay() -> None:
    chances = np.array([0.5, 0.2, 0.1])
    [(_, anew)] = Meaning(1.0, 0.0, 0.0, 0.0).rerank(
        [ask("stones", "stones", INFARCTION, PANIC, RICKETS)], [chances], TABLE
    )
    assert anew == pytest.approx(chances)
