"""The OWASP API Security Top 10 (2023), each item with an attack on this service."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from recommender.service.accounts import keep_account
from recommender.service.roles import ACCESS, PUBLIC
from tests.recommender.service.service_world import PASSWORD, add_accounts, open_client, plain, sign_in
from tests.recommender.service.test_cds_routes import SIGN, VIEW, bundle, call, order
from tests.recommender.service.test_patient_routes import store

ROLES = ("clinician", "engineer", "analyst", "admin", "auditor")
MARKER = "MARKER-5521"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("owasp")
    add_accounts(folder, ROLES)
    keep_account(folder / "accounts.json", "mallory", PASSWORD, ["clinician"])
    with open_client(folder, store_patients=True) as client:
        yield client


@pytest.fixture(scope="module", autouse=True)
def tokens(client: TestClient) -> dict[str, dict[str, str]]:
    """Signed in before any test: where passwords have been guessed, nobody signs in for a while."""
    return {name: sign_in(client, name) for name in (*ROLES, "mallory")}


def test_api1_broken_object_level_authorization(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """Another clinician who knows a record's id neither reads nor plans for nor erases it."""
    record = store(client, tokens["clinician"])
    for method, path in (("GET", ""), ("POST", "/plans"), ("DELETE", "")):
        attacked = client.request(method, f"/v1/patients/{record}{path}", headers=tokens["mallory"], json={})
        assert attacked.status_code == 404
    assert client.get(f"/v1/patients/{record}", headers=tokens["clinician"]).status_code == 200


def test_api2_broken_authentication(client: TestClient) -> None:
    """Made-up, cut and swapped tokens; a password in the address; guessing is slowed down."""
    token = sign_in(client, "mallory")["Authorization"].removeprefix("Bearer ")
    for text in ("", "x", token[:-1], token + "x", token.swapcase(), "null", "undefined", "' OR 1=1 --"):
        assert client.post("/v1/plans", json=plain(), headers={"authorization": f"Bearer {text}"}).status_code == 401
    assert client.post("/v1/plans", json=plain(), headers={"authorization": f"Basic {token}"}).status_code == 401
    assert client.post(f"/v1/plans?token={token}&access_token={token}", json=plain()).status_code == 401
    guesses = [client.post("/v1/sessions", json={"name": "engineer", "password": f"guess {n} guess"}) for n in range(8)]
    assert [answer.status_code for answer in guesses] == [401] * 5 + [429] * 3


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/sessions", {"name": "mallory", "password": PASSWORD, "roles": ["admin"]}),
        ("/v1/feedback", {"condition": "DOID:1", "drugs": ["X:1"], "outcome": "accepted", "who": "clinician"}),
        ("/v1/plans", {"patient": plain(), "owner": "clinician"}),
        ("/v1/plans", {"patient": plain(), "parts": {"is_open": True}}),
        ("/v1/plans", plain(gate="off")),
    ],
)
def test_api3_broken_object_property_level_authorization(
    client: TestClient, tokens: dict[str, dict[str, str]], path: str, body: dict[str, Any]
) -> None:
    """Properties that are not a caller's to set (mass assignment) are refused, not ignored."""
    assert client.post(path, json=body, headers=tokens["mallory"]).status_code == 422


def test_api3_an_owner_cannot_be_written_into_a_stored_record(
    client: TestClient, tokens: dict[str, dict[str, str]]
) -> None:
    consent = {"status": "active", "provision": {"type": "permit", "action": [{"coding": [{"code": "collect"}]}]}}
    patient = {"resourceType": "Patient", "id": "p9"}
    entries = [{"resource": patient}, {"resource": {"resourceType": "Consent", **consent}}]
    forged = {"resourceType": "Bundle", "entry": entries, "owner": "clinician", "record": "0" * 32, "expires": "9999"}
    kept = client.post("/v1/patients", json=forged, headers=tokens["mallory"]).json()
    assert (kept["owner"], kept["record"] != "0" * 32, kept["expires"] < "9999") == ("mallory", True, True)


def test_api4_unrestricted_resource_consumption(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """Sizes, rows, pages, orders, changes and waiting work all have an end."""
    header, analyst = tokens["mallory"], tokens["analyst"]
    assert client.post("/v1/plans", content=b"[" * 6_000_000, headers=header).status_code == 413
    rows = client.post("/v1/cypher", json={"query": "MATCH (n) RETURN n", "limit": 10**9}, headers=analyst)
    assert len(rows.json()["rows"]) <= 1000
    assert client.get("/v1/search", params={"q": "a", "limit": 10**6}, headers=header).status_code == 422
    assert (
        client.post("/v1/plans", json={"patient": plain(), "add": ["drug:x"] * 21}, headers=header).status_code == 422
    )
    many = bundle(*(order(str(n), "nsaid") for n in range(31)))
    assert client.post(SIGN, json=call("order-sign", draftOrders=many), headers=header).status_code == 400
    worker = client.app.state.parts.worker  # type: ignore[attr-defined]
    worker.pending = worker.max_pending
    assert client.post("/v1/plans", json=plain(), headers=header).status_code == 429
    worker.pending = 0


def test_api5_broken_function_level_authorization(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """A clinician tries what is the administrators', auditors' and analysts', by other methods and spellings, too."""
    attacks = [("GET", "/v1/audit"), ("GET", "/metrics"), ("POST", "/v1/cypher"), ("GET", "/v1/monitoring")]
    attacks += [("HEAD", "/v1/audit"), ("GET", "//v1/audit"), ("GET", "/v1/audit/"), ("GET", "/V1/AUDIT")]
    attacks += [("GET", "/v1/./audit"), ("GET", "/v1/audit%2f"), ("GET", "/static/../v1/audit"), ("PUT", "/v1/audit")]
    tricks = {"x-original-url": "/v1/audit", "x-http-method-override": "GET", "x-forwarded-for": "127.0.0.1"}
    for method, path in attacks:
        answer = client.request(method, path, headers=tokens["mallory"] | tricks)
        assert answer.status_code in (307, 403, 404, 405), (method, path, answer.status_code)
        assert "entries" not in answer.text


def test_api6_unrestricted_access_to_sensitive_business_flows(
    client: TestClient, tokens: dict[str, dict[str, str]]
) -> None:
    """Feedback teaches the ranking: one account cannot pour it in without an end, and every line names its account."""
    said = {"condition": "DOID:1", "drugs": ["DRUGBANK:P"], "outcome": "accepted"}
    answers = [client.post("/v1/feedback", json=said, headers=tokens["mallory"]) for _ in range(125)]
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) <= 120
    assert statuses[-1] == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert client.post("/v1/feedback", json=said, headers=tokens["clinician"]).status_code == 201


def test_api7_server_side_request_forgery(
    client: TestClient, tokens: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address that a caller names is ever opened: fhirServer, links, attachments, jku, LOAD CSV."""
    tried: list[Any] = []

    def refuse(*where: Any, **_more: Any) -> NoReturn:
        tried.append(where)
        raise OSError("no way out")

    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    asked = call("patient-view") | {"fhirServer": "http://169.254.169.254/latest"}
    assert client.post(VIEW, json=asked, headers=tokens["mallory"]).status_code == 200
    query = {"query": "LOAD CSV FROM 'http://169.254.169.254/' AS row RETURN row"}
    assert client.post("/v1/cypher", json=query, headers=tokens["analyst"]).status_code == 403
    assert tried == []


def test_api8_security_misconfiguration(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """No debug pages, no stack traces, no server's name, no foreign origins, closed headers on every answer."""
    for path in ("/docs", "/redoc", "/debug", "/.env", "/.git/config", "/server-status", "/actuator"):
        assert client.get(path).status_code == 404
    for answer in (client.get("/"), client.get("/nowhere"), client.post("/v1/plans", content=b"{")):
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        assert "Traceback" not in answer.text
    traced = client.request("TRACE", "/v1/plans", headers=tokens["mallory"])
    assert traced.status_code == 405
    foreign = client.post("/v1/plans", json=plain(), headers=tokens["mallory"] | {"origin": "null"})
    assert foreign.status_code == 403


def test_api9_improper_inventory_management(client: TestClient) -> None:
    """Whatever answers stands in the access table, and what is for programs stands in the document too."""
    served = {(m, str(r.path)) for r in iter_route_contexts(client.app.routes) for m in r.methods or ()}  # type: ignore[attr-defined]
    assert served == PUBLIC | ACCESS.keys()
    document = client.get("/openapi.json").json()
    described = {(m.upper(), path) for path, operations in document["paths"].items() for m in operations}
    assert {pair for pair in served if pair[1].startswith(("/v1/", "/cds-services"))} <= described
    for old in ("/v0/plans", "/v2/plans", "/api/plans", "/plans", "/beta/plans"):
        assert client.post(old, json=plain()).status_code == 404


def test_api10_unsafe_consumption_of_apis(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """What the graph server says is shown as data; `test_oidc.py` attacks from the side of the OpenID provider."""
    graph = client.app.state.parts.graph._store  # type: ignore[attr-defined]
    before, graph.rows = graph.rows, [{"n": "<script>alert(1)</script>"}, {"n": "x" * 10}]
    answer = client.post("/v1/cypher", json={"query": "MATCH (n) RETURN n"}, headers=tokens["analyst"])
    graph.rows = before
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_log_line_holds_anything_of_a_patient(
    client: TestClient, tokens: dict[str, dict[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    """Markers planted in every place of a request; logged at every level by every library."""
    header = tokens["clinician"]
    marked = plain(patient_id=MARKER, conditions=["infection", MARKER], allergies=[MARKER], medications=[MARKER])
    with caplog.at_level(logging.DEBUG):
        client.post("/v1/plans", json=marked, headers=header)
        client.post("/v1/plans", json=marked | {"sex": 5}, headers=header)
        client.post("/v1/plans", json={"patient": marked, "add": [f"drug:{MARKER}"]}, headers=header)
        client.post("/v1/plans", content=f'{{"{MARKER}'.encode(), headers=header)
        client.post("/", data={"patient": json.dumps(marked), "egfr": MARKER}, headers=header)
        client.post(VIEW, json=call("patient-view", patientId=MARKER), headers=header)
        client.post(SIGN, json=call("order-sign", draftOrders=bundle(order(MARKER, MARKER))), headers=header)
        client.get(f"/v1/nodes/{MARKER}", headers=header)
        client.get("/v1/search", params={"q": MARKER}, headers=header)
        client.post("/v1/sessions", json={"name": MARKER, "password": MARKER})
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert [record.getMessage() for record in ours if record.name == "theragraph.service"]
    assert not [record.name for record in ours if MARKER in record.getMessage() or MARKER in str(record.exc_info)]
    assert MARKER not in client.get("/metrics", headers=tokens["admin"]).text
