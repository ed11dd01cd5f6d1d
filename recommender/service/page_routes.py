"""The page: a form, the plan below it, and the few files that it needs. It works without its script, too."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from kg.errors import GraphUnavailableError, InputError
from recommender.plan import DISCLAIMER
from recommender.service.consent import ConsentError
from recommender.service.feedback_routes import OverrideReason
from recommender.service.page_form import PageForm
from recommender.service.page_text import read_asset, read_language, render
from recommender.service.parts import Caller, Here, Parts, Principal
from recommender.service.plan_routes import find_examples, plan_audited
from recommender.service.planning import PlanTask, make_plan_html
from recommender.service.roles import Role

router = APIRouter(include_in_schema=False)
SCRIPTS: Final = ("page", "explore", "console", "console_graph")
STATIC: Final = {"page.css": "text/css"} | {f"{name}.js": "text/javascript" for name in SCRIPTS}


@router.get("/", response_class=HTMLResponse)
async def show_page(request: Request, parts: Here, caller: Caller) -> HTMLResponse:
    """The form, empty."""
    return _render(read_language(request), PageForm({}), parts, caller)


@router.post("/", response_class=HTMLResponse)
async def show_plan(request: Request, parts: Here, caller: Caller) -> HTMLResponse:
    """The form as it was sent, with the plan below it."""
    form = PageForm.from_body(await request.body())
    return await render_plan(read_language(request, form["lang"]), form, parts, caller)


async def render_plan(
    language: str, form: PageForm, parts: Parts, caller: Principal, *, missing: tuple[str, ...] = ()
) -> HTMLResponse:
    """The page with the plan for its form, or with what is wrong; `missing` is what a FHIR server did not give."""
    if not form["patient"] and not form["example"]:
        return _render(language, form, parts, caller)
    try:
        patient, changes = form.read_patient(), form.read_changes()
        task = PlanTask(patient, changes, purpose=caller.purpose)
        made = await plan_audited(task, parts, caller, make_plan_html, language, list(OverrideReason))
    except InputError as error:
        return _render(language, form, parts, caller, status=422, error=str(error))
    except ConsentError as error:
        return _render(language, form, parts, caller, status=403, error=str(error))
    except GraphUnavailableError:
        words = "The graph cannot be reached at the moment; try again in a few seconds."
        return _render(language, form, parts, caller, status=503, error=words)
    return _render(language, form, parts, caller, plan=Markup(made.text), missing=missing)  # nosec B704


@router.get("/console", response_class=HTMLResponse)
async def show_console(request: Request, caller: Caller) -> HTMLResponse:
    """Queries for analysts, sources for engineers, the log for auditors: what the caller's roles open."""
    language = read_language(request)
    return render("console.html.j2", language, caller=caller, roles=caller.roles, role=Role, disclaimer=DISCLAIMER)


@router.get("/static/{name}")
async def show_file(name: str) -> Response:
    """One of the page's own files; any other name is a 404."""
    if name not in STATIC:
        raise HTTPException(404, "There is no such file.")
    headers = {"Cache-Control": "max-age=3600"}
    return Response(read_asset(name), media_type=STATIC[name], headers=headers)


def _render(
    language: str,
    form: PageForm,
    parts: Parts,
    caller: Principal,
    *,
    status: int = 200,
    error: str = "",
    plan: str = "",
    missing: tuple[str, ...] = (),
) -> HTMLResponse:
    return render(
        "page.html.j2",
        language,
        status=status,
        form=form,
        error=error,
        plan=plan,
        missing=missing,
        servers=parts.smart.servers,
        caller=caller,
        alarms=parts.alarms,
        examples=find_examples(),
        sources=sorted({r.citation.source for r in parts.recommender.rows.indications if r.citation.source}),
        reasons=list(OverrideReason),
        is_open=parts.is_open,
        disclaimer=DISCLAIMER,
    )
