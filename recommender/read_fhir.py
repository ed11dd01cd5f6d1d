"""Patients from FHIR R4 Bundles (JSON).

Real Bundles are imperfect: each bad element is reported with its path and left out, the rest is read. Only what makes
a patient impossible is an error: no JSON, no Bundle, no Patient.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from kg.errors import FormatError, InputError
from recommender.fhir_clinical import (
    read_allergy,
    read_condition,
    read_family_history,
    read_medication,
    read_procedure,
)
from recommender.fhir_collect import Collected
from recommender.fhir_element import Element, to_date
from recommender.fhir_observation import read_observation
from recommender.fhir_reference import index_by_name, to_names
from recommender.fhir_sequence import read_sequence
from recommender.fhir_text import read_document, read_report
from recommender.patient import Issue, Patient

MAX_BYTES: Final = 256 * 1024 * 1024

_READERS: Final[dict[str, Callable[[Element, Collected], None]]] = {
    "Condition": read_condition,
    "MedicationRequest": read_medication,
    "MedicationStatement": read_medication,
    "AllergyIntolerance": read_allergy,
    "Observation": read_observation,
    "MolecularSequence": read_sequence,
    "Procedure": read_procedure,
    "FamilyMemberHistory": read_family_history,
    "DiagnosticReport": read_report,
    "DocumentReference": read_document,
}
_TAKEN: Final = "record a drug that the patient takes as a MedicationStatement"
_UNREAD: Final = {
    "MedicationAdministration": _TAKEN,
    "MedicationDispense": _TAKEN,
    "AdverseEvent": "record what a drug did to the patient as an AllergyIntolerance",
}
_OVER: Final = frozenset({"completed", "stopped", "cancelled", "declined", "not-done", "entered-in-error"})
_SEXES: Final = frozenset({"male", "female", "other", "unknown", ""})


def read_fhir_file(path: Path, *, as_of: date | None = None) -> Patient:
    """Read one Bundle from a `.json` or `.json.gz` file; FormatError when it is not readable JSON."""
    return read_bundle(read_json(path), as_of=as_of, where=path.name)


def read_json(path: Path) -> Any:
    """Return a file's JSON; FormatError names the line at which it breaks off."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FormatError(path, f"is larger than {MAX_BYTES // 2**20} MB", "split it")
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return json.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror or error})", "give a readable JSON file") from error
    except UnicodeDecodeError as error:
        raise FormatError(path, f"is not UTF-8 at byte {error.start}", "save it as UTF-8") from error
    except json.JSONDecodeError as error:
        raise FormatError(path, f"is not JSON: {error.msg}", "give a whole JSON document", line=error.lineno) from error
    except (RecursionError, EOFError) as error:
        raise FormatError(path, "is nested too deeply or cut off", "give a whole FHIR Bundle") from error


def read_bundle(bundle: Any, *, as_of: date | None = None, where: str = "Bundle") -> Patient:
    """Return the patient of a parsed Bundle; InputError when it is no Bundle or has no Patient.

    `as_of` is the day that ages are counted to: the Bundle's own timestamp when it is not given, else today.
    """
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        found = bundle.get("resourceType") if isinstance(bundle, dict) else type(bundle).__name__
        raise InputError(f"{where} is {str(found)[:60]!r}, not a FHIR Bundle; give a Bundle that holds a Patient.")
    issues: list[Issue] = []
    root = Element(bundle, "Bundle", issues)
    resources = list(_entries(root))
    patients = [e for e in resources if e.element.value.get("resourceType") == "Patient"]
    if not patients:
        raise InputError(f"{where} has no Patient among its {len(resources)} resources; add the Patient resource.")
    today = as_of or _timestamp(root) or date.today()
    return _Reading(patients[0], resources, today, issues).read()


def _entries(bundle: Element) -> Iterator[_Entry]:
    """The resources of a Bundle and of the Bundles in it."""
    for entry in bundle.children("entry"):
        resource = entry.child("resource")
        if resource is not None and resource.value.get("resourceType") == "Bundle":
            yield from _entries(resource)
        elif resource is not None:
            yield _Entry(resource, entry.text("fullUrl"))


@dataclass(frozen=True, slots=True)
class _Entry:
    element: Element
    full_url: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """One Bundle while it is read."""

    patient: _Entry
    resources: list[_Entry]
    today: date
    issues: list[Issue] = field(default_factory=list)

    def read(self) -> Patient:
        collected = Collected(self.today, index_by_name((e.element, e.full_url) for e in self.resources))
        for entry in self.resources:
            kind = entry.element.value.get("resourceType")
            if not isinstance(kind, str) or not kind:
                entry.element.report("resourceType", "is missing")
            elif kind in _READERS and self._is_about_patient(entry.element):
                _READERS[kind](entry.element, collected)
            elif kind in _UNREAD and entry.element.text("status") not in _OVER:
                entry.element.report("", f"is a {kind}, which is not read; {_UNREAD[kind]}")
        who = self.patient.element
        sex = who.text("gender").lower()
        if sex not in _SEXES:
            who.report("gender", f'"{sex[:20]}" is not male, female, other or unknown')
        return collected.to_patient(
            patient_id=who.text("id"),
            sex=sex if sex in ("male", "female", "other") else "",
            birth_date=who.day("birthDate", today=self.today),
            deceased=bool(who.flag("deceasedBoolean")) or bool(who.time("deceasedDateTime", today=self.today)),
            issues=self.issues,
        )

    def _is_about_patient(self, element: Element) -> bool:
        """False, and reported, when the resource names another subject."""
        name = "patient" if "patient" in element.value else "subject"
        subject = element.child(name)
        reference = subject.text("reference") if subject else ""
        own_id = self.patient.element.text("id")
        own = {*to_names(self.patient.full_url), f"Patient/{own_id}", f"urn:uuid:{own_id}"}
        if not reference or not own.isdisjoint(to_names(reference)):
            return True
        element.report(name, f'"{reference[:60]}" is another patient; left out')
        return False


def _timestamp(root: Element) -> date | None:
    text = root.text("timestamp")
    parsed = to_date(text) if text else None
    if text and (parsed is None or parsed > date.today()):
        root.report("timestamp", f'"{text[:40]}" is not a day up to today')
        return None
    return parsed
