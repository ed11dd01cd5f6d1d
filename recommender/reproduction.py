"""Pregnancy and breast-feeding as conditions on record say them, by code and by words.

Only what is current counts: a pregnancy that is over says nothing about today, so it leaves the state unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Final

from ontologies.tables import read_rows
from recommender.names import clean_condition
from recommender.patient import Concept, Condition, Patient

PREGNANCY: Final = "pregnancy"
LACTATION: Final = "lactation"
STATE_PREFIX: Final = "theragraph.state:"  # of what a check of its own reads and no drug treats
LONGEST_PREGNANCY: Final = timedelta(days=300)
_WORDS: Final = {
    PREGNANCY: re.compile(r"\bpregnan(?:t|cy|cies)\b|\bgravida\b|\bpre-?eclampsia\b"),
    LACTATION: re.compile(r"\b(?:breast-?\s?feeding|lactating)\b"),
}
# Words beside which a text does not say that the patient is pregnant, or breast-feeding, now.
_NOT_NOW: Final = re.compile(
    r"\b(?:not|no pregnancy|non-?pregnant|history|previous|past|prior|family|father|test|planning|prevention|"
    r"contracepti\w*|ectopic|molar|miscarriage|terminat\w*|abort\w*|ended|postpartum|after|possible|suspected|"
    r"risk of|fear of|counsel\w*)\b"
)


def with_reproductive_state(patient: Patient) -> Patient:
    """The patient with what the current conditions say; it outweighs an observation that denies it.

    Of two statements that contradict each other, the one that more drugs are unsafe with counts.
    """
    said = {state: c.origin for c in patient.conditions if _is_current(c) and (state := find_state(c.concept))}
    if PREGNANCY in said and not patient.pregnant:
        patient = replace(patient, pregnant=True, pregnancy_origin=said[PREGNANCY])
    if LACTATION in said and not patient.lactating:
        patient = replace(patient, lactating=True, lactation_origin=said[LACTATION])
    return patient


def find_state(concept: Concept) -> str:
    """The state that a condition names, "" when it names none.

    >>> find_state(Concept("Normal pregnancy")), find_state(Concept("History of ectopic pregnancy"))
    ('pregnancy', '')
    """
    for coding in concept.codings:
        found = next((state for code, state in _codes() if _means(coding.curie, code)), "")
        if found:
            return found
    text = clean_condition(concept.text)
    return next((state for state, words in _WORDS.items() if words.search(text) and not _NOT_NOW.search(text)), "")


def _means(curie: str, code: str) -> bool:
    """True for the code itself and, in the classifications whose codes are built that way, for one below it."""
    is_icd = code.startswith("ICD")
    return curie.replace("ICD10:", "ICD10CM:").startswith(code) if is_icd else curie == code


def _is_current(condition: Condition) -> bool:
    return not condition.is_past and not condition.refuted


@cache
def _codes() -> Iterable[tuple[str, str]]:
    return tuple((row["code"], row["state"]) for row in read_rows("reproductive_codes"))
