"""Names out of the texts of records."""

from __future__ import annotations

import pytest

from recommender.names import broader_texts, clean_allergen, find_drugs, is_family_history, split_history, to_word_key

NAMES = {
    "simvastatin": ("S",),
    "paracetamol": ("P",),
    "oxycodone": ("O",),
    "amoxicillin": ("A",),
    "potassium chloride": ("KCl",),
    "naproxen": ("N",),
    "sodium": ("Na",),
    "hydroxyzine": ("HX",),
    "percocet": ("O", "P"),
}
WORDS = tuple(n for n in NAMES if " " not in n)


@pytest.mark.parametrize(
    ("text", "drugs"),
    [
        ("Simvastatin 10 MG Oral Tablet", ("S",)),
        ("24 HR Potassium Chloride 20 MEQ Extended Release Oral Tablet", ("KCl",)),
        ("Naproxen sodium 220 MG Oral Tablet", ("N",)),  # a salt is not a second drug
        ("paracetamol 325 MG / oxycodone 5 MG Oral Tablet", ("P", "O")),
        ("Oxycodone-Paracetamol", ("O", "P")),
        ("PERCOCET 5/325 TAB", ("O", "P")),
        ("60 ACTUAT something unheard of", ()),
        ("", ()),
    ],
)
def test_ingredients_are_found_among_strengths_and_forms(text: str, drugs: tuple[str, ...]) -> None:
    assert find_drugs(text, NAMES, WORDS)[0] == drugs


def test_one_typing_error_is_forgiven_and_said_so() -> None:
    assert find_drugs("Simvistatin 10 MG", NAMES, WORDS) == (("S",), False)
    assert find_drugs("Simvastatin 10 MG", NAMES, WORDS) == (("S",), True)


@pytest.mark.parametrize("text", ["hydralazine", "prednisolone", "omeprazole", "zimvastatin"])
def test_look_alike_names_are_not_forgiven(text: str) -> None:
    assert find_drugs(text, NAMES, WORDS)[0] == ()


def test_word_order_fillers_and_plurals_do_not_matter() -> None:
    assert to_word_key("Ulcers of the stomach") == to_word_key("stomach ulcer")
    assert to_word_key("type 1 diabetes") != to_word_key("type 2 diabetes")


@pytest.mark.parametrize(
    "text",
    ["no asthma", "suspected asthma", "risk of asthma", "viral sinusitis", "migraine without aura", "normal lung"],
)
def test_what_another_word_turns_around_has_no_broader_reading(text: str) -> None:
    assert [t for t in broader_texts(text) if t in ("asthma", "sinusitis", "aura", "lung")] == []


def test_history_and_family_are_told_apart() -> None:
    assert split_history("history of asthma") == ("asthma", True)
    assert split_history("asthma") == ("asthma", False)
    assert is_family_history("family history of breast cancer")


@pytest.mark.parametrize(
    "text", ["Allergy to penicillin (finding)", "Penicillin allergy", "hypersensitivity to penicillin"]
)
def test_allergy_words_are_dropped(text: str) -> None:
    assert clean_allergen(text) == "penicillin"
