"""The check that every request passes before its route runs: who asks, may they, and did they mean to."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from fastapi import Request
from starlette.exceptions import HTTPException

from recommender.service.cds_jwt import TokenError
from recommender.service.consent import BREAK_GLASS_REASONS, EMERGENCY, PURPOSES, TREATMENT
from recommender.service.oidc import OidcChecker
from recommender.service.parts import LOCAL, Parts, Principal
from recommender.service.roles import PUBLIC, Role, is_allowed
from recommender.service.sessions import is_same

COOKIE: Final = "theragraph_session"
CSRF_HEADER: Final = "x-csrf-token"
CSRF_FIELD: Final = "csrf"
_NOBODY: Final = Principal("anonymous", frozenset())
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


async def check_access(request: Request) -> None:
    """Put the principal on the request; problems 401, 403 and 400 (purpose of use) otherwise."""
    parts: Parts = request.app.state.parts
    route = str(request.scope["route"].path)
    _check_origin(request, parts)
    principal = await _find_principal(request, parts, route)
    request.state.principal = principal
    if is_allowed(request.method, route, principal.roles):
        return
    parts.keep_access(principal, f"{request.method} {route}", "refused")
    if principal is not _NOBODY:
        raise HTTPException(403, "Your role may not do this; ask an administrator of this service.")
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        raise HTTPException(303, headers={"Location": "/login"})
    raise HTTPException(401, "Sign in first (POST /v1/sessions).", {"WWW-Authenticate": "Bearer"})


async def _find_principal(request: Request, parts: Parts, route: str) -> Principal:
    token = _bearer(request)
    is_cds = route.startswith("/cds-services/")
    if is_cds and (token.count(".") == 2 or parts.tokens.clients):
        return _from_client(request, parts, token)
    purpose = _read_purpose(request)
    reason = _read_reason(request, purpose)
    if parts.oidc is not None and parts.oidc.is_ours(token):
        return await _from_provider(token, parts, parts.oidc, purpose, reason)
    if parts.is_open:
        return Principal(LOCAL.name, LOCAL.roles, purpose, reason)
    session = parts.sessions.find(token or request.cookies.get(COOKIE, ""))
    if session is None:
        return _NOBODY
    if not token and request.method not in _SAFE and (request.method, route) not in PUBLIC:
        await _check_csrf(request, session.csrf)
    return Principal(session.account, session.roles, purpose, reason, session.csrf)


def _from_client(request: Request, parts: Parts, token: str) -> Principal:
    try:
        issuer = parts.tokens.check(token, parts.config.public_url.rstrip("/") + request.url.path)
    except TokenError as error:
        parts.keep_access(_NOBODY, "cds token", "refused", what=str(error))
        detail = f"The token was refused: {error}."
        raise HTTPException(401, detail, {"WWW-Authenticate": 'Bearer error="invalid_token"'}) from None
    purpose = _read_purpose(request)
    return Principal(issuer, frozenset({Role.CDS_CLIENT}), purpose, _read_reason(request, purpose))


async def _from_provider(token: str, parts: Parts, checker: OidcChecker, purpose: str, reason: str) -> Principal:
    try:
        name, roles = await parts.worker.run(lambda: checker.check(token))
    except TokenError as error:
        parts.keep_access(_NOBODY, "access token", "refused", what=str(error))
        detail = f"The token was refused: {error}."
        raise HTTPException(401, detail, {"WWW-Authenticate": 'Bearer error="invalid_token"'}) from None
    return Principal(name, roles, purpose, reason)


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _read_purpose(request: Request) -> str:
    """The purpose of use (HL7 v3 PurposeOfUse), treatment unless it is said; an emergency says why."""
    purpose = request.headers.get("x-purpose-of-use", TREATMENT)
    if purpose not in PURPOSES:
        raise HTTPException(400, f"X-Purpose-Of-Use is one of {', '.join(sorted(PURPOSES))}.")
    return purpose


def _read_reason(request: Request, purpose: str) -> str:
    """Why the glass is broken, a code, so that no patient's data gets into the log."""
    reason = request.headers.get("x-break-glass-reason", "")
    if purpose == EMERGENCY and reason not in BREAK_GLASS_REASONS:
        raise HTTPException(400, f"X-Break-Glass-Reason is one of {', '.join(sorted(BREAK_GLASS_REASONS))}.")
    return reason if purpose == EMERGENCY else ""


def _check_origin(request: Request, parts: Parts) -> None:
    """Refuse what a page of another site sends: its browser says where it comes from."""
    origin = request.headers.get("origin", "")
    if request.method in _SAFE or not origin:
        return
    own = {parts.config.public_url.rstrip("/"), f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if origin not in own and origin not in parts.config.cors_origins:
        raise HTTPException(403, "Requests from pages of other origins are refused.")


async def _check_csrf(request: Request, expected: str) -> None:
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        given = form.get(CSRF_FIELD, [""])[0]
    if not is_same(given, expected):
        raise HTTPException(403, "The CSRF token is missing or wrong; reload the page and try again.")
