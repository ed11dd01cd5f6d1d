"""What a plan knows of the patient, in the words of the record: the first thing to check before reading on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from recommender.derive import Value
from recommender.fhir_element import to_date
from recommender.knowledge import Knowledge
from recommender.patient import Condition, Mapping, Measurement, Patient
from recommender.reproduction import LONGEST_PREGNANCY, STATE_PREFIX
from recommender.safety.reproductive import cannot_apply
from recommender.safety.verdict import Check
from recommender.situation import Situation

KEY_MEASURES: Final = {
    "potassium_mmol_l": "potassium",
    "hba1c_percent": "HbA1c",
    "inr": "INR",
    "qtc_ms": "QTc",
    "systolic_mmhg": "systolic pressure",
    "bmi_kg_m2": "BMI",
}


@dataclass(frozen=True, slots=True)
class Known:
    """One kind of fact with what the record says of it; `is_missing` when it says nothing."""

    what: str
    said: tuple[str, ...]
    is_missing: bool = False


def summarise(situation: Situation, knowledge: Knowledge) -> tuple[Known, ...]:
    """Return what the plan rests on, in the order in which a clinician would ask for it."""
    patient = situation.patient
    return (
        Known("patient", (_person(patient),), is_missing=patient.age_years is None or not patient.sex),
        _listed("conditions", [_condition(c, knowledge) for c in patient.conditions if _is_current(c)]),
        *_optional("suspected only", [_condition(c, knowledge) for c in patient.conditions if _is_suspected(c)]),
        *_optional("earlier conditions", [c.concept.text for c in patient.conditions if c.is_past and not c.refuted]),
        *_optional("operations", [p.concept.text for p in patient.procedures if p.concept.curies]),
        _listed("medication now", [m.concept.text for m in patient.current_medications], patient.no_medications),
        *_optional("tried before", [t.text for t in situation.tried]),
        _listed("allergies", [a.concept.text for a in patient.allergies if not a.refuted], patient.no_known_allergies),
        _value("kidney function", situation.derived.egfr_ml_min_1_73m2, "eGFR", patient),
        _liver(situation),
        *_pregnancy(patient),
        *_optional("breast-feeding", ["yes"] if patient.lactating else []),
        *_optional("values", [_measured(patient.series(name), label) for name, label in KEY_MEASURES.items()]),
        _listed("genetic tests", [f"{g.gene} {g.finding}" for g in patient.genome]),
        *_optional("habits", [f"{f.factor}: {f.text or ('yes' if f.present else 'no')}" for f in patient.lifestyle]),
    )


def _is_current(condition: Condition) -> bool:
    return not condition.is_past and not condition.refuted and not condition.is_suspected


def _is_suspected(condition: Condition) -> bool:
    return not condition.is_past and not condition.refuted and condition.is_suspected


def _person(patient: Patient) -> str:
    age = "age not recorded" if patient.age_years is None else to_age(patient.age_years)
    return f"{patient.sex or 'sex not recorded'}, {age}"


def to_age(years: float) -> str:
    """An age in words, in months below two years.

    >>> to_age(0.25), to_age(47)
    ('3 months', '47 years')
    """
    return f"{12 * years:.0f} months" if years < 2 else f"{years:.0f} years"


def _condition(condition: Condition, knowledge: Knowledge) -> str:
    """The record's words, how certain it is, and the concept where it is another or a broader one."""
    concept = condition.concept
    text = f"{concept.text}, {condition.certainty}" if condition.certainty else concept.text
    if not concept.curies:
        return f"{text} (not known to the graph)"
    if concept.curies[0].startswith(STATE_PREFIX):
        return text
    name = knowledge.name(concept.curies[0])
    if concept.mapping is Mapping.BROAD:
        return f"{text} (read as the broader {name})"
    return text if name.lower() in text.lower() else f"{text} (read as {name})"


def _listed(what: str, items: Iterable[str], is_none: bool = False) -> Known:
    said = tuple(dict.fromkeys(items))
    if said or is_none:
        return Known(what, said or ("none, as the record states",))
    return Known(what, ("not recorded",), is_missing=True)


def _optional(what: str, items: Iterable[str]) -> tuple[Known, ...]:
    said = tuple(dict.fromkeys(item for item in items if item))
    return (Known(what, said),) if said else ()


def _value(what: str, value: Value | None, name: str, patient: Patient) -> Known:
    if value is None:
        return Known(what, ("not known",), is_missing=True)
    earlier = _earlier(patient.series("egfr_ml_min_1_73m2"), value.time)
    return Known(what, (f"{name} {value.shown}{earlier} ({value.how}, {value.time[:10] or 'undated'})",))


def _liver(situation: Situation) -> Known:
    derived = situation.derived
    if derived.child_pugh:
        return Known("liver function", (f"Child-Pugh {derived.child_pugh} ({derived.child_pugh_how})",))
    return Known("liver function", ("Child-Pugh class not known",), is_missing=True)


def _pregnancy(patient: Patient) -> tuple[Known, ...]:
    if cannot_apply(patient, Check.PREGNANCY) and not patient.pregnant:
        return ()
    if patient.pregnant is None:
        return (Known("pregnancy", ("not recorded",), is_missing=True),)
    return (Known("pregnancy", (_pregnant(patient),)),)


def _pregnant(patient: Patient) -> str:
    """Yes or no with its day; a statement older than any pregnancy is still believed, and said to be old."""
    day = patient.pregnancy_origin.time[:10]
    said = f"{'yes' if patient.pregnant else 'no'}{f' ({day})' if day else ''}"
    noted = to_date(day) if day else None
    is_old = bool(patient.pregnant) and noted is not None and patient.as_of - noted > LONGEST_PREGNANCY
    return f"{said}: longer ago than a pregnancy lasts, ask again" if is_old else said


def _measured(series: tuple[Measurement, ...], label: str) -> str:
    """The newest value with its day, and the one of the day before it: the trend."""
    if not series:
        return ""
    newest = series[-1]
    time = newest.origin.time
    unit = f" {newest.unit}" if newest.unit not in ("", "1") else ""
    return f"{label} {newest.value:g}{unit}{_earlier(series, time)} ({time[:10] or 'undated'})"


def _earlier(series: tuple[Measurement, ...], time: str) -> str:
    """The last value of an earlier day, for comparison."""
    before = [m for m in series if m.origin.time and m.origin.time[:10] < time[:10]]
    return f", was {before[-1].value:g} on {before[-1].origin.time[:10]}" if before else ""
