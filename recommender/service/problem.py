"""Errors as RFC 9457 problem details. What a client gets never holds a traceback, an address or a patient's data."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from kg.errors import GraphUnavailableError, InputError, TheraGraphError, WriteRefusedError
from recommender.service.consent import ConsentError
from recommender.service.differential_privacy import BudgetError

RETRY_AFTER_S: Final = 5
_LOG: Final = logging.getLogger("theragraph.service")


def to_problem(
    status: int, detail: str, *, request_id: str = "", headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Return the problem document: type, title, status, detail, and the id that the log knows the request by."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    if request_id:
        body["request_id"] = request_id
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def add_handlers(app: FastAPI) -> None:
    """Answer every error of this app with a problem document."""
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(TheraGraphError, _on_ours)
    app.add_exception_handler(Exception, _on_unexpected)


def _on_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return _on_unexpected(request, error)
    headers = dict(error.headers) if error.headers else None
    if 300 <= error.status_code < 400:
        return Response(status_code=error.status_code, headers=headers)
    return to_problem(error.status_code, str(error.detail), request_id=_id(request), headers=headers)


def _on_invalid(request: Request, error: Exception) -> Response:
    """Where and why, but never the value: it may be a patient's."""
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    errors = [{"where": ".".join(str(part) for part in e["loc"]), "problem": str(e["msg"])[:200]} for e in found]
    detail = "The request is not what this address takes; see `errors` and /openapi.json."
    return to_problem(422, detail, request_id=_id(request), errors=errors[:50])


def _on_ours(request: Request, error: Exception) -> Response:
    if isinstance(error, GraphUnavailableError):
        _LOG.warning(json.dumps({"request_id": _id(request), "problem": f"the graph is away: {error}"}))
        detail = "The graph cannot be reached at the moment; nothing was decided. Try again in a few seconds."
        return to_problem(503, detail, request_id=_id(request), headers={"Retry-After": str(RETRY_AFTER_S)})
    if isinstance(error, WriteRefusedError):
        return to_problem(403, "This service only reads the graph; write to it with the command line.")
    if isinstance(error, ConsentError | BudgetError):
        return to_problem(403, str(error), request_id=_id(request))
    status = 422 if isinstance(error, InputError) else 500
    return to_problem(status, str(error)[:1000], request_id=_id(request))


def _on_unexpected(request: Request, error: Exception) -> Response:
    _LOG.error(json.dumps({"request_id": _id(request), "problem": type(error).__name__}))
    detail = "Something went wrong that should not; report the request_id to whoever runs this service."
    return to_problem(500, detail, request_id=_id(request))


def _id(request: Request) -> str:
    return str(request.scope.get("request_id", ""))
