"""MIMIC-III's and eICU's layouts on small synthetic folders."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from kg.errors import FormatError, InputError
from recommender.read_eicu import read_eicu
from recommender.read_mimic import read_mimic
from recommender.read_patient import find_patients

MIMIC = {
    "patients": "subject_id,gender,dob\n1,F,2100-05-01 00:00:00\n2,M,1800-01-01 00:00:00\n",
    "admissions": (
        "subject_id,hadm_id,dischtime\n1,10,2150-01-01 12:00:00\n1,11,2160-06-02 12:00:00\n2,20,2150-01-01 12:00:00\n"
    ),
    "diagnoses_icd": "subject_id,hadm_id,icd9_code\n1,11,25000\n1,10,4019\n1,10,25000\n",
    "d_icd_diagnoses": "icd9_code,long_title\n25000,Diabetes\n4019,Hypertension\n",
    "prescriptions": (
        "subject_id,hadm_id,drug,enddate,ndc\n"
        "1,11,Warfarin,2160-06-02 00:00:00,0\n1,11,Heparin,2160-06-01 00:00:00,409177702.0\n1,10,Aspirin,,\n"
    ),
    "d_labitems": "itemid,label,loinc_code,fluid\n50912,Creatinine,2160-0,Blood\n1,Creatinine,,Urine\n",
    "labevents": (
        "subject_id,itemid,charttime,valuenum,valueuom\n"
        "1,50912,2160-06-01 08:00:00,1.5,mg/dL\n1,50912,2160-05-01 08:00:00,1.1,mg/dL\n"
        "1,50912,x,,mg/dL\n1,1,x,80,mg/dL\n"
    ),
}
EICU = {
    "patient": (
        "patientunitstayid,gender,age,unitdischargeoffset,hospitaldischargeyear,admissionweight,admissionheight\n"
        "7,Female,> 89,2880,2014,60,165\n"
    ),
    "diagnosis": (
        'patientunitstayid,diagnosisstring,icd9code\n7,cardiovascular|arrhythmias|atrial fibrillation,"427.31, I48.0"\n'
    ),
    "pasthistory": "patientunitstayid,pasthistoryvalue\n7,asthma\n7,Performed\n7,No Health Problems\n",
    "medication": (
        "patientunitstayid,drugname,drugordercancelled,drugstartoffset,drugstopoffset\n"
        "7,WARFARIN,No,0,9999\n7,ASPIRIN,Yes,0,9999\n7,HEPARIN,No,0,100\n"
    ),
    "admissiondrug": "patientunitstayid,drugname,drugoffset\n7,METFORMIN,0\n",
    "allergy": "patientunitstayid,allergyname,allergyoffset\n7,PENICILLIN,0\n",
    "lab_subset_179_stays": (
        "patientunitstayid,labname,labresult,labmeasurenamesystem,labresultoffset\n7,potassium,4.5,mmol/L,60\n7,creatinine,-1,mg/dL,60\n"
    ),
}


def write(folder: Path, tables: dict[str, str]) -> Path:
    for name, text in tables.items():
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    return folder


def test_a_mimic_subject_is_as_of_its_last_discharge(tmp_path: Path) -> None:
    first, second = read_mimic(write(tmp_path, MIMIC))
    assert (first.patient_id, first.sex, first.age_years) == ("mimic-1", "female", 60)
    assert second.age_years == 90  # older than 89: shifted by centuries
    assert [(c.concept.codings[0].curie, c.is_past) for c in first.conditions] == [
        ("ICD9CM:250.00", False),
        ("ICD9CM:401.9", True),
    ]
    assert {m.concept.text: m.is_current for m in first.medications} == {
        "Warfarin": True,
        "Heparin": False,
        "Aspirin": False,
    }
    assert [m.value for m in first.series("creatinine_mg_dl")] == [1.1, 1.5]


def test_an_eicu_stay_is_as_of_its_discharge(tmp_path: Path) -> None:
    (stay,) = read_eicu(write(tmp_path, EICU))
    assert (stay.sex, stay.age_years, stay.as_of.isoformat()) == ("female", 90, "2014-01-03")
    assert [c.curie for c in stay.conditions[0].concept.codings] == ["ICD9CM:427.31", "ICD10CM:I48.0", ""]
    assert [c.concept.text for c in stay.conditions] == ["atrial fibrillation", "asthma"]
    assert {m.concept.text: m.is_current for m in stay.medications} == {
        "WARFARIN": True,
        "HEPARIN": False,
        "METFORMIN": True,
    }
    assert [a.concept.text for a in stay.allergies] == ["PENICILLIN"]
    assert stay.latest("creatinine_mg_dl") is None
    assert stay.latest("height_m").value == pytest.approx(1.65)  # type: ignore[union-attr]


def test_a_missing_folder_file_or_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        list(read_mimic(tmp_path / "none"))
    with pytest.raises(InputError, match=r"has no admissions\.csv"):
        list(read_mimic(tmp_path))
    write(tmp_path, {**MIMIC, "patients": "subject_id\n1\n"})
    with pytest.raises(FormatError, match="has no column gender, dob"):
        list(read_mimic(tmp_path))


def test_a_cut_off_file_is_a_format_error(tmp_path: Path) -> None:
    write(tmp_path, MIMIC)
    path = tmp_path / "labevents.csv.gz"
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(FormatError, match="cannot be read"):
        list(read_mimic(tmp_path))


def test_a_folder_of_a_data_set_is_told_by_its_tables(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("mimic", "eicu", "files")]
    for folder in folders:
        folder.mkdir()
    (folders[2] / "one.yaml").write_text("patient_id: one")
    write(folders[0], MIMIC)
    write(folders[1], EICU)
    found = [[p.name if isinstance(p, Path) else p.patient_id for p in find_patients(f)] for f in folders]
    assert [ids[0] for ids in found] == ["mimic-1", "eicu-7", "one.yaml"]
