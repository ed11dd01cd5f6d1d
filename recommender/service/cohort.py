"""What of a stored patient cohort counts look at, and the exact counts that noise is put on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from recommender.patient import Patient
from recommender.service.consent import RESEARCH, ConsentError, check_consent

SEXES: Final = ("female", "male", "other", "unknown")
DECADES: Final = (*(f"{n}-{n + 9}" for n in range(0, 100, 10)), "100 or more", "unknown")
GROUPS: Final[dict[str, tuple[str, ...]]] = {"": ("all",), "sex": SEXES, "age": DECADES}

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """Patients who have all of these concepts, counted in all or by sex or by decade of age."""

    conditions: frozenset[str]
    drugs: frozenset[str]
    by: str


def to_facts(patient: Patient, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the concepts, sex and decade of age of a mapped patient, and whether the record permits research."""
    return {
        "conditions": sorted({curie for c in patient.conditions for curie in c.concept.curies}),
        "drugs": sorted({curie for m in patient.current_medications for curie in m.concept.curies}),
        "sex": patient.sex if patient.sex in SEXES else "unknown",
        "age": to_decade(patient.age_years),
        "research": _permits_research(document),
    }


def count_exactly(records: Iterable[tuple[str, Facts]], question: Question) -> tuple[int, ...]:
    """Return the counts by group, in the order of `GROUPS`; each patient counts once, however often it is stored."""
    groups = GROUPS[question.by]
    counts = dict.fromkeys(groups, 0)
    for facts in dict(records).values():
        if facts["research"] and _fits(facts, question):
            counts[facts[question.by] if question.by else groups[0]] += 1
    return tuple(counts.values())


def _fits(facts: Facts, question: Question) -> bool:
    return question.conditions <= set(facts["conditions"]) and question.drugs <= set(facts["drugs"])


def to_decade(age_years: float | None) -> str:
    """The decade that an age falls into, "unknown" without one."""
    if age_years is None or age_years < 0:
        return DECADES[-1]
    return DECADES[min(int(age_years) // 10, len(DECADES) - 2)]


def _permits_research(document: Mapping[str, Any]) -> bool:
    try:
        check_consent(document, RESEARCH)
    except ConsentError:
        return False
    return True
