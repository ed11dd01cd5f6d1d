"""What a CDS client sends (CDS Hooks 2.0, "Calling a CDS Service"), and the patient in it.

`fhirServer` is never fetched and `fhirAuthorization` never kept: what was not prefetched was not sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

PREFETCH: Final = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}",
    "medications": "MedicationRequest?patient={{context.patientId}}",
    "statements": "MedicationStatement?patient={{context.patientId}}",
    "allergies": "AllergyIntolerance?patient={{context.patientId}}",
    "consents": "Consent?patient={{context.patientId}}&status=active",
    "observations": "Observation?patient={{context.patientId}}&_sort=-date&_count=300",
}

Resource = dict[str, Any]


class HookRequest(BaseModel):
    """One call of a service. Extensions are allowed and ignored."""

    model_config = ConfigDict(extra="ignore")
    hook: str = Field(max_length=64)
    hookInstance: str = Field(min_length=1, max_length=100)  # noqa: N815
    fhirServer: str | None = Field(default=None, max_length=2000)  # noqa: N815
    fhirAuthorization: dict[str, Any] | None = Field(default=None, repr=False, exclude=True)  # noqa: N815
    context: dict[str, Any]
    prefetch: dict[str, Any] | None = None

    def check(self) -> None:
        """Problem 400 when an authorization comes without the server that it is for, or the user is not named."""
        if self.fhirAuthorization is not None and not self.fhirServer:
            raise HTTPException(400, "fhirAuthorization needs fhirServer; neither is used here, so send neither.")
        self.fhirAuthorization = None
        self.field("userId")

    def field(self, name: str) -> Any:
        """A field of the context; problem 400 when it is missing."""
        value = self.context.get(name)
        if not value:
            raise HTTPException(400, f"context.{name} is missing; the hook {self.hook} requires it.")
        return value


def read_resources(request: HookRequest) -> list[Resource]:
    """Return the prefetched resources, the patient first.

    Problem 412 when the patient was not prefetched, 400 when it is another than the context's.
    """
    prefetch = request.prefetch or {}
    patient = prefetch.get("patient")
    if not isinstance(patient, dict) or not _is_of(patient, "Patient"):
        raise HTTPException(412, 'The patient is needed: satisfy the prefetch template "patient".')
    if str(patient.get("id")) != str(request.field("patientId")):
        raise HTTPException(400, "prefetch.patient is another patient than context.patientId.")
    rest = [r for key, value in prefetch.items() if key != "patient" for r in _resources(value)]
    return [patient, *rest]


def find_gaps(request: HookRequest) -> list[str]:
    """What was not sent, or only in part, in words for a card."""
    prefetch = request.prefetch or {}
    gaps = [f"{key} were not sent" for key in PREFETCH if key != "patient" and _is_unsatisfied(prefetch, key)]
    return gaps + [f"only the first page of {key} was sent" for key, value in prefetch.items() if _has_next(value)]


def to_bundle(resources: list[Resource]) -> Resource:
    """Put resources into a Bundle."""
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}


def entries_of(bundle: Any) -> Iterator[Resource]:
    """The resources of a Bundle that are objects."""
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            yield resource


def _resources(value: Any) -> Iterator[Resource]:
    if _is_of(value, "Bundle"):
        yield from (r for r in entries_of(value) if r.get("resourceType") not in ("Patient", "OperationOutcome"))
    elif isinstance(value, dict) and value.get("resourceType") not in ("Patient", "OperationOutcome"):
        yield value


def _is_unsatisfied(prefetch: Resource, key: str) -> bool:
    """Absent, or an error instead of an answer; null is an answer: there is nothing."""
    value = prefetch.get(key)
    has_outcome = any(r.get("resourceType") == "OperationOutcome" for r in entries_of(value))
    return key not in prefetch or _is_of(value, "OperationOutcome") or has_outcome


def _has_next(value: Any) -> bool:
    links = value.get("link") if isinstance(value, dict) else None
    return isinstance(links, list) and any(isinstance(x, dict) and x.get("relation") == "next" for x in links)


def _is_of(value: Any, kind: str) -> bool:
    return isinstance(value, dict) and value.get("resourceType") == kind
