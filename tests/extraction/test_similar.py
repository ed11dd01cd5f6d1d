"""Names that look alike."""

from extraction.similar import build_similar_names

NAMES = ["hypertension", "hypotension", "hyperthermia", "aspirin"]


def test_the_same_name_comes_first_with_cosine_one() -> None:
    found = build_similar_names(NAMES).search(["hypotension"], top=2)[0]
    assert found[0][0] == 1
    assert round(found[0][1], 4) == 1.0


def test_a_typing_error_finds_its_name() -> None:
    assert build_similar_names(NAMES).search(["asprin"])[0][0][0] == 3


def test_nothing_alike_is_an_empty_list() -> None:
    assert build_similar_names(NAMES).search(["zzz"]) == [[]]


def test_no_more_than_asked_for() -> None:
    assert len(build_similar_names(NAMES).search(["hypertension"], top=2, lowest=0.0)[0]) == 2
