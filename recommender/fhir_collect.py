"""What is gathered while a Bundle is read, resource by resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from recommender.fhir_element import Element
from recommender.patient import (
    UNKNOWN_ORIGIN,
    Allergy,
    ClinicalText,
    Condition,
    FamilyHistory,
    GenomicFinding,
    Issue,
    LifestyleFact,
    Measurement,
    Medication,
    Origin,
    Patient,
    Phenotype,
    Procedure,
    to_instant,
)
from recommender.reproduction import LACTATION, PREGNANCY


@dataclass(frozen=True, slots=True)
class Answer:
    """What one observation says of pregnancy or lactation; None when it says that it is not known."""

    state: str
    says: bool | None
    origin: Origin = UNKNOWN_ORIGIN


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
    phenotypes: list[Phenotype] = field(default_factory=list)
    texts: list[ClinicalText] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    child_pugh: list[tuple[str, Origin]] = field(default_factory=list)

    def to_patient(
        self, patient_id: str, sex: str, birth_date: date | None, deceased: bool, issues: list[Issue]
    ) -> Patient:
        """The patient, with measurements and habits in the order of time; of several answers the newest counts."""
        pregnant, lactating = (self._newest(state) for state in (PREGNANCY, LACTATION))
        return Patient(
            patient_id=patient_id,
            as_of=self.today,
            sex=sex,
            birth_date=birth_date,
            deceased=deceased,
            pregnant=pregnant.says,
            pregnancy_origin=pregnant.origin,
            lactating=lactating.says,
            lactation_origin=lactating.origin,
            child_pugh=max(self.child_pugh, key=lambda found: to_instant(found[1].time), default=("", None))[0],
            conditions=tuple(self.conditions),
            medications=tuple(self.medications),
            no_medications=self.no_medications,
            allergies=tuple(self.allergies),
            no_known_allergies=self.no_known_allergies and all(a.refuted for a in self.allergies),
            measurements=tuple(sorted(self.measurements, key=lambda m: to_instant(m.origin.time))),
            genome=tuple(self.genome),
            lifestyle=tuple(sorted(self.lifestyle, key=lambda f: to_instant(f.origin.time))),
            family_history=tuple(self.family_history),
            procedures=tuple(self.procedures),
            phenotypes=tuple(self.phenotypes),
            texts=tuple(self.texts),
            issues=tuple(issues),
        )

    def _newest(self, state: str) -> Answer:
        """The newest answer; of those of one time the one that says yes."""
        found = [answer for answer in self.answers if answer.state == state]
        return max(found, key=lambda a: (to_instant(a.origin.time), a.says is True), default=Answer(state, None))
