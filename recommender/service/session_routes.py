"""Signing in and out, for programs (a token) and for the page (a cookie)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse

from recommender.service.access import COOKIE
from recommender.service.accounts import check_password
from recommender.service.page_text import read_language, render
from recommender.service.parts import Here, Parts, Principal
from recommender.service.roles import Role
from recommender.service.sessions import Session

router = APIRouter(tags=["sessions"])


class SignIn(BaseModel):
    """A name and a password."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=64)
    password: str = Field(max_length=256)


@router.post("/v1/sessions", status_code=201)
async def sign_in(body: SignIn, request: Request, parts: Here) -> dict[str, Any]:
    """Return a token to send as `Authorization: Bearer …`; 429 after five wrong passwords in fifteen minutes."""
    token, session = await parts.worker.run(lambda: _begin(body, _address(request), parts))
    return {"token": token, "roles": sorted(session.roles), "expires_in": int(parts.config.session_s)}


@router.delete("/v1/sessions", status_code=204)
async def sign_out(request: Request, parts: Here) -> Response:
    """End the session that the request came with."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    parts.sessions.end(token if scheme else request.cookies.get(COOKIE, ""))
    return Response(status_code=204)


@router.get("/login", response_class=HTMLResponse, include_in_schema=False)
async def show_login(request: Request) -> HTMLResponse:
    """The form to sign in with."""
    return render("login.html.j2", read_language(request), failed=False)


@router.post("/login", include_in_schema=False)
async def login(request: Request, parts: Here) -> Response:
    """Sign in from the form and go to the first page that the account may see."""
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    body = SignIn(name=form.get("name", [""])[0][:64], password=form.get("password", [""])[0][:256])
    try:
        token, session = await parts.worker.run(lambda: _begin(body, _address(request), parts))
    except HTTPException as error:
        if error.status_code != 401:
            raise
        return render("login.html.j2", read_language(request), status=401, failed=True)
    response = RedirectResponse("/" if Role.CLINICIAN in session.roles else "/console", 303)
    is_secure = parts.config.public_url.startswith("https:")
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=is_secure, path="/")
    return response


@router.post("/logout", include_in_schema=False)
async def logout(request: Request, parts: Here) -> Response:
    """Sign out and go back to the form."""
    parts.sessions.end(request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, path="/")
    return response


def _begin(body: SignIn, address: str, parts: Parts) -> tuple[str, Session]:
    """Check the password; wrong ones are counted for the name and for the address."""
    keys = (f"name {body.name}", f"address {address}")
    wait = max(parts.failures.wait_s(key) for key in keys)
    if wait > 0:
        raise HTTPException(429, "Too many wrong passwords; wait and try again.", {"Retry-After": str(int(wait) + 1)})
    account = parts.accounts().get(body.name)
    if not check_password(account, body.password) or account is None:
        for key in keys:
            parts.failures.add(key)
        who = account.name if account else "an unknown name"
        parts.keep_access(Principal(who, frozenset()), "sign in", "refused")
        raise HTTPException(401, "The name or the password is wrong.", {"WWW-Authenticate": "Bearer"})
    parts.keep_access(Principal(account.name, account.roles), "sign in", "done")
    return parts.sessions.begin(account.name, account.roles)


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
