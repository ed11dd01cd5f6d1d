"""Identifiers by pattern."""

import pytest

from extraction.identifiers import find_identifiers


def found(text: str) -> set[tuple[str, str]]:
    return {(i.kind, text[i.start : i.end]) for i in find_identifiers(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MRN: 4471920", ("ID", "4471920")),
        ("SSN 123-45-6789", ("ID", "123-45-6789")),
        ("call (217) 555-0143", ("PHONE", "(217) 555-0143")),
        ("a.b@mail-example.org", ("EMAIL", "a.b@mail-example.org")),
        ("see www.example.org/x", ("URL", "www.example.org/x")),
        ("14 Birch Lane, Springfield, IL 62704", ("PLACE", "14 Birch Lane, Springfield, IL 62704")),
        ("seen at Saint Odile Hospital", ("PLACE", "Saint Odile Hospital")),
        ("a 93-year-old", ("AGE", "93")),
        ("Dr. Tarrantine", ("NAME", "Tarrantine")),
        ("Vasarhelyi, MD", ("NAME", "Vasarhelyi")),
        ("with Maria Tarrantine today", ("NAME", "Maria Tarrantine")),
    ],
)
def test_found(text: str, expected: tuple[str, str]) -> None:
    assert expected in found(text)


@pytest.mark.parametrize(
    "text", ["Crohn disease", "Heart Rate 88", "Vitamin D 1000 units", "Physical Exam", "CT Chest"]
)
def test_medicine_is_no_name(text: str) -> None:
    assert found(text) == set()
