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
from recommender.plan import Line, Plan
from recommender.units import convert, read_measures

ORIGIN: Final = "what if"
_BOOLEANS: Final = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Change:
    """One `--set name=value`, `--add kind:name` or `--without source:name`."""

    verb: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Move:
    """A regimen's place and score for one condition before and after; None when it was not, or is no longer, a line."""

    condition: str
    regimen: str
    place_before: int | None
    place_after: int | None
    score_before: int | None
    score_after: int | None
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two plans; `moves` holds only regimens that moved or changed their score."""

    moves: tuple[Move, ...]
    newly_excluded: tuple[str, ...]
    no_longer_excluded: tuple[str, ...]


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


def find_difference(before: Plan, after: Plan) -> Difference:
    """Compare two plans line by line. Also what a follow-up shows: the earlier plan against the new one."""
    old, new = _places(before), _places(after)
    moves = [
        _to_move(key, old.get(key), new.get(key))
        for key in dict.fromkeys([*new, *old])
        if _standing(old.get(key)) != _standing(new.get(key))
    ]
    gone, come = _excluded(before), _excluded(after)
    return Difference(tuple(moves), tuple(x for x in come if x not in gone), tuple(x for x in gone if x not in come))


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


def _places(plan: Plan) -> dict[tuple[str, str], tuple[int, Line]]:
    """Each line's place among its condition's lines."""
    found: dict[tuple[str, str], tuple[int, Line]] = {}
    counts: dict[str, int] = {}
    for line in plan.lines:
        counts[line.condition.name] = counts.get(line.condition.name, 0) + 1
        found[line.condition.name, " + ".join(d.name for d in line.drugs)] = (counts[line.condition.name], line)
    return found


def _standing(entry: tuple[int, Line] | None) -> tuple[int, int] | None:
    return (entry[0], entry[1].score) if entry else None


def _to_move(key: tuple[str, str], old: tuple[int, Line] | None, new: tuple[int, Line] | None) -> Move:
    return Move(
        condition=key[0],
        regimen=key[1],
        place_before=old[0] if old else None,
        place_after=new[0] if new else None,
        score_before=old[1].score if old else None,
        score_after=new[1].score if new else None,
        because=_because(old[1], new[1]) if old and new else (),
    )


def _because(old: Line, new: Line) -> tuple[str, ...]:
    """The contributions that changed."""
    before = {(c.name, c.because): c.value for c in old.contributions}
    after = {(c.name, c.because): c.value for c in new.contributions}
    changed = [k for k in dict.fromkeys([*before, *after]) if before.get(k) != after.get(k)]
    return tuple(f"{name} {before.get((name, why), 0):+d} → {after.get((name, why), 0):+d}" for name, why in changed)


def _excluded(plan: Plan) -> tuple[str, ...]:
    return tuple(f"{' + '.join(d.name for d in e.drugs)} for {e.condition.name}" for e in plan.excluded)
