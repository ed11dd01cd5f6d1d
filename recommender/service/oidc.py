"""Access tokens of an OpenID provider: signed by its keys, made out for this service, its roles translated to ours.

`STATE/oidc.json` names the issuer and the audience, where the keys are (a file, the issuer's own discovery document
when nothing is named) and which of its roles are which of ours. Without the file no such token is accepted. Nothing a
token says is followed: keys come from the configured place only, over TLS unless it is this machine, without redirects.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from kg.errors import FormatError
from recommender.service.cds_jwt import ALGORITHMS, LEEWAY_S, TokenError, read_part
from recommender.service.outgoing import fetch, is_safe
from recommender.service.roles import ACCOUNT_ROLES, Role, Roles

MAX_LIFETIME_S: Final = 86_400
KEYS_LIVE_S: Final = 3600.0
RETRY_KEYS_S: Final = 30.0
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class OidcSettings(BaseModel):
    """What `oidc.json` holds. `roles` maps a value of the claim to our roles; a dot in a claim's name goes deeper."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    issuer: Text
    audience: Text
    jwks_file: Path | None = None
    jwks_uri: Text | None = None
    name_claim: Text = "sub"
    roles_claim: Text = "roles"
    roles: dict[str, frozenset[Role]] = Field(min_length=1)


def read_settings(path: Path) -> OidcSettings | None:
    """Return the settings, None without the file; FormatError for anything wrong in it."""
    if not path.exists():
        return None
    try:
        settings = OidcSettings.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FormatError(path, f"is wrong at {where or 'its beginning'}: {first['msg']}", "correct it") from error
    for address in (settings.issuer, settings.jwks_uri or settings.issuer):
        if not is_safe(address):
            raise FormatError(path, f'names "{address}", which is neither https nor this machine', "use https")
    if any(not roles <= ACCOUNT_ROLES for roles in settings.roles.values()):
        raise FormatError(path, "gives the role cds_client", f"use {', '.join(sorted(ACCOUNT_ROLES))}")
    return settings


class OidcChecker:
    """Checks access tokens of one issuer; keys are read when first needed and again when a token names another key."""

    def __init__(self, settings: OidcSettings, now: Callable[[], float] = time.time) -> None:
        self.settings, self._now = settings, now
        self._keys: KeySet | None = None
        self._read_at = -KEYS_LIVE_S
        self._lock = threading.Lock()

    def is_ours(self, token: str) -> bool:
        """Whether a text is a token that says to be of the issuer; it is not yet believed."""
        try:
            return read_part(token, 1).get("iss") == self.settings.issuer
        except TokenError:
            return False

    def check(self, token: str) -> tuple[str, Roles]:
        """Return the name and the roles of a token; TokenError when anything is wrong. Blocking: it may fetch keys."""
        header = read_part(token, 0)
        if header.get("alg") not in ALGORITHMS or header.get("typ", "JWT").lower() not in ("jwt", "at+jwt"):
            raise TokenError("its header needs an asymmetric alg and typ JWT or at+jwt")
        try:
            claims = jwt.decode(token, self._find_keys(str(header.get("kid", ""))), algorithms=list(ALGORITHMS)).claims
            self._registry().validate(claims)
        except (JoseError, ValueError) as error:
            raise TokenError("its signature or a claim (iss, aud, exp) is wrong") from error
        if float(claims["exp"]) - self._now() > MAX_LIFETIME_S:
            raise TokenError(f"it lives longer than {MAX_LIFETIME_S} s")
        return self._to_name(claims), self._to_roles(claims)

    def _registry(self) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=lambda: int(self._now()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": self.settings.audience},
            exp={"essential": True},
        )

    def _to_name(self, claims: Mapping[str, Any]) -> str:
        """The issuer's name for the caller, marked so that it is never a local account's."""
        name = _find_claim(claims, self.settings.name_claim)
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise TokenError(f"its claim {self.settings.name_claim} names nobody")
        return f"oidc:{name[:200]}"

    def _to_roles(self, claims: Mapping[str, Any]) -> Roles:
        found = _find_claim(claims, self.settings.roles_claim)
        names = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
        return frozenset(role for name in names if isinstance(name, str) for role in self.settings.roles.get(name, ()))

    def _find_keys(self, key_id: str) -> KeySet:
        with self._lock:
            age = time.monotonic() - self._read_at
            known = self._keys is not None and any(key.kid == key_id for key in self._keys.keys)
            if self._keys is None or age > KEYS_LIVE_S or (not known and age > RETRY_KEYS_S):
                self._read_at = time.monotonic()
                self._keys = self._read_keys()
            return self._keys

    def _read_keys(self) -> KeySet:
        """TokenError when the keys cannot be had: then no token of the issuer is trusted."""
        try:
            if self.settings.jwks_file is not None:
                text = self.settings.jwks_file.read_bytes()
            else:
                text = fetch(self.settings.jwks_uri or self._discover())
            keys = KeySet.import_key_set(json.loads(text))
        except (OSError, ValueError, TypeError, KeyError, JoseError, httpx.HTTPError) as error:
            raise TokenError("the keys of its issuer cannot be read") from error
        if any(key.key_type == "oct" for key in keys.keys):
            raise TokenError("the keys of its issuer are not public keys")
        return keys

    def _discover(self) -> str:
        """The `jwks_uri` of the issuer's discovery document, which must be its own (OpenID Discovery, 4.3)."""
        document = json.loads(fetch(self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"))
        address = str(document["jwks_uri"])
        if document["issuer"] != self.settings.issuer or not is_safe(address):
            raise ValueError("the discovery document is of another issuer, or its keys are not over TLS")
        return address


def _find_claim(claims: Mapping[str, Any], name: str) -> Any:
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
