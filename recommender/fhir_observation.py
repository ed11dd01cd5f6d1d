"""Laboratory values, vital signs, habits, pregnancy and genomic results from FHIR Observations."""

from __future__ import annotations

import re
from typing import Final

from recommender.fhir_collect import Collected
from recommender.fhir_element import Element
from recommender.genome import to_gene_symbol
from recommender.patient import Concept, GenomicFinding, LifestyleFact, Measurement
from recommender.units import convert, read_measures

_VOID: Final = frozenset({"entered-in-error", "cancelled"})
_HABITS: Final = {
    "LOINC:72166-2": "smoking",
    "LOINC:81229-7": "smoking",
    "LOINC:11331-6": "alcohol",
    "LOINC:74013-4": "alcohol",
    "LOINC:11286-7": "alcohol",
    "LOINC:89555-7": "exercise",
    "LOINC:68516-4": "exercise",
}
_PREGNANCY: Final = frozenset({"LOINC:82810-3", "LOINC:11449-6"})
_LACTATION: Final = frozenset({"LOINC:63895-7"})
_NO: Final = re.compile(
    r"\b(never|former|ex-|non|not|no|none|quit|negative|denies|abstain\w*)\b|\bnon-?smoker", re.IGNORECASE
)
_GENE_STUDIED: Final = "LOINC:48018-6"
_FINDING_CODES: Final = (
    "LOINC:48005-3",
    "LOINC:81252-9",
    "LOINC:48004-6",
    "LOINC:84413-4",
    "LOINC:53040-2",
    "LOINC:83005-9",
)
_GENE_NAMED: Final = re.compile(
    r"\b([A-Z][A-Z0-9]{1,9}(?:-[A-Z0-9]+)?)\*?\S*\s+(?:gene|genotype|allele)\b|^(HLA-[A-Z]+\d*)\*"
)
_PD_L1: Final = re.compile(r"\b(?:PD-?L1|programmed (?:cell )?death[- ]ligand 1)\b", re.IGNORECASE)


def read_observation(element: Element, collected: Collected) -> None:
    """Add what one Observation and its components say."""
    if element.text("status") in _VOID:
        return
    concept = element.concept("code")
    if concept is None:
        element.report("code", "is missing: an observation without a code cannot be read")
        return
    time = element.time("effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued", today=collected.today)
    if _read_genome(element, concept, time, collected):
        return
    _read_value(element, concept, time, collected)
    for component in element.children("component"):
        part = component.concept("code")
        if part is not None:
            _read_value(component, part, time, collected)


def _read_value(element: Element, concept: Concept, time: str, collected: Collected) -> None:
    codes = {coding.curie for coding in concept.codings}
    factor = next((_HABITS[c] for c in codes if c in _HABITS), "")
    if factor:
        _read_habit(element, factor, time, collected)
    elif codes & _PREGNANCY:
        collected.pregnant = _is_yes(element, collected.pregnant)
    elif codes & _LACTATION:
        collected.lactating = _is_yes(element, collected.lactating)
    else:
        _read_quantity(element, concept, time, collected)


def _read_quantity(element: Element, concept: Concept, time: str, collected: Collected) -> None:
    """Add the value of a known measure in its unit; an unusable one of a known measure is reported."""
    measures = read_measures()
    keys = [*(c.curie for c in concept.codings), concept.text.lower()]
    measure = next((measures[k] for k in keys if k in measures), None)
    if measure is None or "valueQuantity" not in element.value:
        return
    quantity = element.child("valueQuantity")
    value = quantity.number("value") if quantity else None
    if quantity is None or value is None:
        return
    unit = quantity.text("code") or quantity.text("unit")
    converted = convert(value, unit, measure)
    if converted is None and quantity.text("unit"):
        converted = convert(value, quantity.text("unit"), measure)
    if converted is None:
        quantity.report("unit", f'"{unit[:30]}" is not a unit of {measure.name}')
    elif converted < 0:
        quantity.report("value", f"{value:g} cannot be: {measure.name} is never negative")
    else:
        collected.measurements.append(Measurement(measure.name, converted, measure.unit, element.origin(time)))


def _read_habit(element: Element, factor: str, time: str, collected: Collected) -> None:
    text = _value_text(element)
    quantity = element.child("valueQuantity")
    amount = quantity.number("value") if quantity else None
    if not text and amount is None:
        return
    present = amount > 0 if amount is not None else not _NO.search(text)
    shown = text or f"{amount:g}"
    collected.lifestyle.append(LifestyleFact(factor, present, shown, element.origin(time)))


def _is_yes(element: Element, known: bool | None) -> bool | None:
    if isinstance(element.value.get("valueBoolean"), bool):
        return bool(element.value["valueBoolean"])
    text = _value_text(element)
    return not _NO.search(text) if text else known


def _read_genome(element: Element, concept: Concept, time: str, collected: Collected) -> bool:
    """Add a genomic result; returns whether the Observation is one."""
    gene = _gene_of(element, concept)
    if not gene:
        return False
    parts = [_value_text(c) for c in element.children("component") if _has_code(c, _FINDING_CODES)]
    findings = [f for f in (*parts, _value_text(element), _allele_of(concept), _amount(element)) if f]
    if not findings:
        element.report("value", f"has no finding for gene {gene}")
    else:
        collected.genome.append(GenomicFinding(gene, "; ".join(dict.fromkeys(findings)), element.origin(time)))
    return True


def _gene_of(element: Element, concept: Concept) -> str:
    for component in element.children("component"):
        if _has_code(component, (_GENE_STUDIED,)):
            return to_gene_symbol(_value_text(component))
    if _PD_L1.search(concept.text):
        return to_gene_symbol("PD-L1")
    named = _GENE_NAMED.search(concept.text)
    return to_gene_symbol(named.group(1) or named.group(2)) if named else ""


def _allele_of(concept: Concept) -> str:
    """The allele that the code itself names, as `HLA-B*57:01` does."""
    allele = re.search(r"\*\d+(?::\d+)?", concept.text)
    return allele.group(0) if allele else ""


def _amount(element: Element) -> str:
    quantity = element.child("valueQuantity")
    value = quantity.number("value") if quantity else None
    return f"{value:g}{quantity.text('unit')}" if quantity and value is not None else ""


def _has_code(element: Element, wanted: tuple[str, ...]) -> bool:
    concept = element.concept("code")
    return concept is not None and any(c.curie in wanted for c in concept.codings)


def _value_text(element: Element) -> str:
    if isinstance(element.value.get("valueString"), str):
        return element.text("valueString")
    concept = element.concept("valueCodeableConcept")
    return concept.text if concept else ""
