"""Laboratory values, vital signs, habits, pregnancy and genomic results from FHIR Observations."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from recommender.fhir_answer import read_answer, value_text
from recommender.fhir_collect import Answer, Collected
from recommender.fhir_element import Element, to_date
from recommender.fhir_quantity import read_amount
from recommender.formulas import LEAST_POINTS, MOST_POINTS, child_pugh_class
from recommender.genome import to_gene_symbol
from recommender.patient import Concept, GenomicFinding, LifestyleFact, Measurement, Phenotype
from recommender.reproduction import LACTATION, LONGEST_PREGNANCY, PREGNANCY
from recommender.units import convert, find_measure

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
_STATES: Final = {"LOINC:82810-3": PREGNANCY, "LOINC:11449-6": PREGNANCY, "LOINC:63895-7": LACTATION}
_EXPECTED_DELIVERY: Final = frozenset({"LOINC:11778-8", "LOINC:11779-6"})
_GESTATIONAL_AGE: Final = frozenset({"LOINC:18185-9", "LOINC:11884-4", "LOINC:11885-1", "LOINC:49051-6"})
_PREGNANCY_TEST: Final = frozenset({"LOINC:2106-3", "LOINC:2118-8", "LOINC:2110-5"})
_HPO: Final = "HP:"
_CHILD_PUGH: Final = re.compile(r"\bchild[- ]?(?:turcotte[- ]?)?pugh\b", re.IGNORECASE)
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
    state = next((_STATES[c] for c in codes if c in _STATES), "")
    if factor:
        _read_habit(element, factor, time, collected)
    elif state:
        collected.answers.append(Answer(state, read_answer(element), element.origin(time)))
    elif any(code.startswith(_HPO) for code in codes):
        _read_finding(element, concept, time, collected)
    elif _shows_pregnancy(element, codes, time, collected.today):
        collected.answers.append(Answer(PREGNANCY, True, element.origin(time)))
    elif _CHILD_PUGH.search(concept.text):
        _read_child_pugh(element, time, collected)
    else:
        _read_quantity(element, concept, time, collected)


def _read_finding(element: Element, concept: Concept, time: str, collected: Collected) -> None:
    """Add a sign or symptom by its HPO term, seen or seen to be absent; one that nobody looked for is none."""
    answer = read_answer(element)
    is_open = "dataAbsentReason" in element.value or (value_text(element) and answer is None)
    if not is_open:
        collected.phenotypes.append(Phenotype(concept, answer is False, element.origin(time)))


def _read_quantity(element: Element, concept: Concept, time: str, collected: Collected) -> None:
    """Add the value of a known measure in its unit; an unusable one of a known measure is reported."""
    measure = find_measure([c.curie for c in concept.codings], concept.text)
    if measure is None or "component" in element.value or "dataAbsentReason" in element.value:
        return
    amount = read_amount(element)
    if amount is None:
        element.report("value", f"has no number for {measure.name}")
        return
    converted = next((c for u in amount.units if (c := convert(amount.value, u, measure)) is not None), None)
    if converted is None:
        element.report(f"{amount.name}.unit", f'"{amount.units[0][:30]}" is not a unit of {measure.name}')
    elif converted < 0:
        element.report(f"{amount.name}.value", f"{amount.value:g} cannot be: {measure.name} is never negative")
    else:
        value, bound = amount.shifted(converted), amount.comparator[:1]
        collected.measurements.append(Measurement(measure.name, value, measure.unit, element.origin(time), bound))


def _read_child_pugh(element: Element, time: str, collected: Collected) -> None:
    """Add a Child-Pugh class, stated as such or as points."""
    letter = re.search(r"\b([ABC])\b", value_text(element))
    amount = read_amount(element)
    points = int(amount.value) if amount and LEAST_POINTS <= amount.value <= MOST_POINTS else 0
    found = letter.group(1) if letter else child_pugh_class(points) if points else ""
    if found:
        collected.child_pugh.append((found, element.origin(time)))
    else:
        element.report("value", "is neither a Child-Pugh class nor its 5 to 15 points")


def _shows_pregnancy(element: Element, codes: set[str], time: str, today: date) -> bool:
    """True for a delivery that is still expected, and for a gestational age or a positive test of this pregnancy."""
    if codes & _EXPECTED_DELIVERY:
        expected = to_date(element.text("valueDateTime"))
        return expected is not None and expected >= today
    seen = to_date(time)
    if seen is not None and today - seen > LONGEST_PREGNANCY:
        return False
    has_age = bool(codes & _GESTATIONAL_AGE) and read_amount(element) is not None
    return has_age or (bool(codes & _PREGNANCY_TEST) and read_answer(element) is True)


def _read_habit(element: Element, factor: str, time: str, collected: Collected) -> None:
    """Add a habit; an answer that says that it is not known says nothing."""
    amount = read_amount(element)
    present = amount.value > 0 if amount else read_answer(element)
    if present is not None:
        shown = value_text(element) or (f"{amount.value:g}" if amount else "")
        collected.lifestyle.append(LifestyleFact(factor, present, shown, element.origin(time)))


def _read_genome(element: Element, concept: Concept, time: str, collected: Collected) -> bool:
    """Add a genomic result; returns whether the Observation is one."""
    gene = _gene_of(element, concept)
    if not gene:
        return False
    parts = [value_text(c) for c in element.children("component") if _has_code(c, _FINDING_CODES)]
    findings = [f for f in (*parts, value_text(element), _allele_of(concept), _amount(element)) if f]
    if not findings:
        element.report("value", f"has no finding for gene {gene}")
    else:
        collected.genome.append(GenomicFinding(gene, "; ".join(dict.fromkeys(findings)), element.origin(time)))
    return True


def _gene_of(element: Element, concept: Concept) -> str:
    for component in element.children("component"):
        if _has_code(component, (_GENE_STUDIED,)):
            return to_gene_symbol(value_text(component))
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
