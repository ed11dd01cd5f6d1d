"""Numbers that follow from the patient's values: eGFR, creatinine clearance, BMI, Child-Pugh class, QTc."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

from recommender.formulas import (
    Sex,
    body_mass_index,
    child_pugh_class,
    child_pugh_points,
    crcl_cockcroft_gault,
    egfr_ckd_epi_2021,
    egfr_schwartz_2009,
)
from recommender.kidney_stage import find_egfr_limit
from recommender.patient import Measurement, Patient, to_instant

ADULT_YEARS: Final = 18
SCHWARTZ_YEARS: Final = 1
SEXES: Final[tuple[Sex, ...]] = ("female", "male")


@dataclass(frozen=True, slots=True)
class Value:
    """A number with where it comes from; `time` is the day of the oldest value that it rests on.

    `bound` is `<` or `>` when no more is known than that the number lies beyond the value.
    """

    value: float
    how: str
    time: str = ""
    bound: str = ""

    @property
    def shown(self) -> str:
        """The number for people, whole.

        >>> Value(30, "", bound="<").shown
        '< 30'
        """
        return f"{self.bound} {self.value:.0f}".strip()


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
    """The newer of the reported eGFR and the one computed from creatinine; the lower when only one of them is dated."""
    reported, computed = _measured(patient.latest("egfr_ml_min_1_73m2")), _computed_egfr(patient)
    if reported is None or computed is None:
        return reported or computed or _staged_egfr(patient)
    if bool(reported.time) != bool(computed.time):
        return min(reported, computed, key=lambda v: v.value)
    return reported if to_instant(reported.time) >= to_instant(computed.time) else computed


def _staged_egfr(patient: Patient) -> Value | None:
    """Without a value, what the recorded stage of chronic kidney disease says; of several the lowest."""
    current = [c for c in patient.conditions if not (c.is_past or c.refuted or c.is_suspected)]
    found = [(limit, c) for c in current if (limit := find_egfr_limit(c.concept)) is not None]
    if not found:
        return None
    limit, condition = min(found, key=lambda pair: pair[0])
    day = patient.as_of.isoformat()
    return Value(math.nextafter(limit, 0), f"from the diagnosis {condition.concept.text}", day, "<")


def _computed_egfr(patient: Patient) -> Value | None:
    """From creatinine: CKD-EPI 2021 for adults, the bedside Schwartz equation from one year on."""
    creatinine, age = patient.latest("creatinine_mg_dl"), patient.age_years
    if creatinine is None or age is None or creatinine.value <= 0:
        return None
    said, time = f"from creatinine {creatinine.value:g} mg/dL", creatinine.origin.time
    if age < ADULT_YEARS:
        height = patient.latest("height_m")
        if height is None or height.value <= 0 or age < SCHWARTZ_YEARS:
            return None
        value = egfr_schwartz_2009(creatinine.value, height.value)
        return Value(value, f"bedside Schwartz 2009 {said} and {100 * height.value:.0f} cm", time)
    sex = _sex(patient)
    if sex is not None:
        return Value(egfr_ckd_epi_2021(creatinine.value, age, sex), f"CKD-EPI 2021 {said}", time)
    lower = min(egfr_ckd_epi_2021(creatinine.value, age, either) for either in SEXES)
    return Value(lower, f"CKD-EPI 2021 {said}, the lower of both sexes' as the sex is not recorded", time)


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
    return child_pugh_class(points), f"{points} points, from bilirubin, albumin, INR, ascites and encephalopathy"


def _measured(measurement: Measurement | None) -> Value | None:
    if measurement is None:
        return None
    return Value(measurement.value, "as measured", measurement.origin.time, measurement.bound)


def _sex(patient: Patient) -> Sex | None:
    return "female" if patient.sex == "female" else "male" if patient.sex == "male" else None


def _adult_age(patient: Patient) -> float | None:
    age = patient.age_years
    return age if age is not None and age >= ADULT_YEARS else None
