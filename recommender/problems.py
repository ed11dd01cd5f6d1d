"""Which of the patient's conditions and findings a plan should treat."""

from __future__ import annotations

from recommender.knowledge import Knowledge
from recommender.patient import Patient


def find_problems(patient: Patient, knowledge: Knowledge) -> tuple[str, ...]:
    """The current, mapped conditions, the most specific ones only; without any, the findings that were seen."""
    stated = [
        curie
        for condition in patient.conditions
        if not condition.is_past and not condition.refuted
        for curie in condition.concept.curies
    ]
    if not stated:
        stated = [curie for p in patient.phenotypes if not p.excluded for curie in p.concept.curies]
    return keep_specific(tuple(dict.fromkeys(stated)), knowledge)


def keep_specific(curies: tuple[str, ...], knowledge: Knowledge) -> tuple[str, ...]:
    """Drop a concept that is broader than, or the same as, one that stays."""
    kept: list[str] = []
    for curie in sorted(curies, key=lambda c: -len(knowledge.closure(c))):
        if not any(curie in knowledge.closure(other) for other in kept):
            kept.append(curie)
    return tuple(curie for curie in curies if curie in kept)
