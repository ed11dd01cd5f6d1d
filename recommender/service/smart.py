"""SMART App Launch 2.2, standalone: a clinician opens a patient of a registered FHIR server in the page.

`STATE/smart.json` holds `{"https://fhir.example.org/r4": {"client_id": "theragraph", "name": "Hospital"}}`: only these
servers are ever asked, and nothing a request says adds one. The service is a public client: authorization code with
PKCE (S256) and a state that is good once, for ten minutes, for the account and the browser that began. The access token
is used to read one record and forgotten.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from kg.errors import FormatError
from recommender.service.outgoing import fetch, is_safe
from recommender.service.sessions import is_same
from recommender.service.smart_record import FHIR_ID, Record, read_record

PENDING_S: Final = 600.0
MAX_PENDING: Final = 1000
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class SmartServer(BaseModel):
    """How this service is registered at a FHIR server; `name` is shown, `scope` is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    client_id: Text
    name: str = ""
    scope: Text = "launch/patient patient/*.rs"


@dataclass(frozen=True, slots=True)
class _Pending:
    """A launch that has begun: where its code is exchanged, and who may."""

    base: str
    token_endpoint: str
    verifier: str
    account: str
    browser: str
    until: float


def read_servers(path: Path) -> dict[str, SmartServer]:
    """Return the registered servers by base address, none without the file; FormatError for anything wrong in it."""
    if not path.exists():
        return {}
    try:
        servers = TypeAdapter(dict[str, SmartServer]).validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FormatError(path, f"is wrong at {where or 'its beginning'}: {first['msg']}", "correct it") from error
    if unsafe := [base for base in servers if not is_safe(base)]:
        raise FormatError(path, f'names "{unsafe[0]}", which is neither https nor this machine', "use https")
    return {base.rstrip("/"): server for base, server in servers.items()}


class SmartLaunches:
    """The launches of one service; those that have begun are kept in memory."""

    def __init__(
        self, servers: Mapping[str, SmartServer], redirect: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.servers, self._redirect, self._now = servers, redirect, now
        self._pending: dict[str, _Pending] = {}
        self._lock = threading.Lock()

    def begin(self, base: str, account: str, browser: str) -> str:
        """Return where the clinician signs in to a server; `browser` is the secret of its cookie. Blocking.

        Problems 400 for a server that is not registered, 502 for one that cannot do it.
        """
        server = self.servers.get(base.rstrip("/"))
        if server is None:
            raise HTTPException(400, "This FHIR server is not registered here; ask an administrator (smart.json).")
        endpoints = _discover(base.rstrip("/"))
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        self._keep(state, _Pending(base.rstrip("/"), endpoints[1], verifier, account, browser, self._now() + PENDING_S))
        asked = {
            "response_type": "code",
            "client_id": server.client_id,
            "redirect_uri": self._redirect,
            "scope": server.scope,
            "state": state,
            "aud": base.rstrip("/"),
            "code_challenge": to_challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{endpoints[0]}{'&' if '?' in endpoints[0] else '?'}{urlencode(asked)}"

    def finish(self, state: str, code: str, account: str, browser: str) -> tuple[str, Record]:
        """Return the server's base and the patient's record for a code; blocking. The first try uses the state up.

        Problems 400 for a state that is unknown, used, too old or of somebody else, 502 when the server refuses.
        """
        with self._lock:
            pending = self._pending.pop(state, None)
        if pending is None or pending.until < self._now():
            raise HTTPException(400, "This launch is not known any more; begin it again from the page.")
        if pending.account != account or not is_same(pending.browser, browser):
            raise HTTPException(400, "This launch was begun by somebody else; begin it again from the page.")
        token = self._exchange(pending, code)
        return pending.base, read_record(pending.base, str(token["patient"]), str(token["access_token"]))

    def _keep(self, state: str, pending: _Pending) -> None:
        with self._lock:
            live = {key: p for key, p in self._pending.items() if p.until >= self._now()}
            self._pending = dict(list(live.items())[-(MAX_PENDING - 1) :]) | {state: pending}

    def _exchange(self, pending: _Pending, code: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "client_id": self.servers[pending.base].client_id,
            "code_verifier": pending.verifier,
        }
        try:
            token = json.loads(fetch(pending.token_endpoint, form=form, headers={"Accept": "application/json"}))
        except (ValueError, httpx.HTTPError):
            raise HTTPException(502, "The FHIR server did not accept the sign-in; begin it again.") from None
        patient = token.get("patient") if isinstance(token, dict) else None
        if not isinstance(patient, str) or not FHIR_ID.fullmatch(patient) or not token.get("access_token"):
            raise HTTPException(502, "The FHIR server named no patient; choose one when it asks.")
        found: dict[str, Any] = token
        return found


def to_challenge(verifier: str) -> str:
    """The S256 code challenge of a verifier (RFC 7636, 4.2).

    >>> to_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


def _discover(base: str) -> tuple[str, str]:
    """The authorization and token endpoints of a registered server; problem 502 when it has none that are safe."""
    try:
        found = json.loads(fetch(f"{base}/.well-known/smart-configuration", headers={"Accept": "application/json"}))
        endpoints = str(found["authorization_endpoint"]), str(found["token_endpoint"])
        is_able = "S256" in found["code_challenge_methods_supported"] and all(map(is_safe, endpoints))
    except (ValueError, KeyError, TypeError, httpx.HTTPError):
        raise HTTPException(502, "The FHIR server does not say how to sign in (smart-configuration).") from None
    if not is_able:
        raise HTTPException(502, "The FHIR server offers no sign-in with PKCE (S256) over TLS.")
    return endpoints
