"""Patients from eICU's CSV files (v2.0 layout), one a unit stay, as of the unit discharge.

eICU gives minutes from unit admission and a year; times here count from the first of January of that year, so they
are right relative to each other and to the day of discharge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from ontologies.codes import normalise_code
from recommender.csv_tables import Row, group_csv, read_csv, to_number
from recommender.patient import Allergy, Coding, Concept, Condition, Measurement, Medication, Origin, Patient
from recommender.units import convert, read_measures

OLDEST_AGE: Final = 90.0
_APACHE: Final = {
    "creatinine": ("creatinine_mg_dl", "mg/dL"),
    "albumin": ("albumin_g_dl", "g/dL"),
    "bilirubin": ("bilirubin_mg_dl", "mg/dL"),
    "sodium": ("sodium_mmol_l", "mmol/L"),
    "glucose": ("glucose_mg_dl", "mg/dL"),
}
_NOT_A_CONDITION: Final = frozenset({"Performed", "Not Performed", "medication dependent", "multiple", "other", ""})
_NO_PROBLEM: Final = "No Health Problems"
_KEY: Final = "patientunitstayid"


def read_eicu(folder: Path) -> Iterator[Patient]:
    """Yield every unit stay of `patient.csv`. Ages above 89, which eICU hides, come as 90."""
    tables = _Tables.read(folder)
    for row in read_csv(folder, "patient", _KEY, "gender", "age", "unitdischargeoffset", "hospitaldischargeyear"):
        yield _to_patient(row, tables)


@dataclass(frozen=True, slots=True)
class _Tables:
    """The other files, grouped by stay."""

    diagnoses: Mapping[str, list[Row]]
    history: Mapping[str, list[Row]]
    medications: Mapping[str, list[Row]]
    home_medications: Mapping[str, list[Row]]
    allergies: Mapping[str, list[Row]]
    labs: Mapping[str, list[Row]]
    apache: Mapping[str, list[Row]]

    @classmethod
    def read(cls, folder: Path) -> _Tables:
        labs = group_csv(folder, "lab", _KEY, "labname", "labresult", required=False)
        return cls(
            diagnoses=group_csv(folder, "diagnosis", _KEY, "diagnosisstring", "icd9code"),
            history=group_csv(folder, "pasthistory", _KEY, "pasthistoryvalue", required=False),
            medications=group_csv(folder, "medication", _KEY, "drugname"),
            home_medications=group_csv(folder, "admissiondrug", _KEY, "drugname", required=False),
            allergies=group_csv(folder, "allergy", _KEY, "allergyname"),
            labs=labs or group_csv(folder, "lab_subset_179_stays", _KEY, "labname", "labresult", required=False),
            apache=group_csv(folder, "apacheapsvar", _KEY, required=False),
        )


def _to_patient(row: Row, tables: _Tables) -> Patient:
    stay = row[_KEY]
    start = datetime(int(to_number(row["hospitaldischargeyear"]) or 2014), 1, 1)
    discharge = to_number(row["unitdischargeoffset"]) or 0.0
    return Patient(
        patient_id=f"eicu-{stay}",
        as_of=(start + timedelta(minutes=discharge)).date(),
        sex={"Female": "female", "Male": "male"}.get(row["gender"], ""),
        stated_age_years=OLDEST_AGE if row["age"].startswith(">") else to_number(row["age"]),
        conditions=tuple(_once(_conditions(stay, tables))),
        medications=tuple(_medications(stay, tables, discharge, start)),
        allergies=tuple(_allergies(tables.allergies.get(stay, ()), start)),
        measurements=tuple(sorted(_measurements(row, stay, tables, start), key=lambda m: m.origin.time)),
    )


def _once(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """Each condition text once, the first that came."""
    seen: set[str] = set()
    for condition in conditions:
        if condition.concept.text not in seen:
            seen.add(condition.concept.text)
            yield condition


def _conditions(stay: str, tables: _Tables) -> Iterator[Condition]:
    for row in tables.diagnoses.get(stay, ()):
        codes = tuple(Coding(_to_icd(code)) for code in row["icd9code"].split(",") if code.strip())
        *broader, text = row["diagnosisstring"].split("|")
        above = (Coding("", broader[-1]),) if len(broader) > 1 else ()
        yield Condition(
            Concept(text, (*codes, *above)), "active", origin=Origin(f"diagnosis {row.get('diagnosisid', '')}".strip())
        )
    for row in tables.history.get(stay, ()):
        value = row["pasthistoryvalue"]
        if value not in _NOT_A_CONDITION and value != _NO_PROBLEM:
            concept = Concept(value.partition(" - ")[0].strip())
            yield Condition(concept, "", origin=Origin(f"pasthistory {row.get('pasthistoryid', '')}".strip()))


def _to_icd(code: str) -> str:
    """eICU writes ICD-9-CM and ICD-10-CM codes side by side."""
    stripped = code.strip()
    is_nine = stripped[:1].isdigit() or (stripped[:1] in "EV" and stripped[1:4].isdigit() and "." not in stripped[:3])
    return normalise_code(f"{'ICD9CM' if is_nine else 'ICD10CM'}:{stripped}")


def _medications(stay: str, tables: _Tables, discharge: float, start: datetime) -> Iterator[Medication]:
    """Orders that were not stopped before discharge, and the drugs taken at home; each name once."""
    seen: set[tuple[str, str]] = set()
    orders = [(row, _order_status(row, discharge)) for row in tables.medications.get(stay, ())]
    orders += [(row, "") for row in tables.home_medications.get(stay, ())]
    for row, status in orders:
        name = row["drugname"].strip()
        if name and (name, status) not in seen and row.get("drugordercancelled") != "Yes":
            seen.add((name, status))
            offset = row.get("drugstartoffset") or row.get("drugoffset", "")
            where = f"medication {row.get('medicationid') or row.get('admissiondrugid', '')}".strip()
            yield Medication(
                Concept(name), status, row.get("routeadmin", ""), origin=Origin(where, _time(offset, start))
            )


def _order_status(row: Row, discharge: float) -> str:
    stop = to_number(row.get("drugstopoffset", ""))
    return "stopped" if stop is not None and stop < discharge else "active"


def _allergies(rows: Iterable[Row], start: datetime) -> Iterator[Allergy]:
    for row in rows:
        if row["allergyname"].strip():
            origin = Origin(f"allergy {row.get('allergyid', '')}".strip(), _time(row.get("allergyoffset", ""), start))
            yield Allergy(Concept(row["allergyname"].strip()), "", origin=origin)


def _measurements(row: Row, stay: str, tables: _Tables, start: datetime) -> Iterator[Measurement]:
    for lab in tables.labs.get(stay, ()):
        unit = lab.get("labmeasurenamesystem", "").replace("Units/L", "U/L")
        yield from _measurement(lab["labname"], lab["labresult"], unit, _time(lab.get("labresultoffset", ""), start))
    for apache in tables.apache.get(stay, ()):
        for column, (name, unit) in _APACHE.items():
            yield from _measurement(name, apache.get(column, ""), unit, _time("0", start))
    yield from _measurement("weight_kg", row.get("admissionweight", ""), "kg", _time("0", start))
    yield from _measurement("height_m", row.get("admissionheight", ""), "cm", _time("0", start))


def _measurement(name: str, text: str, unit: str, time: str) -> Iterator[Measurement]:
    """One value of a known measure; eICU's -1 and empty cells are missing values."""
    measure, value = read_measures().get(name.lower()), to_number(text)
    if measure is None or value is None or value <= 0:
        return
    converted = convert(value, unit, measure)
    if converted is not None:
        yield Measurement(measure.name, converted, measure.unit, Origin(name, time))


def _time(offset: str, start: datetime) -> str:
    minutes = to_number(offset)
    return "" if minutes is None else (start + timedelta(minutes=minutes)).isoformat()
