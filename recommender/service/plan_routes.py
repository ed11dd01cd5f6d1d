"""REST: plans and what-if. A patient is read, planned for and forgotten; nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from recommender.read_fhir import read_json
from recommender.service.consent import ConsentError, check_consent
from recommender.service.parts import Caller, Here, Parts, Principal
from recommender.service.patient_store import PatientStore
from recommender.service.planning import Made, PlanTask, Unread, make_plan_json
from recommender.to_json import read_schema
from recommender.what_if import Change, read_change

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
    return await plan_to_json(request, parts, caller)


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


async def plan_to_json(request: PlanRequest, parts: Parts, caller: Principal) -> Response:
    """Return the plan that a request asks for, audited."""
    task = PlanTask(request.patient.model_dump(), _read_changes(request), request.as_of, caller.purpose, parts.alarms)
    made = await plan_audited(task, parts, caller, make_plan_json)
    return Response(made.text, media_type="application/json")


async def plan_audited(
    task: PlanTask, parts: Parts, caller: Principal, make: Callable[..., Made | Unread], *more: Any
) -> Made:
    """Plan for a parsed patient; ConsentError, GraphUnavailableError, or InputError for bad input."""
    await check_graph(parts)
    made = await parts.worker.plan(make, task, *more)
    if isinstance(made, Unread):
        texts = made.texts
        mentions = await parts.worker.finish(lambda: tuple(m for text in texts for m in parts.read_note(text)))
        made = await parts.worker.plan(make, replace(task, mentions=mentions), *more)
    if isinstance(made, Unread):
        raise RuntimeError("a planner asked for notes that it was given")
    action = "use of the record" if made.refusal else "what-if" if task.changes else "plan"
    outcome, patient_id = made.outcome, made.patient_id
    await parts.worker.finish(lambda: parts.keep_access(caller, action, outcome, patient=patient_id))
    if made.refusal:
        raise ConsentError(made.refusal)
    count_plan(made, parts)
    return made


async def check_graph(parts: Parts) -> None:
    """GraphUnavailableError when the graph is away; asked in a thread, and not more often than is needed."""
    if not parts.graph.is_fresh():
        await parts.worker.run(parts.graph.check_reachable)


def count_plan(made: Made, parts: Parts) -> None:
    """Count what came out: outcomes, what did not map, and each feature's bin."""
    parts.metrics.count_event("plan", made.outcome)
    for kind in made.unmapped:
        parts.metrics.count_event("unmapped", kind)
    parts.drift.add(made.bins)


def check_consent_audited(document: dict[str, Any], parts: Parts, caller: Principal, patient_id: str) -> None:
    """`check_consent`, with a refusal in the audit log."""
    try:
        check_consent(document, caller.purpose)
    except ConsentError:
        parts.keep_access(caller, "use of the record", "refused by consent", patient=patient_id)
        raise


def find_store(parts: Parts) -> PatientStore:
    """The stored patients; problem 404 where the service stores none."""
    if parts.patients is None:
        raise HTTPException(404, "This service stores no patients; start it with --store-patients.")
    return parts.patients


def _read_changes(request: PlanRequest) -> tuple[Change, ...]:
    said = (("set", request.set_), ("add", request.add), ("without", request.without))
    return tuple(read_change(verb, text) for verb, texts in said for text in texts)
