"""Conditions, medications, allergies, procedures and family history from FHIR resources."""

from __future__ import annotations

import re
from typing import Final

from recommender.fhir_collect import Collected
from recommender.fhir_element import Element
from recommender.fhir_reference import find_target
from recommender.patient import Allergy, Concept, Condition, FamilyHistory, Medication, Procedure
from recommender.stop_reasons import to_stop_reason

_VOID: Final = "entered-in-error"
_REFUTED: Final = frozenset({"refuted", _VOID})
_NO_ALLERGY: Final = re.compile(
    r"^\W*(?:no (?:known |active )?(?:food (?:or|and) )?(?:drug |medication )?allerg|nk(?:d)?a\b|none known\W*$)",
    re.IGNORECASE,
)
_NO_ALLERGY_CODES: Final = frozenset({"SNOMEDCT:716186003", "SNOMEDCT:409137002", "SNOMEDCT:160244002"})
# That there is no allergy to food, latex or what is in the air says nothing of drugs.
_NO_OTHER_ALLERGY: Final = re.compile(
    r"^\W*no known (?:food|latex|environmental|insect|animal)\b(?! or)", re.IGNORECASE
)
_NO_OTHER_ALLERGY_CODES: Final = frozenset({"SNOMEDCT:429625007", "SNOMEDCT:428607008", "SNOMEDCT:1003774007"})
_SEVERE: Final = re.compile(r"\banaphyla|\bangio-?(?:o?edema)|\bstevens|\bepidermal necrolysis\b", re.IGNORECASE)
_ROUTES: Final = {
    "SNOMEDCT:6064005": "topical route",
    "SNOMEDCT:45890007": "transdermal route",
    "SNOMEDCT:448598008": "cutaneous route",
}
_NOT_ORDERED: Final = frozenset({"proposal", "option"})
_NO_CONDITION_CODES: Final = frozenset({"SNOMEDCT:160245001"})
_NO_MEDICATION: Final = re.compile(r"^\W*no (?:known |current |active |regular )?medications?\b", re.IGNORECASE)
_NO_MEDICATION_CODES: Final = frozenset({"SNOMEDCT:787481004", "SNOMEDCT:182904002"})
_UNCERTAIN: Final = frozenset({"provisional", "differential", "unconfirmed"})
# What stands in the record and has no readable name is kept under these words: no check may pass over it.
NAMELESS: Final = {
    "condition": "a condition without a name",
    "medication": "a medication without a name",
    "allergy": "an allergy without a substance",
}


def read_condition(element: Element, collected: Collected) -> None:
    """Add one Condition; one without a code or text is reported and stays as one that maps to nothing."""
    verification = element.code("verificationStatus")
    concept = element.concept("code")
    if concept is None:
        element.report("code", "is missing: a condition without a name cannot be read")
        concept = Concept(NAMELESS["condition"])
    if any(coding.curie in _NO_CONDITION_CODES for coding in concept.codings):
        return
    status = element.code("clinicalStatus")
    if not status and any(name.startswith("abatement") for name in element.value):
        status = "resolved"
    certainty = verification if verification in _UNCERTAIN else ""
    time = element.time("onsetDateTime", "onsetPeriod", "recordedDate", today=collected.today)
    collected.conditions.append(Condition(concept, status, verification in _REFUTED, element.origin(time), certainty))


def read_medication(element: Element, collected: Collected) -> None:
    """Add one MedicationRequest or MedicationStatement; one without a name is reported and maps to nothing."""
    status = element.text("status").lower()
    if status == _VOID or element.text("intent") in _NOT_ORDERED or element.flag("doNotPerform"):
        return
    concept = element.concept("medicationCodeableConcept") or _referenced(element, collected)
    if concept is None:
        element.report("medication", "is missing: a medication without a name cannot be read")
        concept = Concept(NAMELESS["medication"])
    is_none = _NO_MEDICATION.search(concept.text) is not None
    if is_none or any(coding.curie in _NO_MEDICATION_CODES for coding in concept.codings):
        collected.no_medications = True
        return
    time = element.time("effectiveDateTime", "effectivePeriod", "authoredOn", "dateAsserted", today=collected.today)
    dosage = next(element.children("dosageInstruction" if "dosageInstruction" in element.value else "dosage"), None)
    route = dosage.concept("route") if dosage else None
    collected.medications.append(
        Medication(
            concept,
            status,
            _route_name(route) if route else "",
            dosage.text("text") if dosage else "",
            _reason(element, collected),
            element.origin(time),
            to_stop_reason(_status_reason(element)),
        )
    )


def _route_name(route: Concept) -> str:
    """The route in words; a bare code of a route on the skin by its name."""
    return next((_ROUTES[c.curie] for c in route.codings if c.curie in _ROUTES), route.text)


def read_allergy(element: Element, collected: Collected) -> None:
    """Add one AllergyIntolerance, or note that none is known; one without a substance is reported, maps to nothing."""
    refuted = element.code("verificationStatus") in _REFUTED or element.code("clinicalStatus") == "resolved"
    concept = element.concept("code") or _reaction_substance(element)
    if concept is None:
        element.report("code", "is missing: an allergy without a substance cannot be read")
        concept = Concept(NAMELESS["allergy"])
    codes = {c.curie for c in concept.codings}
    if _NO_ALLERGY.search(concept.text) or codes & _NO_ALLERGY_CODES:
        collected.no_known_allergies = collected.no_known_allergies or not refuted
        return
    if _NO_OTHER_ALLERGY.search(concept.text) or codes & _NO_OTHER_ALLERGY_CODES:
        return
    categories = element.value.get("category")
    category = categories[0] if isinstance(categories, list) and categories else ""
    time = element.time("onsetDateTime", "recordedDate", today=collected.today)
    collected.allergies.append(
        Allergy(
            concept,
            element.text("type"),
            category if isinstance(category, str) else "",
            element.text("criticality"),
            refuted,
            element.origin(time),
            _is_severe(element),
        )
    )


def _is_severe(element: Element) -> bool:
    """True when the record says that the risk is high, a reaction was severe, or names one that always is."""
    reactions = list(element.children("reaction"))
    manifestations = (c.as_concept() for r in reactions for c in r.children("manifestation"))
    return (
        element.text("criticality") == "high"
        or any(reaction.text("severity") == "severe" for reaction in reactions)
        or any(_SEVERE.search(concept.text) for concept in manifestations if concept)
    )


def read_procedure(element: Element, collected: Collected) -> None:
    """Add one Procedure."""
    concept = element.concept("code")
    if concept is not None and element.text("status") != _VOID:
        time = element.time("performedDateTime", "performedPeriod", today=collected.today)
        collected.procedures.append(Procedure(concept, element.text("status").lower(), element.origin(time)))


def read_family_history(element: Element, collected: Collected) -> None:
    """Add the conditions of one relative."""
    if element.text("status") == _VOID:
        return
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
    resource = find_target(target, element, collected.by_reference)
    concept = (resource.concept("code") or _ingredients(resource)) if resource else None
    display = reference.text("display")
    if concept is None and not display:
        reference.report("reference", f'"{target[:60]}" is not in the Bundle')
    return concept or (Concept(display) if display else None)


def _ingredients(medication: Element) -> Concept | None:
    """A Medication without a code by the names of all its ingredients."""
    found = [i.concept("itemCodeableConcept") for i in medication.children("ingredient")]
    named = [concept for concept in found if concept]
    if not named or len(named) < len(found):
        return None
    return named[0] if len(named) == 1 else Concept(" / ".join(concept.text for concept in named))


def _reason(element: Element, collected: Collected) -> str:
    """What the medication is given for, in words."""
    for child in element.children("reasonCode"):
        concept = child.as_concept()
        if concept is not None:
            return concept.text
    for child in element.children("reasonReference"):
        target = find_target(child.text("reference"), element, collected.by_reference)
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
