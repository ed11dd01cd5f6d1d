"""REST: patients stored with their consent, where the service stores; each seen by the account that stored it only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from recommender.read_patient import read_document
from recommender.service.cohort import to_facts
from recommender.service.consent import ConsentError, check_storage_consent
from recommender.service.parts import Caller, Here, Parts, Principal
from recommender.service.patient_store import PatientStore, Stored
from recommender.service.plan_routes import (
    FhirBundle,
    PlanRequest,
    Texts,
    check_consent_audited,
    find_store,
    plan_to_json,
)

router = APIRouter(prefix="/v1/patients", tags=["stored patients"])
Record = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The id that storing gave.")]


class Changes(BaseModel):
    """What to change about a stored patient or the graph before planning."""

    model_config = ConfigDict(extra="forbid")
    set: Texts = []
    add: Texts = []
    without: Texts = []


@router.post("", status_code=201)
async def store_patient(body: FhirBundle, parts: Here, caller: Caller) -> dict[str, Any]:
    """Store a Bundle whose Consent permits it to be collected, or replace the caller's record of that patient."""
    return asdict(await parts.worker.run(lambda: _store(body.model_dump(), parts, caller)))


@router.get("")
async def list_patients(
    parts: Here,
    caller: Caller,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> dict[str, Any]:
    """Return a page of the caller's own records: ids and dates, nothing about the patients; the oldest first."""
    store, after = find_store(parts), offset + limit
    found = await parts.worker.run(lambda: store.of_owner(caller.name))
    items = [asdict(stored) for stored in found[offset:after]]
    return {"items": items, "total": len(found), "next_offset": after if after < len(found) else None}


@router.get("/{record}")
async def show_patient(record: Record, parts: Here, caller: Caller) -> dict[str, Any]:
    """Return the Bundle of one of the caller's own records; 404 for anybody else's."""
    return await parts.worker.run(lambda: _read(record, parts, caller, "read record")[1])


@router.post("/{record}/plans", response_class=JSONResponse)
async def plan_for_patient(record: Record, body: Changes, parts: Here, caller: Caller) -> Response:
    """Return the plan for one of the caller's own records, as POST /v1/plans."""
    _, document = await parts.worker.run(lambda: _read(record, parts, caller, "use record"))
    return await plan_to_json(PlanRequest(patient=FhirBundle(**document), **body.model_dump()), parts, caller)


@router.delete("/{record}", status_code=204)
async def erase_patient(record: Record, parts: Here, caller: Caller) -> Response:
    """Erase one of the caller's own records."""
    await parts.worker.run(lambda: _remove(record, parts, caller))
    return Response(status_code=204)


def _store(document: dict[str, Any], parts: Parts, caller: Principal) -> Stored:
    store = find_store(parts)
    patient = read_document(document)
    check_consent_audited(document, parts, caller, patient.patient_id)
    try:
        check_storage_consent(document)
    except ConsentError:
        parts.keep_access(caller, "store record", "refused by consent", patient=patient.patient_id)
        raise
    facts = to_facts(parts.recommender.map(patient), document)
    stored = store.keep(caller.name, patient.patient_id, document, facts)
    parts.keep_access(caller, "store record", "stored", patient=patient.patient_id)
    return stored


def _find(record: str, store: PatientStore, parts: Parts, caller: Principal) -> Stored:
    stored = store.find(record, caller.name)
    if stored is None:
        parts.keep_access(caller, "open record", "refused")
        raise HTTPException(404, "You have stored no such record; GET /v1/patients lists yours.")
    return stored


def _read(record: str, parts: Parts, caller: Principal, action: str) -> tuple[Stored, dict[str, Any]]:
    """The record with its consent asked again, for the purpose of this access."""
    store = find_store(parts)
    stored = _find(record, store, parts, caller)
    document, patient_id = store.read(stored, "document"), store.read(stored, "patient_id")
    check_consent_audited(document, parts, caller, patient_id)
    parts.keep_access(caller, action, "done", patient=patient_id)
    return stored, document


def _remove(record: str, parts: Parts, caller: Principal) -> None:
    store = find_store(parts)
    stored = _find(record, store, parts, caller)
    patient_id = store.read(stored, "patient_id")
    store.remove(stored)
    parts.keep_access(caller, "erase record", "erased", patient=patient_id)
