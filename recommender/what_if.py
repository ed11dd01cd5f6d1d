"""What would change: the same patient with other facts, or the same graph without a source."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from kg.errors import InputError, UnknownNameError
from recommender.codes import CodeIndex
from recommender.diplotypes import with_phenotype
from recommender.genome import to_gene_symbol
from recommender.patient import (
    Allergy,
    Concept,
    Condition,
    GenomicFinding,
    LifestyleFact,
    Mapping,
    Measurement,
    Medication,
    Origin,
    Patient,
    Phenotype,
)
from recommender.units import convert, read_measures

ORIGIN: Final = "what if"
_BOOLEANS: Final = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Change:
    """One `--set name=value`, `--add kind:name` or `--without source:name`."""

    verb: str
    name: str
    value: str


def read_change(verb: str, text: str) -> Change:
    """Return the change that an option's text means; InputError when it is not `name=value` or `kind:name`."""
    mark = "=" if verb == "set" else ":"
    name, found, value = text.partition(mark)
    if not found or not name.strip() or not value.strip():
        example = {"set": "egfr=25", "add": "drug:warfarin", "without": "source:hetionet"}[verb]
        raise InputError(f'--{verb} "{text}" is not understood; write it like --{verb} {example}.')
    return Change(verb, name.strip().lower(), value.strip())


def change_patient(patient: Patient, changes: Iterable[Change], index: CodeIndex) -> Patient:
    """Return a mapped patient with the changes of `set` and `add`; InputError names what is not known."""
    for change in changes:
        if change.verb == "set":
            patient = _set(patient, change)
        elif change.verb == "add":
            patient = _add(patient, change, index)
    return patient


def find_removed_sources(changes: Iterable[Change]) -> tuple[str, ...]:
    """The sources of `--without source:X`."""
    found = []
    for change in changes:
        if change.verb == "without":
            if change.name != "source":
                raise UnknownNameError("kind for --without", change.name, ["source"])
            found.append(change.value)
    return tuple(found)


def _set(patient: Patient, change: Change) -> Patient:
    """A single-valued fact: age, sex, pregnancy … or any measure in its unit."""
    setters: dict[str, Callable[[Patient, Change], Patient]] = {
        "age": _set_age,
        "age_years": _set_age,
        "sex": lambda p, c: replace(p, sex=_one_of(c, ("male", "female", "other"))),
        "pregnant": lambda p, c: replace(p, pregnant=_boolean(c)),
        "lactating": lambda p, c: replace(p, lactating=_boolean(c)),
        "child_pugh": lambda p, c: replace(p, child_pugh=_one_of(c, ("A", "B", "C"))),
    }
    if change.name in setters:
        return setters[change.name](patient, change)
    measure = read_measures().get(change.name)
    if measure is None:
        raise UnknownNameError("fact for --set", change.name, {*setters, *(m.name for m in read_measures().values())})
    number, _, unit = change.value.partition(" ")
    value = convert(_number(change, number), unit or measure.unit, measure)
    if value is None or value < 0:
        raise InputError(f'--set {change.name}: "{change.value}" is not a value in {measure.unit}.')
    origin = Origin(ORIGIN, _end_of(patient.as_of))
    return replace(
        patient, measurements=(*patient.measurements, Measurement(measure.name, value, measure.unit, origin))
    )


def _set_age(patient: Patient, change: Change) -> Patient:
    age = _number(change, change.value)
    if age < 0:
        raise InputError(f"--set {change.name}: an age is never negative.")
    return replace(patient, birth_date=None, stated_age_years=age)


def _add(patient: Patient, change: Change, index: CodeIndex) -> Patient:
    origin, said = Origin(ORIGIN, _end_of(patient.as_of)), Concept(change.value)
    if change.name == "drug":
        drug = _known(index.map_medication(said), change)
        return replace(patient, medications=(*patient.medications, Medication(drug, "active", origin=origin)))
    if change.name == "condition":
        condition = _known(index.map_condition(said), change)
        return replace(patient, conditions=(*patient.conditions, Condition(condition, "active", origin=origin)))
    if change.name == "allergy":
        allergen = _known(index.map_allergy(said), change)
        return replace(patient, allergies=(*patient.allergies, Allergy(allergen, "allergy", origin=origin)))
    if change.name == "phenotype":
        phenotype = _known(index.map_condition(said), change)
        return replace(patient, phenotypes=(*patient.phenotypes, Phenotype(phenotype, origin=origin)))
    if change.name == "lifestyle":
        return replace(patient, lifestyle=(*patient.lifestyle, LifestyleFact(change.value, True, origin=origin)))
    if change.name == "gene":
        gene, _, finding = change.value.partition("=")
        found = with_phenotype(GenomicFinding(to_gene_symbol(gene), finding or "positive", origin))
        return replace(patient, genome=(*patient.genome, found))
    kinds = ["drug", "condition", "allergy", "phenotype", "lifestyle", "gene"]
    raise UnknownNameError("kind for --add", change.name, kinds)


def _known(concept: Concept, change: Change) -> Concept:
    if concept.mapping is Mapping.UNMAPPED:
        raise InputError(f'--add {change.name}: the graph knows no "{change.value}"; check the spelling.')
    return concept


def _number(change: Change, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f'--set {change.name}: "{text}" is not a number.')
    return value


def _boolean(change: Change) -> bool:
    if change.value.lower() not in _BOOLEANS:
        raise UnknownNameError(f"value of {change.name}", change.value, _BOOLEANS)
    return _BOOLEANS[change.value.lower()]


def _one_of(change: Change, allowed: tuple[str, ...]) -> str:
    if change.value not in allowed:
        raise UnknownNameError(f"value of {change.name}", change.value, allowed)
    return change.value


def _end_of(day: date) -> str:
    """A time that comes after every value of the day, so that the change is the newest."""
    return f"{day.isoformat()}T23:59:59"
