"""What surrounds every request: an id, limits on size and number, headers that keep a browser safe, one log line.

Plain ASGI; the log line names the route's template, never the path, the query or the body.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
import uuid
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recommender.service.characters import has_half_character
from recommender.service.config import LOOPBACK
from recommender.service.parts import Parts
from recommender.service.problem import to_problem

SECURITY_HEADERS: Final = {
    b"content-security-policy": b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
    b"cache-control": b"no-store",
}
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FREE: Final = ("/health/", "/metrics", "/static/")
_LOG: Final = logging.getLogger("theragraph.service")


class Surroundings:
    """The outermost layer."""

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self.app, self.parts = app, parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        scope["request_id"] = _read_id(scope)
        began, status = time.perf_counter(), 500

        async def send_safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_headers(message["headers"], scope["request_id"])
            await send(message)

        try:
            await self._serve(scope, receive, send_safely)
        finally:
            self._report(scope, status, time.perf_counter() - began)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check_host(scope)
            if not scope["path"].startswith(_FREE):
                self.parts.worker.check_room()
            body = await asyncio.wait_for(self._read_body(scope, receive), self.parts.config.timeout_s)
            if has_half_character(body):
                raise HTTPException(422, "The text holds half of a character (a lone surrogate); send it whole.")
        except HTTPException as error:
            headers = dict(error.headers or {}) | {"Connection": "close"}
            response = to_problem(error.status_code, error.detail, request_id=scope["request_id"], headers=headers)
            return await response(scope, receive, send)
        except TimeoutError:
            response = to_problem(408, "The request's body did not arrive in time.", headers={"Connection": "close"})
            return await response(scope, receive, send)
        await self.app(scope, _replay(body, receive), send)

    def _check_host(self, scope: Scope) -> None:
        host = _header(scope, b"host").rsplit(":", 1)[0].strip("[]")
        if self.parts.is_open and host not in LOOPBACK:
            raise HTTPException(421, "Without accounts this service answers on this machine only: use 127.0.0.1.")

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes:
        limit, body = self.parts.config.max_body_bytes, bytearray()
        stated = _header(scope, b"content-length")
        too_large = HTTPException(413, f"The body is larger than {limit} bytes; send one patient, without attachments.")
        if stated and (not stated.isdecimal() or int(stated[:20]) > limit):
            raise too_large
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > limit:
                raise too_large
            if not message.get("more_body", False):
                return bytes(body)

    def _report(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in ("GET", "POST", "DELETE", "HEAD", "OPTIONS") else "other"
        self.parts.metrics.count_request(method, route, status, seconds)
        line = {"request_id": scope["request_id"], "method": method, "route": route, "status": status}
        _LOG.info(json.dumps(line | {"ms": round(1000 * seconds, 1)}))


def _read_id(scope: Scope) -> str:
    given = _header(scope, b"x-request-id")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _header(scope: Scope, name: bytes) -> str:
    return next((bytes(value).decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _with_headers(headers: list[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
    present = {key for key, _ in headers}
    added = [(k, v) for k, v in SECURITY_HEADERS.items() if k not in present]
    return [*headers, *added, (b"x-request-id", request_id.encode())]


def _replay(body: bytes, receive: Receive) -> Receive:
    """A receive channel that gives the body once and then what the server says (a disconnect)."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again
