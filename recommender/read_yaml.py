"""Patients in the plain form: a flat YAML or JSON mapping, written by hand or by another program.

patient_id: p1
sex: female
birth_date: 1960-02-01
conditions: [type 2 diabetes mellitus, {name: asthma, status: resolved, code: "SNOMEDCT:195967001"}]
medications:                    # `none` says that no medication is taken
  - metformin
  - {name: glimepiride, status: stopped, stop_reason: ineffective, reason: type 2 diabetes mellitus}
procedures: [liver transplantation]
allergies: none                 # `none` says that no allergy is known
measurements: {egfr_ml_min_1_73m2: 55, potassium: {value: 4.1, unit: mmol/L, time: 2026-01-05}}
genome: {CYP2C19: poor metabolizer}
lifestyle: {alcohol: false, smoking: true}
phenotypes: ["HP:0001250"]
excluded_phenotypes: ["HP:0001263"]
pregnant: false
notes: ["Seen today for …"]
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from kg.errors import InputError, UnknownNameError
from ontologies.codes import normalise_code
from recommender.fhir_element import to_date
from recommender.genome import to_gene_symbol
from recommender.patient import (
    Allergy,
    ClinicalText,
    Coding,
    Concept,
    Condition,
    FamilyHistory,
    GenomicFinding,
    ImageVector,
    LifestyleFact,
    Measurement,
    Medication,
    Origin,
    Patient,
    Phenotype,
    Procedure,
)
from recommender.stop_reasons import to_stop_reason
from recommender.units import convert, read_measures

KEYS: Final = frozenset(
    {
        *("patient_id", "as_of", "sex", "birth_date", "age_years", "deceased", "pregnant", "lactating", "child_pugh"),
        *("conditions", "medications", "allergies", "measurements", "genome", "lifestyle", "family_history"),
        *("phenotypes", "excluded_phenotypes", "procedures", "notes", "images"),
    }
)
_NONE: Final = "none"


def read_plain(document: Any, *, where: str = "patient", as_of: date | None = None) -> Patient:
    """Return the patient of a parsed mapping; InputError names the key at fault."""
    if not isinstance(document, Mapping) or "patient_id" not in document:
        raise InputError(f"{where} is no patient: give a mapping with at least `patient_id`.")
    for key in document:
        if key not in KEYS:
            raise UnknownNameError(f"key of a patient in {where}", str(key), KEYS)
    return _Plain(document, where).read(as_of)


class _Plain:
    """One mapping while it is read."""

    def __init__(self, document: Mapping[str, Any], where: str) -> None:
        self.document = document
        self.where = where

    def read(self, as_of: date | None) -> Patient:
        document = self.document
        return Patient(
            patient_id=str(document["patient_id"]),
            as_of=as_of or self._date("as_of") or date.today(),
            sex=self._choice("sex", ("male", "female", "other", "")),
            birth_date=self._date("birth_date"),
            stated_age_years=self._age(),
            deceased=bool(self._flag("deceased")),
            pregnant=self._flag("pregnant"),
            lactating=self._flag("lactating"),
            child_pugh=self._choice("child_pugh", ("A", "B", "C", "")),
            conditions=tuple(
                Condition(c, str(more.get("status", "")), origin=o) for c, more, o in self._concepts("conditions")
            ),
            medications=tuple(_to_medication(c, more, o) for c, more, o in self._concepts("medications")),
            no_medications=document.get("medications") == _NONE,
            allergies=tuple(
                Allergy(c, str(more.get("type", "")), origin=o) for c, more, o in self._concepts("allergies")
            ),
            no_known_allergies=document.get("allergies") == _NONE,
            measurements=tuple(sorted(self._measurements(), key=lambda m: m.origin.time)),
            genome=tuple(
                GenomicFinding(to_gene_symbol(str(gene)), str(finding), Origin(f"{self.where}.genome.{gene}"))
                for gene, finding in self._mapping("genome")
            ),
            lifestyle=tuple(
                LifestyleFact(str(f), self._yes(f"lifestyle.{f}", v), origin=Origin(f"{self.where}.lifestyle.{f}"))
                for f, v in self._mapping("lifestyle")
            ),
            family_history=tuple(FamilyHistory(c, "", o) for c, _, o in self._concepts("family_history")),
            procedures=tuple(
                Procedure(c, str(more.get("status", "")), o) for c, more, o in self._concepts("procedures")
            ),
            phenotypes=(
                *(Phenotype(c, False, o) for c, _, o in self._concepts("phenotypes")),
                *(Phenotype(c, True, o) for c, _, o in self._concepts("excluded_phenotypes")),
            ),
            texts=tuple(ClinicalText(str(t), Origin(f"{self.where}.notes[{i}]")) for i, t in self._list("notes")),
            images=tuple(self._images()),
        )

    def _concepts(self, key: str) -> Iterable[tuple[Concept, Mapping[str, Any], Origin]]:
        """Members written as a name, a CURIE, or a mapping with `name`, `code`, `status`, `time` …"""
        if self.document.get(key) == _NONE:
            return
        for i, member in self._list(key):
            more = member if isinstance(member, Mapping) else {"name": member}
            name, code = str(more.get("name") or more.get("code") or ""), str(more.get("code") or "")
            if not name:
                raise InputError(f"{self.where}.{key}[{i}] has neither `name` nor `code`; write one of them.")
            code = code or (name if ":" in name and " " not in name else "")
            codings = (Coding(normalise_code(code), name),) if code else ()
            yield Concept(name, codings), more, Origin(f"{self.where}.{key}[{i}]", str(more.get("time", "")))

    def _measurements(self) -> Iterable[Measurement]:
        measures = read_measures()
        for name, member in self._mapping("measurements"):
            measure = measures.get(str(name).lower()) or measures.get(str(name))
            if measure is None:
                raise UnknownNameError("measure", str(name), {m.name for m in measures.values()})
            more = member if isinstance(member, Mapping) else {"value": member}
            value = self._number(f"measurements.{name}", more.get("value"))
            converted = convert(value, str(more.get("unit", measure.unit)), measure)
            if converted is None or converted < 0:
                raise InputError(f"{self.where}.measurements.{name}: {member} is not a value in {measure.unit}.")
            yield Measurement(
                measure.name,
                converted,
                measure.unit,
                Origin(f"{self.where}.measurements.{name}", str(more.get("time", self.document.get("as_of", "")))),
            )

    def _images(self) -> Iterable[ImageVector]:
        for i, member in self._list("images"):
            if not isinstance(member, Mapping) or not member.get("model"):
                raise InputError(f"{self.where}.images[{i}] needs `model` and `values`.")
            values = tuple(self._number(f"images[{i}]", v) for v in member.get("values", ()))
            yield ImageVector(values, str(member["model"]), Origin(f"{self.where}.images[{i}]"))

    def _list(self, key: str) -> Iterable[tuple[int, Any]]:
        value = self.document.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise InputError(f"{self.where}.{key} is not a list; write one, or `none` where that is meant.")
        return enumerate(value)

    def _mapping(self, key: str) -> Iterable[tuple[Any, Any]]:
        value = self.document.get(key)
        if value is None:
            return ()
        if not isinstance(value, Mapping):
            raise InputError(f"{self.where}.{key} is not a mapping of names to values.")
        return value.items()

    def _flag(self, key: str) -> bool | None:
        value = self.document.get(key)
        return None if value is None else self._yes(key, value)

    def _yes(self, key: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise InputError(f"{self.where}.{key} is {value!r}; write true or false.")
        return value

    def _number(self, key: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"{self.where}.{key} is {value!r}; write a number.")
        return float(value)

    def _age(self) -> float | None:
        value = self.document.get("age_years")
        if value is None:
            return None
        age = self._number("age_years", value)
        if age < 0:
            raise InputError(f"{self.where}.age_years is {age:g}; an age is never negative.")
        return age

    def _date(self, key: str) -> date | None:
        value = self.document.get(key)
        if value is None:
            return None
        parsed = to_date(str(value))
        if parsed is None or (key == "birth_date" and parsed > date.today()):
            raise InputError(f"{self.where}.{key} is {value!r}; write a day as YYYY-MM-DD that is not in the future.")
        return parsed

    def _choice(self, key: str, allowed: tuple[str, ...]) -> str:
        value = str(self.document.get(key) or "")
        if value not in allowed:
            raise UnknownNameError(f"{key} in {self.where}", value, [a for a in allowed if a])
        return value


def _to_medication(concept: Concept, more: Mapping[str, Any], origin: Origin) -> Medication:
    """A medication; one with a reason for having been stopped is not current."""
    reason = to_stop_reason(str(more.get("stop_reason", "")))
    status = str(more.get("status", "")) or ("stopped" if more.get("stop_reason") else "")
    return Medication(
        concept, status, str(more.get("route", "")), "", str(more.get("reason", "")), origin, stop_reason=reason
    )
