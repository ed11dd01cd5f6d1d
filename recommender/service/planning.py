"""What a planning process does for one request: pure functions of the recommender and plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from recommender.difference import Difference
from recommender.patient import ClinicalText, Patient, TextMention
from recommender.plan import Plan
from recommender.read_patient import read_document
from recommender.recommend import Recommender
from recommender.service.consent import ConsentError, check_consent
from recommender.service.drift import Bins, to_bins
from recommender.service.page_text import render_part
from recommender.service.page_view import to_view
from recommender.to_json import to_json, to_json_difference
from recommender.what_if import Change

Mentions = tuple[TextMention, ...]


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A parsed patient and what is wanted of it. `mentions` is what its notes say, None while they were not read."""

    document: Mapping[str, Any]
    changes: tuple[Change, ...] = ()
    as_of: date | None = None
    purpose: str = ""
    notes: tuple[str, ...] = ()
    mentions: Mentions | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """The notes of a record, to be read where the model is and sent along."""

    texts: tuple[ClinicalText, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """What came out: the answer's text, and what is counted and audited. `refusal` is consent's."""

    text: str
    patient_id: str
    outcome: str
    unmapped: tuple[str, ...] = ()
    bins: Bins = field(default=())
    refusal: str = ""


def make_plan_json(recommender: Recommender, task: PlanTask) -> Made | Unread:
    """Return the plan as the JSON text of the contract; InputError for a bad record or change."""
    return _make(recommender, task, lambda plan, difference: _to_json(plan, difference, task.notes))


def make_plan_html(recommender: Recommender, task: PlanTask, language: str, reasons: list[Any]) -> Made | Unread:
    """Return the plan as the part of the page that shows it."""
    return _make(
        recommender,
        task,
        lambda plan, difference: render_part("plan.html.j2", language, view=to_view(plan, difference), reasons=reasons),
    )


def _make(recommender: Recommender, task: PlanTask, to_text: Any) -> Made | Unread:
    patient = read_document(task.document, as_of=task.as_of)
    try:
        check_consent(task.document, task.purpose)
    except ConsentError as error:
        return Made("", patient.patient_id, "refused by consent", refusal=str(error))
    if patient.texts and task.mentions is None:
        return Unread(patient.texts)
    patient = with_mentions(patient, task.mentions or ())
    plan, difference = _plan(recommender, patient, task.changes)
    outcome = "abstained" if plan.abstained else "planned"
    kinds = tuple(u.kind for u in plan.unmapped)
    return Made(to_text(plan, difference), patient.patient_id, outcome, kinds, to_bins(patient, plan))


def with_mentions(patient: Patient, mentions: Mentions) -> Patient:
    """The patient with its notes as read."""
    return replace(patient, mentions=(*patient.mentions, *mentions), texts=())


def _plan(recommender: Recommender, patient: Patient, changes: tuple[Change, ...]) -> tuple[Plan, Difference | None]:
    if changes:
        return recommender.what_if(patient, changes)
    return recommender.recommend(patient), None


def _to_json(plan: Plan, difference: Difference | None, notes: tuple[str, ...]) -> str:
    answer = to_json(plan)
    if difference is not None:
        answer["difference"] = to_json_difference(difference)
    answer["notes"] += notes
    return json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
