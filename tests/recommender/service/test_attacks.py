"""The attacks that a service of patients' records has to expect, each tried from outside."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from kg.store import open_graph
from recommender.service.config import ServiceConfig
from recommender.service.roles import ACCESS, PUBLIC
from recommender.service.serve import open_app
from tests.recommender.service.service_world import open_client, plain
from tests.recommender.service.test_cds_routes import RECORD, SELECT, SIGN, VIEW, bundle, call, order

SECRET = "root:x:0:0"
MARKUP = "<img src=x onerror=alert(1)>"
POSTS = sorted(path for method, path in PUBLIC | ACCESS.keys() if method == "POST" and path != "/logout")
XXE = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">'
    '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><Bundle><id value="&x;&b;"/></Bundle>'
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with open_client(tmp_path_factory.mktemp("attacked"), max_body_bytes=100_000) as client:
        yield client


@pytest.fixture
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every attempt to open a connection or to look up a name, none of which succeeds."""
    tried: list[Any] = []

    def refuse(*where: Any, **_more: Any) -> NoReturn:
        tried.append(where)
        raise OSError("no way out")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    return tried


@pytest.mark.parametrize(
    "server",
    [
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "http://127.0.0.1:8000/v1/audit",
        "gopher://[::1]:6379/_FLUSHALL",
    ],
)
def test_a_fhir_server_named_by_a_caller_is_never_called(
    client: TestClient, no_way_out: list[Any], server: str
) -> None:
    record = {**RECORD, "medications": bundle(link=[{"relation": "next", "url": f"{server}/next"}])}
    photo = {
        "resourceType": "DocumentReference",
        "content": [{"attachment": {"contentType": "text/plain", "url": server}}],
    }
    record["documents"] = bundle(photo)
    for path, hook, more in (
        (VIEW, "patient-view", {}),
        (SIGN, "order-sign", {"draftOrders": bundle(order("1", "penicillin"))}),
        (SELECT, "order-select", {"draftOrders": bundle(order("1", "nsaid")), "selections": ["MedicationRequest/1"]}),
    ):
        asked = call(hook, record, **more) | {"fhirServer": server}
        answer = client.post(path, json=asked, headers={"authorization": ""})
        assert answer.status_code == 200
        assert "meta-data" not in answer.text
        assert SECRET not in answer.text
    assert no_way_out == []


@pytest.mark.parametrize("path", [p for p in POSTS if p not in ("/login",)])
@pytest.mark.parametrize("kind", ["application/xml", "application/fhir+xml", "text/xml", "application/json"])
def test_xml_is_read_by_no_route_whatever_it_calls_itself(client: TestClient, path: str, kind: str) -> None:
    answer = client.post(path.replace("{", "").replace("}", ""), content=XXE, headers={"content-type": kind})
    assert answer.status_code in (200, 404, 422) if path == "/" else answer.status_code in (400, 404, 415, 422)
    assert SECRET not in answer.text
    assert "aaaaaaaaaa" * 10 not in answer.text


def test_xml_inside_a_record_is_not_parsed(client: TestClient, no_way_out: list[Any]) -> None:
    record = {
        "resourceType": "Bundle",
        "entry": [
            {"resource": {"resourceType": "Patient", "id": "p", "text": {"status": "generated", "div": XXE}}},
            {"resource": {"resourceType": "Condition", "code": {"text": XXE}, "subject": {"reference": "Patient/p"}}},
        ],
    }
    answer = client.post("/v1/plans", json=record)
    assert answer.status_code == 200
    assert SECRET not in answer.text
    assert no_way_out == []


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "....//....//etc/passwd",
        "..%5c..%5cetc%5cpasswd",
        "%252e%252e%252fetc%252fpasswd",
        "/etc/passwd",
        "page.css%00.json",
        "allergy.json",
        "\u2025/\u2025/etc/passwd",
    ],
)
@pytest.mark.parametrize("folder", ["/static", "/v1/examples", "/cds-services"])
def test_no_path_leads_out_of_its_folder(client: TestClient, folder: str, name: str) -> None:
    answer = client.get(f"{folder}/{name}")
    assert answer.status_code in (404, 405)
    assert SECRET not in answer.text
    posted = client.post("/", data={"example": name})
    assert posted.status_code == 404


def test_a_state_folder_is_not_served(client: TestClient) -> None:
    for path in (
        "/accounts.json",
        "/static/accounts.json",
        "/static/..%2faccounts.json",
        "/.theragraph/service/audit.jsonl",
    ):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("text", ["a\r\nSet-Cookie: theragraph_session=evil", "a\nX-Evil: 1", "a%0d%0aX-Evil:%201"])
def test_no_header_can_be_written_by_a_caller(client: TestClient, text: str) -> None:
    answers = [
        client.get("/login", params={"lang": text}),
        client.post("/login", data={"name": text, "password": text, "lang": text}),
        client.get("/", params={"lang": text}),
        client.get(f"/v1/examples/{quote(text, safe='')}"),
        client.get("/v1/search", params={"q": text}),
    ]
    raw = [(b"x-request-id", text.encode()), (b"accept-language", text.encode()), (b"host", b"127.0.0.1:8000")]
    answers.append(client.send(client.build_request("GET", "/login", headers=raw)))
    for answer in answers:
        assert "x-evil" not in answer.headers
        assert "evil" not in answer.headers.get("set-cookie", "")
        assert not any("\r" in v or "\n" in v for v in answer.headers.values())


@pytest.mark.parametrize(
    "where",
    [
        {"patient_id": MARKUP},
        {"conditions": ["infection", MARKUP]},
        {"allergies": [MARKUP]},
        {"medications": [MARKUP]},
        {"notes": [f"Pain. {MARKUP}"]},
    ],
)
def test_markup_in_a_record_is_text_on_the_page(client: TestClient, where: dict[str, Any]) -> None:
    answer = client.post("/", data={"patient": json.dumps(plain(**where)), "drug": "", "egfr": "30"})
    assert answer.status_code in (200, 422)
    assert "<img" not in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe-inline" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "field", ["egfr", "age", "drug", "allergy", "condition", "without", "patient", "lang", "example"]
)
def test_markup_in_a_switch_is_text_on_the_page(client: TestClient, field: str) -> None:
    breakout = f'"><{MARKUP}</textarea><script>alert(1)</script>'
    answer = client.post("/", data={"patient": json.dumps(plain())} | {field: breakout})
    assert "<img" not in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "words",
    [
        MARKUP,
        "[click](javascript:alert(1))",
        "![x](http://evil.example/x.png)",
        "<a href='http://evil.example'>x</a>",
        "http://evil.example",
    ],
)
def test_markup_in_an_order_is_text_on_the_card(client: TestClient, words: str) -> None:
    """Card details are GitHub Flavored Markdown (CDS Hooks 2.0, "Card Attributes"): no tag, link or picture."""
    named = {**order("1", words), "note": [{"text": words}]}
    record = {
        **RECORD,
        "conditions": bundle(
            *(e["resource"] for e in RECORD["conditions"]["entry"]),
            {"resourceType": "Condition", "code": {"text": words}, "subject": {"reference": "Patient/1288992"}},
        ),
    }
    answer = client.post(SIGN, json=call("order-sign", record, draftOrders=bundle(named)))
    (card,) = answer.json()["cards"]
    shown = card["detail"]
    assert "<" not in shown
    assert "](" not in shown.replace("\\](", "")
    assert "http://" not in shown
    assert len(card["summary"]) < 140


@pytest.mark.parametrize(
    "body",
    [
        b"9" * 5000,
        b'{"patient_id": ' + b"9" * 5000 + b"}",
        b'{"patient_id": "x", "age_years": NaN}',
        b'{"patient_id": "x", "age_years": 1e999}',
        b'{"patient_id": "\\ud800"}',
        b"\xff\xfe\x00",
        b"",
        b'{"patient_id":"x",' + b'"a":{' * 5000 + b"}" * 5001,
    ],
)
def test_a_body_made_to_break_the_reader_is_a_problem_and_not_a_crash(client: TestClient, body: bytes) -> None:
    for path in ("/v1/plans", VIEW, "/v1/cypher", "/v1/feedback", "/v1/sessions"):
        answer = client.post(path, content=body, headers={"content-type": "application/json"})
        assert 400 <= answer.status_code < 500, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


def test_half_a_character_is_refused_on_the_page_too(client: TestClient) -> None:
    answer = client.post("/", data={"patient": '{"patient_id": "\\ud800"}'})
    assert answer.status_code == 422
    assert client.post("/v1/plans", json=plain(patient_id="\U0001f600")).status_code == 200


def test_an_oversized_body_is_refused_on_every_route(client: TestClient) -> None:
    for path in POSTS:
        answer = client.post(path, content=b"x" * 100_001)
        assert answer.status_code == 413, path


def test_a_stated_size_that_lies_does_not_pass(client: TestClient) -> None:
    for stated in ("-1", "1e9", "99999999999999999999999", "0x10", "٣"):
        raw = [(b"content-length", stated.encode()), (b"host", b"127.0.0.1:8000")]
        answer = client.send(client.build_request("POST", "/v1/plans", headers=raw, content=b""))
        assert answer.status_code in (400, 413)


WRITES = (
    "MATCH (n) SET n.name = 'x'",
    "MATCH (n) \\u0053ET n.name = 'x'",
    "MATCH (n) /* */SET/**/n.name = 'x'",
    "MATCH (n) WITH n, '//' AS a SET n.name = 'x'",
    'MATCH (n) WITH n, "\'" AS a SET n.name = "\'"',
    "MATCH (n) WITH n, '\\\\' AS a SET n.name = '\\\\'",
    "MATCH (n) WITH n, `n`.`a``b` AS a SET n.name = '`'",
    "MATCH (n) WITH n LIMIT 1.SET n.name = 'x'",
    "MATCH (n) RETURN n; MATCH (n) SET n.name = 'x'",
    "MATCH (n) CALL { WITH n SET n.name = 'x' } RETURN n",
    "CYPHER runtime=slotted MATCH (n) SET n.name = 'x'",
    "EXPLAIN MATCH (n) SET n.name = 'x'",
    "PROFILE MATCH (n) DELETE n",
    "MERGE (n:Evil)",
    "INSERT (:Evil)",
    "MATCH (n) DETACH\tDELETE n",
    "DROP CONSTRAINT x IF EXISTS",
    "CALL apoc.cypher.runWrite('CREATE (:Evil)', {}) YIELD value RETURN value",
    "CALL db.createLabel('Evil')",
    "LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row",
    "MATCH (n) FOREACH (x IN [1] | SET n.name = 'x')",
    "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'b'",
)


def test_no_query_of_an_analyst_writes_or_reads_a_file(embedded_selector: str, tmp_path: Path) -> None:
    """On a real server, because what a text check lets through the server has to refuse."""
    with open_graph(embedded_selector) as graph:
        graph.create_constraints()
    app = open_app(embedded_selector, ServiceConfig(state_dir=tmp_path))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        before = client.post("/v1/cypher", json={"query": "MATCH (n) RETURN count(n) AS n"}).json()
        for query in WRITES:
            answer = client.post("/v1/cypher", json={"query": query, "parameters": {"p": "x'}) DELETE n //"}})
            assert 400 <= answer.status_code < 500, (query, answer.text)
            assert SECRET not in answer.text
        assert client.post("/v1/cypher", json={"query": "MATCH (n) RETURN count(n) AS n"}).json() == before
        assert client.post("/v1/cypher", json={"query": "MATCH (n:Evil) RETURN n"}).json()["rows"] == []
