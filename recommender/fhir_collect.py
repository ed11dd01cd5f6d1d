"""What is gathered while a Bundle is read, resource by resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from recommender.fhir_element import Element
from recommender.patient import (
    Allergy,
    ClinicalText,
    Condition,
    FamilyHistory,
    GenomicFinding,
    Issue,
    LifestyleFact,
    Measurement,
    Medication,
    Patient,
    Procedure,
)


@dataclass(slots=True)
class Collected:
    """The growing lists; `by_reference` resolves references within the Bundle."""

    today: date
    by_reference: Mapping[str, Element]
    conditions: list[Condition] = field(default_factory=list)
    medications: list[Medication] = field(default_factory=list)
    no_medications: bool = False
    allergies: list[Allergy] = field(default_factory=list)
    no_known_allergies: bool = False
    measurements: list[Measurement] = field(default_factory=list)
    genome: list[GenomicFinding] = field(default_factory=list)
    lifestyle: list[LifestyleFact] = field(default_factory=list)
    family_history: list[FamilyHistory] = field(default_factory=list)
    procedures: list[Procedure] = field(default_factory=list)
    texts: list[ClinicalText] = field(default_factory=list)
    pregnant: bool | None = None
    lactating: bool | None = None

    def to_patient(
        self, patient_id: str, sex: str, birth_date: date | None, deceased: bool, issues: list[Issue]
    ) -> Patient:
        """The patient, with measurements and habits in the order of time."""
        return Patient(
            patient_id=patient_id,
            as_of=self.today,
            sex=sex,
            birth_date=birth_date,
            deceased=deceased,
            pregnant=self.pregnant,
            lactating=self.lactating,
            conditions=tuple(self.conditions),
            medications=tuple(self.medications),
            no_medications=self.no_medications,
            allergies=tuple(self.allergies),
            no_known_allergies=self.no_known_allergies and not self.allergies,
            measurements=tuple(sorted(self.measurements, key=lambda m: m.origin.time)),
            genome=tuple(self.genome),
            lifestyle=tuple(sorted(self.lifestyle, key=lambda f: f.origin.time)),
            family_history=tuple(self.family_history),
            procedures=tuple(self.procedures),
            texts=tuple(self.texts),
            issues=tuple(issues),
        )
