"""REST: how many stored patients, for analysts; with noise, against a budget, and never a patient."""

from __future__ import annotations

import math
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.exceptions import HTTPException

from recommender.service.cohort import GROUPS, Question, count_exactly
from recommender.service.differential_privacy import BudgetError, BudgetLedger, count_privately
from recommender.service.parts import Caller, Here, Parts, Principal
from recommender.service.plan_routes import find_store

router = APIRouter(prefix="/v1/cohorts", tags=["cohorts"])
Curies = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z][\w.-]*:\S{1,100}$")]], Field(max_length=10)
]
MAX_EPSILON: Final = 1.0


class CohortQuestion(BaseModel):
    """Patients whose record permits research and who have all the conditions and take all the drugs."""

    model_config = ConfigDict(extra="forbid")
    conditions: Curies = []
    drugs: Curies = []
    by: Literal["", "sex", "age"] = ""
    epsilon: float = Field(
        ge=0.001, le=MAX_EPSILON, description="The price, rounded up to a thousandth; less is noisier."
    )


@router.post("")
async def count_cohort(body: CohortQuestion, parts: Here, caller: Caller) -> dict[str, Any]:
    """Return noisy counts and what is left of the caller's budget; 403 when it is spent."""
    return await parts.worker.run(lambda: _count(body, parts, caller))


@router.get("/budget")
async def show_budget(parts: Here, caller: Caller) -> dict[str, float]:
    """Return the caller's budget and what is left of it, in epsilon."""
    ledger = _find_ledger(parts)
    return {"budget": ledger.budget / 1000, "left": ledger.left(caller.name) / 1000}


def _count(body: CohortQuestion, parts: Parts, caller: Principal) -> dict[str, Any]:
    """The price is on the disk before the question is asked; a dead service has charged, not given away."""
    store, ledger = find_store(parts), _find_ledger(parts)
    count_privately((0,), 1000)  # ResourceError without the library, before anything is charged
    question = Question(frozenset(body.conditions), frozenset(body.drugs), body.by)
    price, words = math.ceil(round(1000 * body.epsilon, 6)), body.model_dump_json(exclude={"epsilon"})
    try:
        ledger.pay(caller.name, price, words)
    except BudgetError:
        parts.keep_access(caller, "cohort", "refused: budget", what=words)
        raise
    noisy = count_privately(count_exactly(store.all_facts(), question), price)
    parts.keep_access(caller, "cohort", "answered", what=words)
    return {
        "counts": dict(zip(GROUPS[body.by], noisy.counts, strict=True)),
        "error_95": noisy.error,
        "epsilon": price / 1000,
        "left": ledger.left(caller.name) / 1000,
    }


def _find_ledger(parts: Parts) -> BudgetLedger:
    if parts.ledger is None:
        raise HTTPException(404, "This service stores no patients; start it with --store-patients.")
    return parts.ledger
