"""Which drug a dose belongs to."""

import pytest

from extraction.doses import find_doses, with_doses
from kg.model import DoseOf, Mention


def mentions_of(text: str, *names: tuple[str, str]) -> list[Mention]:
    return [Mention("d", text.index(name), text.index(name) + len(name), name, kind) for name, kind in names]


@pytest.mark.parametrize(
    ("text", "names", "pairs"),
    [
        (
            "Start metformin 500 mg daily and lisinopril 10 mg.",
            [("metformin", "drug"), ("500 mg daily", "dose"), ("lisinopril", "drug"), ("10 mg", "dose")],
            [("metformin", "500 mg daily"), ("lisinopril", "10 mg")],
        ),
        ("Give 80 mg of aspirin.", [("80 mg", "dose"), ("aspirin", "drug")], [("aspirin", "80 mg")]),
        ("On aspirin. Then 5 mg was tried.", [("aspirin", "drug"), ("5 mg", "dose")], []),
    ],
)
def test_the_drug_in_front_else_the_one_behind(
    text: str, names: list[tuple[str, str]], pairs: list[tuple[str, str]]
) -> None:
    assert [(drug.text, dose.text) for drug, dose in find_doses(text, mentions_of(text, *names))] == pairs


def test_a_dose_knows_its_drug_and_its_parts() -> None:
    text = "metformin 500 mg orally twice daily"
    drug, dose = with_doses(text, mentions_of(text, ("metformin", "drug"), ("500 mg orally twice daily", "dose")))
    assert drug.dose_of is None
    assert dose.dose_of == DoseOf(drug.mention_id, "500", "mg", "orally", "twice daily")
