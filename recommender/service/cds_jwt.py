"""Who calls a CDS service: the signed token of an EHR (CDS Hooks 2.0, "Trusting CDS Clients").

Public keys stand in a local file; nothing is ever fetched, so a token's `jku` is not followed.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from kg.errors import FormatError, InputError

ALGORITHMS: Final = ("ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA")
MAX_LIFETIME_S: Final = 3600
LEEWAY_S: Final = 30
_MAX_TOKEN: Final = 8192


class TokenError(InputError):
    """A token that is not trusted; the message says why and holds nothing of the token."""


def read_clients(path: Path) -> dict[str, KeySet]:
    """Return the trusted issuers with their keys from a file `{issuer: {"keys": […]}}`; none when there is no file."""
    if not path.exists():
        return {}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {str(issuer): KeySet.import_key_set(keys) for issuer, keys in rows.items()}
    except (ValueError, TypeError, AttributeError, KeyError, JoseError) as error:
        raise FormatError(path, "is no table of issuers and JWK sets", 'write {"ISSUER": {"keys": […]}}') from error


class TokenChecker:
    """Checks tokens against local keys and remembers each `jti` until its token has expired."""

    def __init__(self, clients: Mapping[str, KeySet], now: Callable[[], float] = time.time) -> None:
        self.clients = clients
        self._now = now
        self._seen: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def check(self, token: str, audience: str) -> str:
        """Return the issuer of a token made for the address `audience`; TokenError when anything is wrong."""
        issuer = str(read_part(token, 1).get("iss", ""))
        if issuer not in self.clients:
            raise TokenError("its issuer is not registered here")
        header = read_part(token, 0)
        if header.get("alg") not in ALGORITHMS or not header.get("kid") or header.get("typ", "JWT") != "JWT":
            raise TokenError("its header needs an asymmetric alg, a kid and typ JWT")
        try:
            claims = jwt.decode(token, self.clients[issuer], algorithms=list(ALGORITHMS)).claims
            self._registry(audience).validate(claims)
        except (JoseError, ValueError) as error:
            raise TokenError("its signature or a claim (iss, aud, exp, iat, jti) is wrong") from error
        self._remember(issuer, claims)
        return issuer

    def _registry(self, audience: str) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=lambda: int(self._now()),
            leeway=LEEWAY_S,
            iss={"essential": True},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": True},
            jti={"essential": True},
        )

    def _remember(self, issuer: str, claims: Mapping[str, Any]) -> None:
        """TokenError for a token seen before, or one that would have to be remembered too long."""
        key, expires, now = (issuer, str(claims["jti"])), float(claims["exp"]), self._now()
        if expires - now > MAX_LIFETIME_S:
            raise TokenError(f"it lives longer than {MAX_LIFETIME_S} s")
        with self._lock:
            self._seen = {k: e for k, e in self._seen.items() if e + LEEWAY_S > now}
            if key in self._seen:
                raise TokenError("it was used before")
            self._seen[key] = expires


def read_part(token: str, index: int) -> dict[str, Any]:
    """One part of a token, not yet believed."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _MAX_TOKEN:
        raise TokenError("it is not a signed JWT")
    try:
        value = json.loads(base64.urlsafe_b64decode(parts[index] + "=" * (-len(parts[index]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise TokenError("it is not a signed JWT") from None
    return value if isinstance(value, dict) else {}
