"""REST: what a clinician made of a line. Codes only: the log holds no patient and no free text."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from starlette.exceptions import HTTPException

from recommender.policy.served import Offer
from recommender.service.parts import Caller, Here, Parts, Principal

router = APIRouter(prefix="/v1", tags=["feedback"])
Curie = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][\w.-]*:\S{1,100}$")]


class OverrideReason(StrEnum):
    """Why a suggestion is not followed."""

    ALREADY_TRIED = "already-tried"
    PATIENT_REFUSES = "patient-refuses"
    BENEFIT_OUTWEIGHS_RISK = "benefit-outweighs-risk"
    WRONG_FOR_PATIENT = "wrong-for-this-patient"
    NOT_AVAILABLE = "not-available"
    RECORD_IS_WRONG = "record-is-wrong"
    OTHER = "other"


class Feedback(BaseModel):
    """What became of one line of a plan."""

    model_config = ConfigDict(extra="forbid")
    condition: Curie
    drugs: list[Curie] = Field(min_length=1, max_length=10)
    outcome: Literal["accepted", "overridden"]
    reason: OverrideReason | None = None
    score: int | None = None

    @model_validator(mode="after")
    def _check_reason(self) -> Feedback:
        if self.outcome == "overridden" and self.reason is None:
            raise ValueError(f"an override needs a reason: {', '.join(OverrideReason)}")
        return self


@router.post("/feedback", status_code=201)
async def keep_feedback(body: Feedback, parts: Here, caller: Caller) -> dict[str, Any]:
    """Keep what became of a line; it is on the disk when the answer comes."""
    _check_rate(parts, caller)
    entry = {"kind": "page", "who": caller.name, **body.model_dump(mode="json")}
    await parts.worker.run(lambda: parts.keep_feedback([entry]))
    parts.metrics.count_event("feedback", body.outcome)
    offer = Offer(body.condition, tuple(body.drugs), body.score)
    learnt = await parts.worker.run(lambda: parts.slates.answer(offer, accepted=body.outcome == "accepted"))
    return {"kept": True, "learnt": learnt}


def _check_rate(parts: Parts, caller: Principal) -> None:
    """Problem 429 for an account that pours feedback in: the ranking learns from it."""
    if parts.is_open:
        return
    wait = parts.feedback_rate.wait_s(caller.name)
    if wait > 0:
        detail = "So much feedback in a minute is no clinician's; wait and send the rest."
        raise HTTPException(429, detail, {"Retry-After": str(int(wait) + 1)})
    parts.feedback_rate.add(caller.name)
