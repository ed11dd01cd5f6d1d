"""Tokens of an OpenID provider, with its keys from a file and from a provider that runs here over HTTP."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from kg.errors import FormatError
from recommender.service.chained_log import read_log
from recommender.service.oidc import read_settings
from tests.recommender.service.service_world import PASSWORD, add_accounts, open_client, plain, run_server, sign_in

AUDIENCE = "theragraph"
ROLES = {"doctor": ["clinician"], "data": ["engineer", "analyst"]}
KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}, private=True)


class Provider:
    """An OpenID provider whose documents a test may change."""

    def __init__(self) -> None:
        self.issuer = ""
        self.keys: Any = {"keys": [KEY.as_dict(private=False)]}
        self.discovery: dict[str, Any] = {}
        self.asked: list[str] = []
        self.app = Starlette(
            routes=[Route("/.well-known/openid-configuration", self.show_discovery), Route("/{name}", self.show_keys)]
        )

    async def show_discovery(self, _request: Request) -> Response:
        self.asked.append("discovery")
        return JSONResponse({"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"} | self.discovery)

    async def show_keys(self, request: Request) -> Response:
        self.asked.append(request.path_params["name"])
        if request.path_params["name"] == "elsewhere":
            return RedirectResponse(f"{self.issuer}/keys")
        return JSONResponse(self.keys)


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    with run_server(provider.app) as url:
        provider.issuer = url
        yield provider


def write_settings(folder: Path, issuer: str, **more: Any) -> None:
    settings = {"issuer": issuer, "audience": AUDIENCE, "roles": ROLES} | more
    (folder / "oidc.json").write_text(json.dumps(settings))


@pytest.fixture
def client(tmp_path: Path, provider: Provider) -> Iterator[TestClient]:
    add_accounts(tmp_path, ["clinician"])
    write_settings(tmp_path, provider.issuer)
    with open_client(tmp_path) as client:
        yield client


def token(issuer: str, key: Any = KEY, alg: str = "RS256", kid: str = "k1", **more: Any) -> str:
    now = int(time.time())
    claims = {"iss": issuer, "aud": AUDIENCE, "sub": "ann", "exp": now + 300, "iat": now, "roles": ["doctor"]} | more
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": alg, "typ": "at+jwt", "kid": kid}, kept, key, algorithms=[alg])


def status(client: TestClient, text: str, path: str = "/v1/plans") -> int:
    header = {"authorization": f"Bearer {text}"}
    if path == "/v1/plans":
        return client.post(path, json=plain(), headers=header).status_code
    return client.get(path, headers=header).status_code


def test_roles_open_what_they_are_mapped_to(client: TestClient, provider: Provider, tmp_path: Path) -> None:
    assert status(client, token(provider.issuer)) == 200
    assert read_log(tmp_path / "audit.jsonl", newest=1)[0]["who"] == "oidc:ann"
    assert status(client, token(provider.issuer), "/v1/sources") == 403
    assert status(client, token(provider.issuer, roles="data other"), "/v1/sources") == 200
    assert status(client, token(provider.issuer, roles=["admin", "auditor"])) == 403
    assert status(client, token(provider.issuer, roles=None)) == 403
    assert provider.asked == ["discovery", "keys"]


def test_own_sessions_live_beside_it(client: TestClient) -> None:
    assert client.post("/v1/plans", json=plain(), headers=sign_in(client, "clinician", PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "another-service"},
        {"aud": None},
        {"exp": int(time.time()) - 3600},
        {"exp": int(time.time()) + 10**8},
        {"exp": None},
        {"sub": None},
        {"sub": "a\nb"},
        {"sub": {"name": "ann"}},
        {"nbf": int(time.time()) + 3600},
    ],
)
def test_a_wrong_claim_is_refused(client: TestClient, provider: Provider, change: dict[str, Any]) -> None:
    assert status(client, token(provider.issuer, **change)) == 401


def test_another_issuer_s_token_is_refused(client: TestClient) -> None:
    assert status(client, token("https://evil.example")) == 401


def test_unsigned_and_symmetric_tokens_are_refused(client: TestClient, provider: Provider) -> None:
    body = token(provider.issuer).split(".")[1]
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "k1"}).encode()).decode().rstrip("=")
    assert status(client, f"{head}.{body}.") == 401
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "k1"}).encode()).decode().rstrip("=")
    digest = hmac.digest(KEY.as_pem(private=False), f"{head}.{body}".encode(), "sha256")
    assert status(client, f"{head}.{body}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}") == 401


def test_another_key_of_the_same_name_is_refused(client: TestClient, provider: Provider) -> None:
    other = RSAKey.generate_key(2048, {"kid": "k1"}, private=True)
    assert status(client, token(provider.issuer, other)) == 401


def test_a_key_that_was_changed_is_fetched_once(client: TestClient, provider: Provider) -> None:
    assert status(client, token(provider.issuer)) == 200
    fresh = ECKey.generate_key("P-256", {"kid": "k2"}, private=True)
    provider.keys = {"keys": [fresh.as_dict(private=False)]}
    checker = client.app.state.parts.oidc  # type: ignore[attr-defined]
    checker._read_at -= 31
    assert status(client, token(provider.issuer, fresh, "ES256", "k2")) == 200
    for _ in range(3):
        assert status(client, token(provider.issuer, kid="k3")) == 401
    assert provider.asked.count("keys") == 2


@pytest.mark.parametrize(
    ("keys", "discovery"),
    [
        ({"keys": [OctKey.import_key("x" * 32, {"kid": "k1"}).as_dict(private=True)]}, {}),
        ({"keys": "none"}, {}),
        ("x" * 2_000_000, {}),
        (None, {"issuer": "https://evil.example"}),
        (None, {"jwks_uri": "http://169.254.169.254/keys"}),
        (None, {"jwks_uri": "file:///etc/passwd"}),
    ],
)
def test_a_provider_that_misbehaves_is_not_trusted(
    client: TestClient, provider: Provider, keys: Any, discovery: dict[str, Any]
) -> None:
    """OWASP API10:2023, unsafe consumption of APIs."""
    provider.keys = provider.keys if keys is None else keys
    provider.discovery = discovery
    assert status(client, token(provider.issuer)) == 401


def test_redirects_are_not_followed(tmp_path: Path, provider: Provider) -> None:
    write_settings(tmp_path, provider.issuer, jwks_uri=f"{provider.issuer}/elsewhere")
    add_accounts(tmp_path, ["clinician"])
    with open_client(tmp_path) as client:
        assert status(client, token(provider.issuer)) == 401
    assert provider.asked == ["elsewhere"]


def test_keys_from_a_file_need_no_network(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}))
    write_settings(tmp_path, "https://issuer.example", jwks_file=str(tmp_path / "keys.json"))
    with open_client(tmp_path) as client:
        assert status(client, token("https://issuer.example")) == 200
        assert client.post("/v1/plans", json=plain()).status_code == 401  # with a provider the service is not open


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "http://issuer.example"},
        {"jwks_uri": "http://issuer.example/keys"},
        {"roles": {}},
        {"roles": {"doctor": ["root"]}},
        {"roles": {"ehr": ["cds_client"]}},
        {"audience": ""},
        {"extra": 1},
    ],
)
def test_wrong_settings_are_said(tmp_path: Path, change: dict[str, Any]) -> None:
    write_settings(tmp_path, **({"issuer": "https://issuer.example"} | change))
    with pytest.raises(FormatError, match=r"oidc\.json"):
        read_settings(tmp_path / "oidc.json")
