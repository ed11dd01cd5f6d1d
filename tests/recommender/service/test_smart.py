"""SMART standalone launch against an authorization and FHIR server on this machine, and attacks on its steps."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from kg.errors import FormatError
from recommender.service.chained_log import read_log
from recommender.service.smart import SmartLaunches, SmartServer, read_servers
from tests.recommender.service.service_world import PASSWORD, add_accounts, open_client, run_server

CODE, TOKEN = "code-1", "token-1"


@dataclass
class Ehr:
    """A FHIR server with its authorization server; the fields are what a test lets go wrong."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    challenge: str = ""
    scope: str = ""
    methods: tuple[str, ...] = ("S256",)
    refused: tuple[str, ...] = ()
    next_page: str = ""
    patient: Any = "pat-1"
    name: str = "Doe"
    authorize: str = ""
    redirects: bool = False

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/fhir/.well-known/smart-configuration", self.configure),
                Route("/authorize", self.sign_in),
                Route("/token", self.exchange, methods=["POST"]),
                Route("/fhir/{kind}", self.search),
                Route("/fhir/Patient/{id}", self.read),
            ]
        )

    def configure(self, request: Request) -> Response:
        self.asked.append("configuration")
        if self.redirects:
            return RedirectResponse("http://169.254.169.254/latest/meta-data/")
        found = {"token_endpoint": f"{self.url}/token", "code_challenge_methods_supported": list(self.methods)}
        return JSONResponse(found | {"authorization_endpoint": self.authorize or f"{self.url}/authorize"})

    def sign_in(self, request: Request) -> Response:
        """The clinician signs in and chooses a patient; the browser goes back with a code."""
        query = request.query_params
        assert (query["response_type"], query["client_id"], query["aud"]) == ("code", "theragraph", f"{self.url}/fhir")
        assert query["code_challenge_method"] == "S256"
        self.challenge, self.scope = query["code_challenge"], query["scope"]
        return RedirectResponse(f"{query['redirect_uri']}?code={CODE}&state={query['state']}", 302)

    async def exchange(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        self.asked.append("token")
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if form["grant_type"] != ["authorization_code"] or form["code"] != [CODE] or proof != self.challenge:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": TOKEN, "token_type": "Bearer", "patient": self.patient})

    def read(self, request: Request) -> Response:
        self.asked.append("Patient")
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        name = [{"family": self.name}]
        return JSONResponse({"resourceType": "Patient", "id": "pat-1", "gender": "male", "name": name})

    def search(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        self.asked.append(kind + ("?page=2" if "page" in request.query_params else ""))
        if kind in self.refused:
            return Response(status_code=403)
        page: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "entry": []}
        if kind == "Condition":
            text = "clot" if "page" in request.query_params else "infection"
            page["entry"] = [{"resource": condition(text)}, {"resource": {"resourceType": "OperationOutcome"}}]
            if "page" not in request.query_params:
                page["link"] = [{"relation": "next", "url": self.next_page or f"{self.url}/fhir/Condition?page=2"}]
        return JSONResponse(page)


def condition(text: str) -> dict[str, Any]:
    status = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
    subject = {"reference": "Patient/pat-1"}
    return {
        "resourceType": "Condition",
        "id": text,
        "subject": subject,
        "clinicalStatus": status,
        "code": {"text": text},
    }


@pytest.fixture
def ehr() -> Iterator[Ehr]:
    server = Ehr()
    with run_server(server.app()) as url:
        server.url = url
        yield server


@pytest.fixture
def client(tmp_path: Path, ehr: Ehr) -> Iterator[TestClient]:
    register(tmp_path, f"{ehr.url}/fhir")
    add_accounts(tmp_path, ["clinician", "analyst"])
    with open_client(tmp_path) as client:
        sign_in_page(client, "clinician")
        yield client


def register(folder: Path, base: str) -> None:
    (folder / "smart.json").write_text(json.dumps({base: {"client_id": "theragraph", "name": "Hospital <b>"}}))


def sign_in_page(client: TestClient, name: str) -> None:
    client.cookies.clear()
    assert client.post("/login", data={"name": name, "password": PASSWORD}).status_code == 303


def begin(client: TestClient, ehr: Ehr) -> str:
    """Launch; returns the address on our side that the authorization server sends the browser back to."""
    answer = client.get("/smart/launch", params={"iss": f"{ehr.url}/fhir"})
    assert answer.status_code == 302, answer.text
    with TestClient(ehr.app(), base_url=ehr.url, follow_redirects=False) as browser:
        back = browser.get(answer.headers["location"])
    return urlsplit(back.headers["location"])._replace(scheme="", netloc="").geturl()


def to_patient(callback: str) -> str:
    return callback.replace("/smart/callback", "/smart/patient")


def test_a_patient_is_opened_and_planned_for(client: TestClient, ehr: Ehr, tmp_path: Path) -> None:
    assert 'href="/smart/launch?iss=' in client.get("/").text
    callback = begin(client, ehr)
    assert ehr.scope == "launch/patient patient/*.rs"
    bounced = client.get(callback, headers={"cookie": ""})
    assert bounced.status_code == 200
    assert to_patient(callback).replace("&", "&amp;") in bounced.text
    page = client.get(to_patient(callback))
    assert page.status_code == 200
    assert "penicillin" in page.text
    assert "warfarin" in page.text  # of the second page of conditions
    assert "did not give" not in page.text
    assert TOKEN not in page.text
    line = read_log(tmp_path / "audit.jsonl", newest=2)[1]
    assert (line["action"], line["who"], line["what"]) == ("smart launch", "clinician", f"{ehr.url}/fhir")
    assert line["result"] == "3 resources"
    assert "pat-1" not in (tmp_path / "audit.jsonl").read_text()
    assert TOKEN not in (tmp_path / "audit.jsonl").read_text()


def test_what_the_server_does_not_give_is_said(client: TestClient, ehr: Ehr) -> None:
    ehr.refused = ("AllergyIntolerance", "Observation")
    page = client.get(to_patient(begin(client, ehr)))
    assert "not known: AllergyIntolerance, Observation" in page.text


def test_a_state_is_good_once_for_its_account_and_browser(client: TestClient, ehr: Ehr) -> None:
    callback = to_patient(begin(client, ehr))
    assert client.get(callback).status_code == 200
    assert client.get(callback).status_code == 400
    other = to_patient(begin(client, ehr))
    client.cookies.delete("theragraph_launch")
    assert client.get(other).status_code == 400
    assert client.get("/smart/patient?code=code-1&state=guessed").status_code == 400
    assert ehr.asked.count("token") == 1


def test_a_launch_of_another_account_is_refused() -> None:
    launches = SmartLaunches({}, "http://127.0.0.1/smart/callback")
    with pytest.raises(Exception, match="not known"):
        launches.finish("state", "code", "ann", "browser")


def test_a_launch_ends_after_ten_minutes(ehr: Ehr) -> None:
    now = [0.0]
    servers = {f"{ehr.url}/fhir": SmartServer(client_id="theragraph")}
    launches = SmartLaunches(servers, "http://127.0.0.1/smart/callback", lambda: now[0])
    states = [parse_qs(urlsplit(launches.begin(f"{ehr.url}/fhir", "ann", "b")).query)["state"][0] for _ in range(2)]
    with pytest.raises(Exception, match="somebody else"):
        launches.finish(states[0], CODE, "bob", "b")
    now[0] = 601.0
    with pytest.raises(Exception, match="not known"):
        launches.finish(states[1], CODE, "ann", "b")


def test_a_code_without_its_verifier_is_worth_nothing(client: TestClient, ehr: Ehr) -> None:
    callback = begin(client, ehr)
    ehr.challenge = "of another launch"
    assert client.get(to_patient(callback)).status_code == 502
    assert "Patient" not in ehr.asked


@pytest.mark.parametrize(
    "iss",
    ["http://169.254.169.254/latest", "file:///etc/passwd", "{url}/fhir/../admin", "{url}", "{url}/fhir@evil.example"],
)
def test_only_registered_servers_are_asked(client: TestClient, ehr: Ehr, iss: str) -> None:
    assert client.get("/smart/launch", params={"iss": iss.format(url=ehr.url)}).status_code == 400
    assert ehr.asked == []


def test_a_redirect_of_the_server_is_not_followed(client: TestClient, ehr: Ehr) -> None:
    ehr.redirects = True
    assert client.get("/smart/launch", params={"iss": f"{ehr.url}/fhir"}).status_code == 502


def test_a_server_without_pkce_or_tls_is_not_used(client: TestClient, ehr: Ehr) -> None:
    ehr.methods = ("plain",)
    assert client.get("/smart/launch", params={"iss": f"{ehr.url}/fhir"}).status_code == 502
    ehr.methods, ehr.authorize = ("S256",), "http://evil.example/authorize"
    assert client.get("/smart/launch", params={"iss": f"{ehr.url}/fhir"}).status_code == 502


def test_a_next_page_elsewhere_is_not_read(client: TestClient, ehr: Ehr) -> None:
    ehr.next_page = "http://169.254.169.254/latest/meta-data/"
    page = client.get(to_patient(begin(client, ehr)))
    assert "not known: Condition" in page.text
    assert "Condition?page=2" not in ehr.asked


@pytest.mark.parametrize("patient", [None, "", "../../secret", "..", "a/b", ["x"], "x" * 65])
def test_a_token_for_no_patient_reads_nothing(client: TestClient, ehr: Ehr, patient: Any) -> None:
    ehr.patient = patient
    assert client.get(to_patient(begin(client, ehr))).status_code == 502
    assert "Patient" not in ehr.asked


def test_what_the_record_holds_is_text(client: TestClient, ehr: Ehr) -> None:
    ehr.name = "</textarea><script>alert(1)</script>"
    page = client.get(to_patient(begin(client, ehr)))
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "Hospital <b>" not in page.text


def test_a_refused_sign_in_is_said_and_its_words_are_not_shown(client: TestClient) -> None:
    answer = client.get("/smart/callback", params={"error": "<script>", "state": "x"})
    assert answer.status_code == 400
    assert "<script>" not in answer.text
    odd = client.get("/smart/callback", params={"code": '"><script>alert(1)</script>', "state": "x"})
    assert "<script>alert" not in odd.text


def test_an_analyst_opens_no_patient(client: TestClient, ehr: Ehr) -> None:
    sign_in_page(client, "analyst")
    assert client.get("/smart/launch", params={"iss": f"{ehr.url}/fhir"}).status_code == 403
    assert ehr.asked == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is wrong at"),
        ('{"http://ehr.example.org/fhir": {"client_id": "x"}}', "neither https nor this machine"),
        ('{"https://ehr.example.org/fhir": {}}', "client_id"),
    ],
)
def test_a_wrong_file_of_servers_is_said(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "smart.json").write_text(text)
    with pytest.raises(FormatError, match=problem):
        read_servers(tmp_path / "smart.json")
