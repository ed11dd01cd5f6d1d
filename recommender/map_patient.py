"""A patient as read, mapped to the graph: what is recorded gets its CURIEs, or is listed as unmapped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from recommender.codes import CodeIndex
from recommender.diplotypes import with_phenotype
from recommender.names import clean_condition, is_allergy, is_family_history, split_history
from recommender.patient import (
    Allergy,
    ClinicalText,
    Concept,
    Condition,
    FamilyHistory,
    Mapping,
    Patient,
    TextMention,
    Unmapped,
)
from recommender.procedures import map_procedure
from recommender.reproduction import STATE_PREFIX, find_state, with_reproductive_state

Annotate = Callable[[ClinicalText], Iterable[TextMention]]


def read_nothing(text: ClinicalText) -> tuple[TextMention, ...]:
    """The annotator of a set-up without text extraction."""
    return ()


def map_patient(patient: Patient, index: CodeIndex, annotate: Annotate = read_nothing) -> Patient:
    """Return the patient with mapped concepts, the mentions of its texts, and the list of what did not map."""
    relatives = [c for c in patient.conditions if is_family_history(clean_condition(c.concept.text))]
    listed = {c: allergy for c in patient.conditions if (allergy := _to_allergy(c, index))}
    own = [c for c in patient.conditions if c not in relatives and c not in listed]
    mapped = replace(
        patient,
        conditions=tuple(_map_condition(c, index) for c in own),
        medications=tuple(replace(m, concept=index.map_medication(m.concept)) for m in patient.medications),
        allergies=(*(_map_allergy(a, index) for a in patient.allergies), *listed.values()),
        phenotypes=tuple(replace(p, concept=index.map_condition(p.concept)) for p in patient.phenotypes),
        procedures=tuple(map(map_procedure, patient.procedures)),
        genome=tuple(map(with_phenotype, patient.genome)),
        family_history=(*patient.family_history, *(FamilyHistory(c.concept, "", c.origin) for c in relatives)),
        mentions=(*patient.mentions, *(m for text in patient.texts for m in annotate(text))),
    )
    return with_reproductive_state(replace(mapped, unmapped=tuple(_find_unmapped(mapped))))


def _map_condition(condition: Condition, index: CodeIndex) -> Condition:
    _, is_past = split_history(clean_condition(condition.concept.text))
    status = "inactive" if is_past else condition.status
    concept = index.map_condition(condition.concept)
    state = find_state(concept) if not concept.curies else ""
    if state:
        concept = replace(concept, curies=(f"{STATE_PREFIX}{state}",), mapping=Mapping.CLOSE)
    return replace(condition, concept=concept, status=status)


def _to_allergy(condition: Condition, index: CodeIndex) -> Allergy | None:
    """The allergy to a drug that stands among the conditions; one that is over as a problem is still an allergy."""
    if condition.refuted or not is_allergy(clean_condition(condition.concept.text)):
        return None
    concept = index.map_allergy(condition.concept)
    return Allergy(concept, "allergy", origin=condition.origin) if concept.curies else None


def _map_allergy(allergy: Allergy, index: CodeIndex) -> Allergy:
    return replace(allergy, concept=index.map_allergy(allergy.concept))


def _find_unmapped(patient: Patient) -> Iterable[Unmapped]:
    for c in patient.conditions:
        yield from _unmapped("condition", c.concept, c.origin.where)
    for m in patient.medications:
        yield from _unmapped("medication", m.concept, m.origin.where)
    for a in patient.allergies:
        yield from _unmapped("allergy", a.concept, a.origin.where)
    for p in patient.phenotypes:
        yield from _unmapped("phenotype", p.concept, p.origin.where)


def _unmapped(kind: str, concept: Concept, where: str) -> Iterable[Unmapped]:
    if not concept.curies:
        yield Unmapped(kind, concept.text, tuple(c.curie or c.display for c in concept.codings), where)
