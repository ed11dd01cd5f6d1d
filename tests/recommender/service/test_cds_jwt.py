"""Tokens of CDS clients, as the standard's "Trusting CDS Clients" asks; every known trick is tried."""

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
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from tests.recommender.service.service_world import OWN, open_client

ISSUER = "https://fhir-ehr.example.com/"
PATH = "/cds-services/theragraph-patient-view"
KEY = ECKey.generate_key("P-384", {"kid": "example-kid", "use": "sig"}, private=True)
BODY = {"hook": "patient-view", "hookInstance": "1", "context": {"userId": "Practitioner/1", "patientId": "1"}}
TRUSTED = 412  # past the token: what is missing now is the patient


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    keys = {"keys": [KEY.as_dict(private=False)]}
    (tmp_path / "cds_clients.json").write_text(json.dumps({ISSUER: keys}))
    with open_client(tmp_path) as client:
        yield client


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    base = {"iss": ISSUER, "aud": OWN + PATH, "exp": now + 300, "iat": now, "jti": f"nonce-{time.monotonic_ns()}"}
    return {k: v for k, v in (base | more).items() if v is not None}


def sign(body: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    head = {"alg": "ES384", "typ": "JWT", "kid": "example-kid", **header}
    return jwt.encode(head, body, key, algorithms=["ES384"])


def status(client: TestClient, token: str) -> int:
    return client.post(PATH, json=BODY, headers={"authorization": f"Bearer {token}"}).status_code


def test_a_token_of_a_registered_client_is_trusted(client: TestClient) -> None:
    assert status(client, sign(claims())) == TRUSTED
    assert status(client, sign(claims(aud=[OWN + PATH]))) == TRUSTED


def test_without_a_token_a_service_is_closed_and_discovery_is_open(client: TestClient) -> None:
    assert client.post(PATH, json=BODY).status_code == 401
    assert client.get("/cds-services").status_code == 200


def test_a_token_is_good_once(client: TestClient) -> None:
    token = sign(claims())
    assert status(client, token) == TRUSTED
    assert status(client, token) == 401


@pytest.mark.parametrize(
    "change",
    [
        {"aud": OWN + "/cds-services/theragraph-order-sign"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 3600},
        {"exp": int(time.time()) + 10**8},
        {"exp": None},
        {"iat": None},
        {"jti": None},
    ],
)
def test_a_wrong_claim_is_refused(client: TestClient, change: dict[str, Any]) -> None:
    assert status(client, sign(claims(**change))) == 401


def test_another_key_of_the_same_name_is_refused(client: TestClient) -> None:
    other = ECKey.generate_key("P-384", {"kid": "example-kid"}, private=True)
    assert status(client, sign(claims(), other)) == 401


def test_a_token_without_a_signature_is_refused(client: TestClient) -> None:
    for name in ("none", "None", "NONE"):
        parts = ({"alg": name, "typ": "JWT", "kid": "example-kid"}, claims())
        head, body = (base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)
        assert status(client, f"{head}.{body}.") == 401


def test_a_symmetric_signature_made_with_the_public_key_is_refused(client: TestClient) -> None:
    parts = ({"alg": "HS256", "typ": "JWT", "kid": "example-kid"}, claims())
    signed = ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)
    digest = hmac.digest(KEY.as_pem(private=False), signed.encode(), "sha256")
    assert status(client, f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}") == 401


def test_a_key_that_the_token_brings_along_is_not_used(client: TestClient) -> None:
    own = ECKey.generate_key("P-384", {"kid": "mine"}, private=True)
    token = sign(claims(), own, kid="mine", jwk=own.as_dict(private=False), jku="https://evil.example/keys")
    assert status(client, token) == 401


@pytest.mark.parametrize("token", ["", "a.b.c", "a.b", "..", "🦊.🦊.🦊", "x" * 10_000, "W10.W10.W10"])
def test_what_is_no_token_is_refused(client: TestClient, token: str) -> None:
    header = {b"authorization": f"Bearer {token}".encode()}
    assert client.post(PATH, json=BODY, headers=header).status_code == 401


def test_a_client_may_call_cds_services_and_nothing_else(client: TestClient) -> None:
    answer = client.post(
        f"{PATH}/feedback", json={"feedback": []}, headers={"authorization": f"Bearer {sign(claims())}"}
    )
    assert answer.status_code == 401  # the audience is another address
