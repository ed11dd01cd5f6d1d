"""What a note does not name."""

import re

import pytest

from extraction.document import EntityType, Span
from extraction.plausible import keep_plausible


@pytest.mark.parametrize(
    ("name", "kind", "kept"),
    [
        ("Gastrointestinal", EntityType.DISEASE, False),
        ("gastrointestinal bleeding", EntityType.DISEASE, True),
        ("sits", EntityType.DRUG, False),
        ("aspirin", EntityType.DRUG, True),
        ("Infectious Disease", EntityType.DISEASE, False),
        ("infectious arthritis", EntityType.DISEASE, True),
        ("appetite", EntityType.DISEASE, False),
        ("HPI", EntityType.DISEASE, False),
        ("TAH", EntityType.DISEASE, False),
        ("TAH", EntityType.PROCEDURE, True),
        ("MRSA", EntityType.GENE, False),
        ("MRSA", EntityType.DISEASE, True),
        ("Eyes\nVisual acuity", EntityType.DISEASE, False),
    ],
)
def test_kept(name: str, kind: EntityType, kept: bool) -> None:
    assert keep_plausible(name, [Span(0, len(name), kind)]) == ((Span(0, len(name), kind),) if kept else ())


def test_a_name_ends_where_the_sentence_ends() -> None:
    text = "swelling of both hands. No fever"
    kept = keep_plausible(text, [Span(0, len(text), EntityType.SYMPTOM, curie="HP:0000969")])
    assert [text[s.start : s.end] for s in kept] == ["swelling of both hands"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("methicillin-resistant Staphylococcus aureus cellulitis", False),
        ("Vancomycin-Resistant Enterococcus in the urine", False),
        ("vancomycin intermediate staph aureus", False),
        ("Penicillin-sensitive, gets hives", True),
        ("aspirin-sensitive asthma", True),
        ("lithium-resistant depression", True),
        ("methicillin was given", True),
    ],
)
def test_a_drug_that_a_germ_resists_is_not_the_patients(text: str, kept: bool) -> None:
    drug = Span(0, re.search(r"[- ]", text).start(), EntityType.DRUG)
    assert keep_plausible(text, [drug]) == ((drug,) if kept else ())
