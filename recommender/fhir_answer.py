"""Yes, no or not known, as an Observation answers it: by code (`ontologies/answer_codes.tsv`), else by words."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from ontologies.tables import read_rows
from recommender.fhir_element import Element

_UNKNOWN: Final = re.compile(
    r"\b(unknown|not known|not asked|not recorded|not assessed|unsure|uncertain|possibl[ey]|suspected|refused|declined|"
    r"indeterminate|inconclusive|not yet confirmed)\b",
    re.IGNORECASE,
)
_NO: Final = re.compile(
    r"\b(never|former|ex-|non|not|no|none|quit|negative|absent|denies|abstain\w*|false|0)\b|\bnon-?smoker|\bex-?smoker",
    re.IGNORECASE,
)
_ANSWERS: Final[dict[str, bool | None]] = {"yes": True, "no": False, "unknown": None}


def read_answer(element: Element) -> bool | None:
    """What the Observation answers; None when it says nothing, or that it is not known."""
    if "valueBoolean" in element.value:
        return element.flag("valueBoolean")
    concept = element.concept("valueCodeableConcept") if "valueCodeableConcept" in element.value else None
    coded = [c.curie for c in concept.codings if c.curie in _read_codes()] if concept else []
    if coded:
        return _ANSWERS[_read_codes()[coded[0]]]
    text = value_text(element)
    # A bare code that no table knows is shown as itself and answers nothing.
    if not text or _UNKNOWN.search(text) or (concept and text in {c.curie for c in concept.codings}):
        return None
    return not _NO.search(text)


def value_text(element: Element) -> str:
    """The words of the value, "" when it has none."""
    if isinstance(element.value.get("valueString"), str):
        return element.text("valueString")
    concept = element.concept("valueCodeableConcept")
    return concept.text if concept else ""


@cache
def _read_codes() -> dict[str, str]:
    return {row["code"]: row["answer"] for row in read_rows("answer_codes")}
