"""What a recorded stage of chronic kidney disease says of the eGFR: that it is below the stage's upper limit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from ontologies.tables import read_rows
from recommender.names import clean_condition
from recommender.patient import Concept

_KIDNEY: Final = re.compile(r"\b(?:kidney|renal|ckd|esrd|eskd)\b")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage with the codes (an ICD code's beginning is enough) and words that records name it by."""

    egfr_below: float
    codes: tuple[str, ...]
    words: re.Pattern[str]


def find_egfr_limit(concept: Concept) -> float | None:
    """The eGFR that the patient is below, None when the condition names no stage.

    >>> find_egfr_limit(Concept("CKD stage 4")), find_egfr_limit(Concept("Lung cancer stage 4"))
    (30.0, None)
    """
    codes = [c.curie.replace("ICD10:", "ICD10CM:") for c in concept.codings]
    text = clean_condition(concept.text)
    for stage in _read_stages():
        by_code = any(_means(code, known) for code in codes for known in stage.codes)
        if by_code or (_KIDNEY.search(text) and stage.words.search(text)):
            return stage.egfr_below
    return None


def _means(code: str, known: str) -> bool:
    return code.startswith(known) if known.startswith("ICD") else code == known


@cache
def _read_stages() -> tuple[Stage, ...]:
    return tuple(
        Stage(float(r["egfr_below"]), tuple(r["codes"].split("|")), re.compile(rf"\b(?:{r['words']})\b"))
        for r in read_rows("kidney_stages")
    )
