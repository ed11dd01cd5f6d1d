"""Conditions, medications, allergies, procedures and family history from FHIR resources."""

from __future__ import annotations

import re
from typing import Final

from recommender.fhir_collect import Collected
from recommender.fhir_element import Element
from recommender.patient import Allergy, Concept, Condition, FamilyHistory, Medication, Procedure
from recommender.stop_reasons import to_stop_reason

_VOID: Final = "entered-in-error"
_REFUTED: Final = frozenset({"refuted", _VOID})
_NO_ALLERGY: Final = re.compile(r"\bno (?:known )?(?:drug |medication )?allerg|\bnk(?:d)?a\b", re.IGNORECASE)
_NO_ALLERGY_CODES: Final = frozenset({"SNOMEDCT:716186003", "SNOMEDCT:409137002", "SNOMEDCT:160244002"})
_NO_MEDICATION_CODES: Final = frozenset({"SNOMEDCT:787481004", "SNOMEDCT:182904002"})
_NOT_PREGNANT: Final = re.compile(r"\b(?:not pregnant|non-?pregnant|history of|family)\b", re.IGNORECASE)
_PREGNANT: Final = re.compile(r"\bpregnan(?:t|cy)\b", re.IGNORECASE)
_ENDED: Final = frozenset({"resolved", "inactive", "remission"})


def read_condition(element: Element, collected: Collected) -> None:
    """Add one Condition; one without a code or text is reported."""
    concept = element.concept("code")
    if concept is None:
        element.report("code", "is missing: a condition without a name cannot be read")
        return
    status = element.code("clinicalStatus")
    if not status and any(name.startswith("abatement") for name in element.value):
        status = "resolved"
    refuted = element.code("verificationStatus") in _REFUTED
    time = element.time("onsetDateTime", "onsetPeriod", "recordedDate", today=collected.today)
    collected.conditions.append(Condition(concept, status, refuted, element.origin(time)))
    if _PREGNANT.search(concept.text) and not _NOT_PREGNANT.search(concept.text):
        is_now = not refuted and status not in _ENDED
        collected.pregnant = is_now if is_now or collected.pregnant is None else collected.pregnant


def read_medication(element: Element, collected: Collected) -> None:
    """Add one MedicationRequest or MedicationStatement."""
    status = element.text("status").lower()
    if status == _VOID or element.text("intent") == "proposal" or element.flag("doNotPerform"):
        return
    concept = element.concept("medicationCodeableConcept") or _referenced(element, collected)
    if concept is None:
        element.report("medication", "is missing: a medication without a name cannot be read")
        return
    if any(coding.curie in _NO_MEDICATION_CODES for coding in concept.codings):
        collected.no_medications = True
        return
    time = element.time("effectiveDateTime", "effectivePeriod", "authoredOn", "dateAsserted", today=collected.today)
    dosage = next(element.children("dosageInstruction" if "dosageInstruction" in element.value else "dosage"), None)
    route = dosage.concept("route") if dosage else None
    collected.medications.append(
        Medication(
            concept,
            status,
            route.text if route else "",
            dosage.text("text") if dosage else "",
            _reason(element, collected),
            element.origin(time),
            to_stop_reason(_status_reason(element)),
        )
    )


def read_allergy(element: Element, collected: Collected) -> None:
    """Add one AllergyIntolerance, or note that none is known."""
    concept = element.concept("code") or _reaction_substance(element)
    if concept is None:
        element.report("code", "is missing: an allergy without a substance cannot be read")
        return
    if _NO_ALLERGY.search(concept.text) or any(c.curie in _NO_ALLERGY_CODES for c in concept.codings):
        collected.no_known_allergies = True
        return
    categories = element.value.get("category")
    category = categories[0] if isinstance(categories, list) and categories else ""
    refuted = element.code("verificationStatus") in _REFUTED or element.code("clinicalStatus") == "resolved"
    time = element.time("onsetDateTime", "recordedDate", today=collected.today)
    collected.allergies.append(
        Allergy(
            concept,
            element.text("type"),
            category if isinstance(category, str) else "",
            element.text("criticality"),
            refuted,
            element.origin(time),
        )
    )


def read_procedure(element: Element, collected: Collected) -> None:
    """Add one Procedure."""
    concept = element.concept("code")
    if concept is not None and element.text("status") != _VOID:
        time = element.time("performedDateTime", "performedPeriod", today=collected.today)
        collected.procedures.append(Procedure(concept, element.text("status").lower(), element.origin(time)))


def read_family_history(element: Element, collected: Collected) -> None:
    """Add the conditions of one relative."""
    relation = element.concept("relationship")
    for child in element.children("condition"):
        concept = child.concept("code")
        if concept is not None:
            origin = child.origin(element.time("date", today=collected.today))
            collected.family_history.append(FamilyHistory(concept, relation.text if relation else "", origin))


def _referenced(element: Element, collected: Collected) -> Concept | None:
    """The medication that `medicationReference` points to: contained, in the Bundle, or by its display text."""
    reference = element.child("medicationReference")
    if reference is None:
        return None
    target = reference.text("reference")
    if target.startswith("#"):
        contained = (c for c in element.children("contained") if c.value.get("id") == target[1:])
        resource = next(contained, None)
    else:
        resource = collected.by_reference.get(target)
    concept = resource.concept("code") if resource else None
    display = reference.text("display")
    if concept is None and not display:
        reference.report("reference", f'"{target[:60]}" is not in the Bundle')
    return concept or (Concept(display) if display else None)


def _reason(element: Element, collected: Collected) -> str:
    """What the medication is given for, in words."""
    for child in element.children("reasonCode"):
        concept = child.as_concept()
        if concept is not None:
            return concept.text
    for child in element.children("reasonReference"):
        target = collected.by_reference.get(child.text("reference"))
        concept = target.concept("code") if target else None
        if concept is not None:
            return concept.text
    return ""


def _status_reason(element: Element) -> str:
    """Why the medication has its status, in words: one concept in a request, a list of them in a statement."""
    if isinstance(element.value.get("statusReason"), list):
        return "; ".join(c.text for child in element.children("statusReason") if (c := child.as_concept()))
    concept = element.concept("statusReason")
    return concept.text if concept else ""


def _reaction_substance(element: Element) -> Concept | None:
    return next((c for r in element.children("reaction") if (c := r.concept("substance"))), None)
