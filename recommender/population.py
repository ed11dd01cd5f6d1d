"""Restrictions of a row to a population, as far as words about age and sex say whether the patient is in it."""

from __future__ import annotations

import re
from typing import Final

from recommender.patient import Patient
from recommender.safety.reproductive import cannot_apply
from recommender.safety.verdict import Check

_AGE_LIMIT: Final = re.compile(r"(?:age|aged|years?)?\s*(>=|≥|<=|≤|<|>|over|under|below|above)\s*(\d+)\s*(?:years?)?")
_CANNOT_BE_PREGNANT: Final = "cannot become pregnant"
_ADULT_YEARS: Final = 18.0
_GROUPS: Final[tuple[tuple[re.Pattern[str], float, float], ...]] = (
    (re.compile(r"adults?"), _ADULT_YEARS, 200.0),
    (re.compile(r"children|paediatric|pediatric|child"), 0.0, _ADULT_YEARS),
    (re.compile(r"older adults?|elderly"), 65.0, 200.0),
)


def is_in_population(population: str, patient: Patient) -> bool | None:
    """True or False when age or sex decide it, None when the words ask for more (or the fact is missing).

    The whole restriction must be understood: "adults with reduced ejection fraction" is None. Who may become pregnant
    is never one of those who cannot, whatever else the words ask for.
    """
    words = population.lower().strip()
    if not words:
        return True
    if _CANNOT_BE_PREGNANT in words and patient.sex == "female" and not cannot_apply(patient, Check.PREGNANCY):
        return False
    if words in ("women", "female", "females", "men", "male", "males"):
        return None if not patient.sex else (patient.sex == "female") == words.startswith(("wom", "fem"))
    age = patient.age_years
    for pattern, low, high in _GROUPS:
        if pattern.fullmatch(words):
            return None if age is None else low <= age < high
    limit = _AGE_LIMIT.fullmatch(words)
    if limit is None or age is None:
        return None
    return _within(age, limit.group(1), float(limit.group(2)))


def _within(age: float, sign: str, limit: float) -> bool:
    if sign in (">=", "≥"):
        return age >= limit
    if sign in ("<=", "≤"):
        return age <= limit
    return age > limit if sign in (">", "over", "above") else age < limit
