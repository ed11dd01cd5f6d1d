"""Numbers that follow from the patient's values: eGFR, creatinine clearance, BMI, Child-Pugh class, QTc."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from recommender.formulas import (
    Sex,
    body_mass_index,
    child_pugh_class,
    child_pugh_points,
    crcl_cockcroft_gault,
    egfr_ckd_epi_2021,
)
from recommender.patient import Measurement, Patient

ADULT_YEARS = 18


@dataclass(frozen=True, slots=True)
class Value:
    """A number or class with where it comes from; `time` is the day of the oldest value that it rests on."""

    value: float
    how: str
    time: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """What could be worked out; None when a value that it needs is missing."""

    egfr_ml_min_1_73m2: Value | None
    crcl_ml_min: Value | None
    bmi_kg_m2: Value | None
    child_pugh: str
    child_pugh_how: str
    qtc_ms: Value | None


def derive(patient: Patient) -> Derived:
    """Work out what the patient's values allow."""
    child_pugh, how = _child_pugh(patient)
    return Derived(
        egfr_ml_min_1_73m2=_egfr(patient),
        crcl_ml_min=_crcl(patient),
        bmi_kg_m2=_bmi(patient),
        child_pugh=child_pugh,
        child_pugh_how=how,
        qtc_ms=_measured(patient.latest("qtc_ms")),
    )


def days_old(value: Value, as_of: date) -> int | None:
    """Age of the value in days on `as_of`; None when its day is unknown."""
    try:
        return (as_of - date.fromisoformat(value.time[:10])).days
    except ValueError:
        return None


def _egfr(patient: Patient) -> Value | None:
    """The newer of the reported eGFR and the one computed from creatinine."""
    measured = _measured(patient.latest("egfr_ml_min_1_73m2"))
    creatinine, sex, age = patient.latest("creatinine_mg_dl"), _sex(patient), _adult_age(patient)
    if creatinine is None or sex is None or age is None or creatinine.value <= 0:
        return measured
    if measured is not None and measured.time >= creatinine.origin.time:
        return measured
    value = egfr_ckd_epi_2021(creatinine.value, age, sex)
    return Value(value, f"CKD-EPI 2021 from creatinine {creatinine.value:g} mg/dL", creatinine.origin.time)


def _crcl(patient: Patient) -> Value | None:
    creatinine, weight = patient.latest("creatinine_mg_dl"), patient.latest("weight_kg")
    sex, age = _sex(patient), _adult_age(patient)
    if creatinine is None or weight is None or sex is None or age is None or creatinine.value <= 0:
        return _measured(patient.latest("crcl_ml_min"))
    value = crcl_cockcroft_gault(creatinine.value, age, weight.value, sex)
    how = f"Cockcroft-Gault from creatinine {creatinine.value:g} mg/dL and {weight.value:g} kg"
    return Value(max(value, 0.0), how, min(creatinine.origin.time, weight.origin.time))


def _bmi(patient: Patient) -> Value | None:
    weight, height = patient.latest("weight_kg"), patient.latest("height_m")
    if weight is None or height is None or height.value <= 0:
        return _measured(patient.latest("bmi_kg_m2"))
    return Value(body_mass_index(weight.value, height.value), "from weight and height", weight.origin.time)


def _child_pugh(patient: Patient) -> tuple[str, str]:
    """The stated class, else the one computed when all five of its parts are known, else ""."""
    if patient.child_pugh:
        return patient.child_pugh, "as recorded"
    names = ("bilirubin_mg_dl", "albumin_g_dl", "inr", "ascites_grade", "encephalopathy_grade")
    values = [patient.latest(name) for name in names]
    found = [v.value for v in values if v is not None]
    if len(found) < len(names):
        return "", ""
    points = child_pugh_points(found[0], found[1], found[2], int(found[3]), int(found[4]))
    return child_pugh_class(points), f"Child-Pugh {points} points"


def _measured(measurement: Measurement | None) -> Value | None:
    return Value(measurement.value, "as measured", measurement.origin.time) if measurement else None


def _sex(patient: Patient) -> Sex | None:
    return "female" if patient.sex == "female" else "male" if patient.sex == "male" else None


def _adult_age(patient: Patient) -> float | None:
    age = patient.age_years
    return age if age is not None and age >= ADULT_YEARS else None
