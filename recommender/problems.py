"""Which of the patient's conditions and findings a plan should treat."""

from __future__ import annotations

from typing import Final

from recommender.knowledge import Knowledge
from recommender.patient import Patient
from recommender.reproduction import STATE_PREFIX

PROBLEM_TYPES: Final = frozenset({"disease", "symptom"})


def find_problems(patient: Patient, knowledge: Knowledge) -> tuple[str, ...]:
    """The current, mapped conditions and states after operations, the most specific ones only, not what is suspected.

    Without any of these, the findings that were seen or that a note affirms.
    """
    stated = [
        curie
        for condition in patient.conditions
        if not condition.is_past and not condition.refuted and not condition.is_suspected
        for curie in condition.concept.curies
        if not curie.startswith(STATE_PREFIX)
    ]
    stated += [c for p in patient.procedures for c in p.concept.curies if c in knowledge.indications_of]
    if not stated:
        stated = [curie for p in patient.phenotypes if not p.excluded for curie in p.concept.curies]
        stated += [m.curie for m in patient.mentions if m.type in PROBLEM_TYPES and m.is_affirmed and m.curie]
    return keep_specific(tuple(dict.fromkeys(stated)), knowledge)


def keep_specific(curies: tuple[str, ...], knowledge: Knowledge) -> tuple[str, ...]:
    """Drop a concept that is broader than, or the same as, one that stays."""
    kept: list[str] = []
    for curie in sorted(curies, key=lambda c: -len(knowledge.closure(c))):
        if not any(curie in knowledge.closure(other) for other in kept):
            kept.append(curie)
    return tuple(curie for curie in curies if curie in kept)
