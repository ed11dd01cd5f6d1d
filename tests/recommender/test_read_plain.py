"""Patients in the plain form and from PharmCAT."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kg.errors import InputError, UnknownNameError
from recommender.read_patient import read_patient
from recommender.read_pharmcat import read_pharmcat
from recommender.read_yaml import read_plain

EXAMPLE = """
patient_id: p1
as_of: 2026-09-14
sex: female
birth_date: 1960-02-01
conditions: [type 2 diabetes mellitus, {name: asthma, status: resolved, code: "SNOMEDCT:195967001"}]
medications: none
allergies: [penicillin]
measurements:
  egfr: 55
  potassium: {value: 4.1, unit: mmol/L, time: 2026-01-05}
genome: {CYP2C19: poor metabolizer, PD-L1: TPS 60%}
lifestyle: {alcohol: false, smoking: true}
phenotypes: ["HP:0001250"]
excluded_phenotypes: ["HP:0001263"]
pregnant: false
notes: [Seen today.]
images: [{model: encoder-1, values: [0.1, 0.2]}]
"""


def test_a_yaml_patient_says_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "patient.yaml"
    path.write_text(EXAMPLE)
    patient = read_patient(path)
    assert (patient.patient_id, patient.age_years, patient.as_of) == ("p1", 66, date(2026, 9, 14))
    assert [c.is_past for c in patient.conditions] == [False, True]
    assert patient.conditions[1].concept.codings[0].curie == "SNOMEDCT:195967001"
    assert patient.no_medications
    assert not patient.no_known_allergies
    assert patient.latest("egfr_ml_min_1_73m2").value == 55  # type: ignore[union-attr]
    assert {g.gene: g.finding for g in patient.genome} == {"CYP2C19": "poor metabolizer", "CD274": "TPS 60%"}
    assert {f.factor: f.present for f in patient.lifestyle} == {"alcohol": False, "smoking": True}
    assert [(p.concept.text, p.excluded) for p in patient.phenotypes] == [("HP:0001250", False), ("HP:0001263", True)]
    assert patient.images[0].model == "encoder-1"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"shoe_size": 44}, UnknownNameError),
        ({"sex": "often"}, UnknownNameError),
        ({"birth_date": "2999-01-01"}, InputError),
        ({"birth_date": "soon"}, InputError),
        ({"age_years": -4}, InputError),
        ({"pregnant": "maybe"}, InputError),
        ({"conditions": "asthma"}, InputError),
        ({"conditions": [{}]}, InputError),
        ({"measurements": {"happiness": 3}}, UnknownNameError),
        ({"measurements": {"egfr": -3}}, InputError),
        ({"measurements": {"egfr": {"value": 3, "unit": "bananas"}}}, InputError),
        ({"measurements": [3]}, InputError),
        ({"lifestyle": {"alcohol": 3}}, InputError),
        ({"images": [{"values": [1]}]}, InputError),
    ],
)
def test_each_wrong_key_is_named(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(changes)).rstrip("s")[:4]):
        read_plain({"patient_id": "p", **changes})


@pytest.mark.parametrize("document", [None, [], "x", {"name": "nobody"}])
def test_what_is_no_patient_is_an_error(document: Any) -> None:
    with pytest.raises(InputError, match="patient_id"):
        read_plain(document)


def test_broken_yaml_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "patient.yaml"
    path.write_text("patient_id: p\nconditions: [a, b\nsex: male\n")
    with pytest.raises(InputError, match="line 3"):
        read_patient(path)


def test_pharmcat_s_diplotypes_and_phenotypes_are_findings(tmp_path: Path) -> None:
    diplotype = {"allele1": {"name": "*2"}, "allele2": {"name": "*2"}, "phenotypes": ["Poor Metabolizer"]}
    report = {"geneReports": {"CPIC": {"CYP2C19": {"geneSymbol": "CYP2C19", "sourceDiplotypes": [diplotype]}}}}
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    assert [(g.gene, g.finding) for g in read_patient(path).genome] == [("CYP2C19", "*2/*2; Poor Metabolizer")]


def test_a_pharmcat_report_without_genes_is_an_error() -> None:
    with pytest.raises(InputError, match="names no gene"):
        read_pharmcat({"geneReports": []}, where="x")
