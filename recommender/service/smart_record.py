"""One patient's record from a registered FHIR server, as the Bundle that a plan is made from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

import httpx
from starlette.exceptions import HTTPException

from recommender.service.outgoing import AnswerError, fetch

FHIR_ID: Final = re.compile(r"(?!\.+$)[A-Za-z0-9\-.]{1,64}")
KINDS: Final = (
    "Condition", "MedicationRequest", "MedicationStatement", "AllergyIntolerance", "Observation", "Procedure",
    "FamilyMemberHistory", "DiagnosticReport", "Consent",
)  # fmt: skip
MAX_PAGES: Final = 20
MAX_BYTES: Final = 4 * 2**20  # the page sends it back for each what-if, below the service's limit of a body


@dataclass(frozen=True, slots=True)
class Record:
    """The Bundle, and the kinds of resources that the server did not give."""

    bundle: dict[str, Any]
    missing: tuple[str, ...] = ()


def read_record(base: str, patient_id: str, token: str) -> Record:
    """Return a patient's resources; blocking. Problem 502 when the patient itself cannot be read.

    Only addresses below `base` are asked, whatever a page names as its next one.
    """
    reader = _Reader(base, token)
    try:
        patient = reader.read(f"{base}/Patient/{patient_id}")
        if patient.get("resourceType") != "Patient":
            raise ValueError("no Patient")
    except (ValueError, httpx.HTTPError):
        raise HTTPException(502, "The FHIR server did not give the patient; begin the launch again.") from None
    resources, missing = [patient], []
    for kind in KINDS:
        try:
            resources += reader.search(kind, patient_id)
        except (ValueError, httpx.HTTPError):
            missing.append(kind)
    entries = [{"resource": resource} for resource in resources]
    return Record({"resourceType": "Bundle", "type": "collection", "entry": entries}, tuple(missing))


class _Reader:
    """Reads resources with one token, and no more than `MAX_BYTES` in all."""

    def __init__(self, base: str, token: str) -> None:
        self._base, self._left = base, MAX_BYTES
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"}

    def read(self, address: str) -> dict[str, Any]:
        """The JSON object at an address; ValueError for anything else."""
        body = fetch(address, headers=self._headers, limit=self._left)
        self._left -= len(body)
        value = json.loads(body)
        if not isinstance(value, dict):
            raise AnswerError(200, "no JSON object")
        return value

    def search(self, kind: str, patient_id: str) -> list[dict[str, Any]]:
        """Every resource of a kind that is the patient's; ValueError when a page is missing: no list is partial."""
        found: list[dict[str, Any]] = []
        address = f"{self._base}/{kind}?patient={patient_id}&_count=200"
        for _ in range(MAX_PAGES):
            page = self.read(address)
            entries = page.get("entry") or ()
            resources = [e["resource"] for e in entries if isinstance(e, dict) and isinstance(e.get("resource"), dict)]
            found += [resource for resource in resources if resource.get("resourceType") == kind]
            address = _next_of(page)
            if not address:
                return found
            if not address.startswith(f"{self._base}/") and not address.startswith(f"{self._base}?"):
                raise AnswerError(200, "the next page is on another server")
        raise AnswerError(200, "too many pages")


def _next_of(page: dict[str, Any]) -> str:
    links = (link for link in page.get("link") or () if isinstance(link, dict))
    return next((str(link.get("url", "")) for link in links if link.get("relation") == "next"), "")
