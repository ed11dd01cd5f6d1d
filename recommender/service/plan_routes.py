"""REST: plans and what-if. A patient is read, planned for and forgotten; nothing of it is stored."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from recommender.plan import Plan
from recommender.read_fhir import read_json
from recommender.read_patient import read_document
from recommender.service.consent import ConsentError, check_consent
from recommender.service.monitoring import count_mapping
from recommender.service.parts import Caller, Here, Parts, Principal
from recommender.to_json import read_schema, to_json, to_json_difference
from recommender.what_if import Change, Difference, read_change

router = APIRouter(prefix="/v1", tags=["plans"])

EXAMPLES: Final = Path(__file__).parents[2] / "examples" / "patients"
Text = Annotated[str, StringConstraints(max_length=200)]
Texts = Annotated[list[Text], Field(max_length=20)]


class FhirBundle(BaseModel):
    """A FHIR R4 Bundle that holds one Patient and what is known of it."""

    model_config = ConfigDict(extra="allow", title="FHIR Bundle")
    resourceType: Literal["Bundle"]  # noqa: N815


class PlainPatient(BaseModel):
    """A patient as a flat mapping: patient_id, sex, birth_date, conditions, medications, allergies, measurements …"""

    model_config = ConfigDict(extra="allow", title="Plain patient")
    patient_id: str | int


class PlanRequest(BaseModel):
    """A patient and what to change about it or the graph before planning; the options of `theragraph recommend`."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    patient: FhirBundle | PlainPatient
    as_of: date | None = None
    set_: Texts = Field(default=[], alias="set", examples=[["egfr=25"]])
    add: Texts = Field(default=[], examples=[["drug:warfarin"]])
    without: Texts = Field(default=[], examples=[["source:infores:hetionet"]])


@router.post("/plans", response_class=JSONResponse)
async def make_plan(body: PlanRequest | FhirBundle | PlainPatient, parts: Here, caller: Caller) -> Response:
    """Return the ranked, safety-checked plan; with changes also `difference`, how it differs from the plan without.

    Its keys are those of /v1/plans/schema.
    """
    request = body if isinstance(body, PlanRequest) else PlanRequest(patient=body)
    return await parts.worker.run(lambda: _plan_to_json(request, parts, caller))


@router.get("/plans/schema")
def show_schema() -> dict[str, Any]:
    """Return the JSON Schema of a plan."""
    return read_schema()


@router.get("/examples")
def list_examples() -> dict[str, Any]:
    """Name the demonstration patients."""
    return {"examples": find_examples()}


@router.get("/examples/{name}")
def show_example(name: str) -> dict[str, Any]:
    """Return a demonstration patient, a FHIR Bundle."""
    return read_example(name)


def find_examples() -> list[str]:
    """The names of the demonstration patients, none where the package stands without them."""
    return sorted(path.stem for path in EXAMPLES.glob("*.json")) if EXAMPLES.is_dir() else []


def read_example(name: str) -> dict[str, Any]:
    """One demonstration patient; problem 404 for a name that is not one of `find_examples`."""
    if name not in find_examples():
        raise HTTPException(404, f"There is no such example; there are: {', '.join(find_examples())}.")
    document: dict[str, Any] = read_json(EXAMPLES / f"{name}.json")
    return document


def plan_document(
    document: dict[str, Any], changes: tuple[Change, ...], as_of: date | None, parts: Parts, caller: Principal
) -> tuple[Plan, Difference | None]:
    """Plan for a parsed patient, audited; GraphUnavailableError when the graph is away, InputError for bad input."""
    parts.graph.check_reachable()
    patient = read_document(document, as_of=as_of)
    check_consent_audited(document, parts, caller, patient.patient_id)
    if changes:
        plan, difference = parts.recommender.what_if(patient, changes)
    else:
        plan, difference = parts.recommender.recommend(patient), None
    outcome = "abstained" if plan.abstained else "planned"
    parts.metrics.count_event("plan", outcome)
    count_mapping(plan, parts.metrics)
    parts.keep_access(caller, "what-if" if changes else "plan", outcome, patient=patient.patient_id)
    return plan, difference


def check_consent_audited(document: dict[str, Any], parts: Parts, caller: Principal, patient_id: str) -> None:
    """`check_consent`, with a refusal in the audit log."""
    try:
        check_consent(document, caller.purpose)
    except ConsentError:
        parts.keep_access(caller, "use of the record", "refused by consent", patient=patient_id)
        raise


def _plan_to_json(request: PlanRequest, parts: Parts, caller: Principal) -> Response:
    """Written out here, in the worker's thread, so that the event loop stays free for others."""
    changes = _read_changes(request)
    plan, difference = plan_document(request.patient.model_dump(), changes, request.as_of, parts, caller)
    answer = to_json(plan)
    if difference is not None:
        answer["difference"] = to_json_difference(difference)
    answer["notes"] += parts.alarms
    return JSONResponse(answer)


def _read_changes(request: PlanRequest) -> tuple[Change, ...]:
    said = (("set", request.set_), ("add", request.add), ("without", request.without))
    return tuple(read_change(verb, text) for verb, texts in said for text in texts)
