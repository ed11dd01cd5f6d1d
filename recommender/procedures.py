"""What an operation leaves behind: a procedure on record as the lasting state that the checks read.

Most procedures (an injection, an X-ray) change no check; those that do stand in `ontologies/procedure_states.tsv`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from ontologies.tables import read_rows
from recommender.names import clean_condition
from recommender.patient import Concept, Mapping, Procedure

UTERUS_ABSENT: Final = "theragraph.state:uterus_absent"
_DONE: Final = frozenset({"", "completed", "in-progress", "unknown"})
_NOT_DONE: Final = re.compile(
    r"\b(donor|donation|harvest|evaluation|assessment|planning|education|referral|biopsy|history|consent|discussion)\b"
)


@dataclass(frozen=True, slots=True)
class State:
    """A state with the codes (a code's beginning is enough) and the words that procedures name it by."""

    curie: str
    codes: tuple[str, ...]
    words: tuple[str, ...]


def map_procedure(procedure: Procedure) -> Procedure:
    """The procedure with the state that it leaves, or unchanged when it leaves none that a check reads."""
    if procedure.status not in _DONE:
        return procedure
    found = find_state(procedure.concept)
    if not found:
        return procedure
    return replace(procedure, concept=replace(procedure.concept, curies=(found,), mapping=Mapping.CLOSE))


def find_state(concept: Concept) -> str:
    """The state's CURIE, by code, else by words; "" when there is none.

    >>> find_state(Concept("Transplantation of liver (procedure)")), find_state(Concept("Liver transplant evaluation"))
    ('MESH:D016031', '')
    """
    text = clean_condition(concept.text)
    codes = [c.curie for c in concept.codings]
    for state in _read_states():
        by_code = any(code.startswith(known) for code in codes for known in state.codes)
        if by_code or (any(w in text for w in state.words) and not _NOT_DONE.search(text)):
            return state.curie
    return ""


@cache
def _read_states() -> tuple[State, ...]:
    return tuple(
        State(r["curie"], tuple(r["codes"].split("|")), tuple(r["words"].split("|")))
        for r in read_rows("procedure_states")
    )
