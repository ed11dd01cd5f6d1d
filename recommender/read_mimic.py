"""Patients from MIMIC-III's CSV files (v1.4 layout), one a subject, as of the last discharge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from ontologies.codes import normalise_code
from recommender.csv_tables import Row, group_csv, read_csv, to_number
from recommender.fhir_element import to_date
from recommender.patient import Coding, Concept, Condition, Measurement, Medication, Origin, Patient, Procedure
from recommender.units import Measure, convert, read_measures

SHIFTED_AGE: Final = 90.0
_VITALS: Final = {
    "sbp": "systolic_mmhg",
    "dbp": "diastolic_mmhg",
    "heart_rate": "heart_rate_per_min",
    "hr": "heart_rate_per_min",
    "rr": "respiratory_rate_per_min",
    "spo2": "spo2_percent",
    "weight": "weight_kg",
}


def read_mimic(folder: Path) -> Iterator[Patient]:
    """Yield every subject of `patients.csv`. Ages above 89, which MIMIC shifts by centuries, come as 90."""
    tables = _Tables.read(folder)
    for row in read_csv(folder, "patients", "subject_id", "gender", "dob"):
        yield _to_patient(row, tables)


@dataclass(frozen=True, slots=True)
class _Tables:
    """The other files, grouped by subject."""

    admissions: Mapping[str, list[Row]]
    diagnoses: Mapping[str, list[Row]]
    titles: Mapping[str, str]
    procedures: Mapping[str, list[Row]]
    procedure_titles: Mapping[str, str]
    prescriptions: Mapping[str, list[Row]]
    labs: Mapping[str, list[Row]]
    vitals: Mapping[str, list[Row]]
    measures: Mapping[str, Measure]

    @classmethod
    def read(cls, folder: Path) -> _Tables:
        titles = read_csv(folder, "d_icd_diagnoses", "icd9_code", "long_title", required=False)
        done = read_csv(folder, "d_icd_procedures", "icd9_code", "long_title", required=False)
        items = read_csv(folder, "d_labitems", "itemid", "label", "loinc_code", required=False)
        return cls(
            admissions=group_csv(folder, "admissions", "subject_id", "hadm_id", "dischtime"),
            diagnoses=group_csv(folder, "diagnoses_icd", "subject_id", "hadm_id", "icd9_code"),
            titles={row["icd9_code"]: row["long_title"] for row in titles},
            procedures=group_csv(folder, "procedures_icd", "subject_id", "icd9_code", required=False),
            procedure_titles={row["icd9_code"]: row["long_title"] for row in done},
            prescriptions=group_csv(folder, "prescriptions", "subject_id", "hadm_id", "drug", "enddate"),
            labs=group_csv(folder, "labevents", "subject_id", "itemid", "valuenum", "valueuom", required=False),
            vitals=group_csv(folder, "chartevents_vitals", "subject_id", "vital", "valuenum", required=False),
            measures={row["itemid"]: measure for row in items if (measure := _measure_of(row))},
        )


def _measure_of(item: Row) -> Measure | None:
    """The measure of a laboratory item: by LOINC, else by label for blood."""
    measures = read_measures()
    by_code = measures.get(f"LOINC:{item['loinc_code']}")
    return by_code or (measures.get(item["label"].lower()) if item.get("fluid", "").lower() == "blood" else None)


def _to_patient(row: Row, tables: _Tables) -> Patient:
    subject = row["subject_id"]
    admissions = sorted(tables.admissions.get(subject, ()), key=lambda a: a["dischtime"])
    last = admissions[-1] if admissions else {"hadm_id": "", "dischtime": ""}
    as_of = to_date(last["dischtime"][:10]) or date.today()
    birth = to_date(row["dob"][:10])
    is_shifted = birth is not None and as_of.year - birth.year > SHIFTED_AGE - 1
    return Patient(
        patient_id=f"mimic-{subject}",
        as_of=as_of,
        sex={"F": "female", "M": "male"}.get(row["gender"], ""),
        birth_date=None if is_shifted else birth,
        stated_age_years=SHIFTED_AGE if is_shifted else None,
        conditions=tuple(_conditions(tables.diagnoses.get(subject, ()), last["hadm_id"], tables.titles)),
        procedures=tuple(_procedures(tables.procedures.get(subject, ()), tables.procedure_titles)),
        medications=tuple(_medications(tables.prescriptions.get(subject, ()), last)),
        measurements=tuple(sorted(_measurements(subject, tables), key=lambda m: m.origin.time)),
    )


def _conditions(rows: Iterable[Row], last: str, titles: Mapping[str, str]) -> Iterator[Condition]:
    """Diagnoses of the last admission are active, those of earlier ones past; each once."""
    seen: set[str] = set()
    for row in sorted(rows, key=lambda r: r["hadm_id"] != last):
        code = row["icd9_code"]
        if code and code not in seen:
            seen.add(code)
            concept = Concept(titles.get(code, code), (Coding(normalise_code(f"ICD9CM:{code}"), titles.get(code, "")),))
            status = "active" if row["hadm_id"] == last else "inactive"
            yield Condition(concept, status, origin=Origin(f"diagnoses_icd {row.get('row_id', code)}"))


def _procedures(rows: Iterable[Row], titles: Mapping[str, str]) -> Iterator[Procedure]:
    """Procedures in ICD-9's third volume, whose codes are written here with their point (36.15); each once."""
    for code in dict.fromkeys(row["icd9_code"] for row in rows if row["icd9_code"]):
        title = titles.get(code, titles.get(code.lstrip("0"), code))
        coding = Coding(f"ICD9PCS:{code[:2]}.{code[2:]}", title)
        yield Procedure(Concept(title, (coding,)), "completed", Origin("procedures_icd"))


def _medications(rows: Iterable[Row], last: Row) -> Iterator[Medication]:
    """A prescription of the last admission that ran until the day of discharge is current; each drug once."""
    seen: set[tuple[str, str]] = set()
    for row in rows:
        is_last = row["hadm_id"] == last["hadm_id"]
        is_open = not row["enddate"] or row["enddate"][:10] >= last["dischtime"][:10]
        status = "active" if is_last and is_open else "stopped"
        if row["drug"] and (row["drug"], status) not in seen:
            seen.add((row["drug"], status))
            ndc = row.get("ndc", "").removesuffix(".0")
            codings = (Coding(f"NDC:{ndc.zfill(11)}", row["drug"]),) if ndc.strip("0") else ()
            origin = Origin(f"prescriptions {row.get('row_id', '')}".strip(), row.get("startdate", "")[:10])
            yield Medication(Concept(row["drug"], codings), status, row.get("route", ""), origin=origin)


def _measurements(subject: str, tables: _Tables) -> Iterator[Measurement]:
    for row in tables.labs.get(subject, ()):
        measure = tables.measures.get(row["itemid"])
        if measure is not None:
            yield from _measurement(row, measure, "labevents")
    for row in tables.vitals.get(subject, ()):
        measure = read_measures().get(_VITALS.get(row["vital"].lower(), ""))
        if measure is not None:
            yield from _measurement({**row, "valueuom": measure.unit}, measure, "chartevents")


def _measurement(row: Row, measure: Measure, table: str) -> Iterator[Measurement]:
    value = to_number(row["valuenum"])
    converted = convert(value, row["valueuom"] or measure.unit, measure) if value is not None else None
    if converted is not None and converted >= 0:
        time = row.get("charttime", "").replace(" ", "T")
        yield Measurement(
            measure.name, converted, measure.unit, Origin(f"{table} {row.get('row_id', '')}".strip(), time)
        )
