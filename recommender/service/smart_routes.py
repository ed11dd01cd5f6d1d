"""The page's way to a patient of a FHIR server: SMART standalone launch."""

from __future__ import annotations

import json
import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from recommender.service.page_form import PageForm
from recommender.service.page_routes import render_plan
from recommender.service.page_text import read_language, render
from recommender.service.parts import Caller, Here

router = APIRouter(include_in_schema=False)
COOKIE: Final = "theragraph_launch"
PATH: Final = "/smart"
Word = Annotated[str, Query(max_length=4000)]


@router.get("/smart/launch")
async def launch(request: Request, parts: Here, caller: Caller, iss: Annotated[str, Query(max_length=500)]) -> Response:
    """Send the browser to a registered server's sign-in; 400 for any other server, which is not asked."""
    browser = secrets.token_urlsafe(32)
    address = await parts.worker.run(lambda: parts.smart.begin(iss, caller.name, browser))
    response = RedirectResponse(address, 302)
    is_secure = parts.config.public_url.startswith("https:")
    response.set_cookie(COOKIE, browser, max_age=600, httponly=True, samesite="lax", secure=is_secure, path=PATH)
    return response


@router.get("/smart/callback", response_class=HTMLResponse)
async def come_back(request: Request, code: Word = "", state: Word = "", error: Word = "") -> HTMLResponse:
    """Where the server sends the browser back to: one more step, since the strict cookie is not sent with that one."""
    status = 400 if error or not code or not state else 200
    return render("smart.html.j2", read_language(request), status=status, code=code, state=state)


@router.get("/smart/patient", response_class=HTMLResponse)
async def show_patient(request: Request, parts: Here, caller: Caller, code: Word, state: Word) -> HTMLResponse:
    """Read the patient that was chosen, and show the plan with the record in the form."""
    browser = request.cookies.get(COOKIE, "")
    base, record = await parts.worker.run(lambda: parts.smart.finish(state, code, caller.name, browser))
    num, missing = len(record.bundle["entry"]), ", ".join(record.missing)
    patient = str(record.bundle["entry"][0]["resource"].get("id", ""))
    result = f"{num} resources" + (f", without {missing}" if missing else "")
    await parts.worker.finish(lambda: parts.keep_access(caller, "smart launch", result, patient=patient, what=base))
    form = PageForm({"patient": json.dumps(record.bundle, ensure_ascii=False, indent=1)})
    response = await render_plan(read_language(request), form, parts, caller, missing=record.missing)
    response.delete_cookie(COOKIE, path=PATH)
    return response
