"""Whole requests and answers of the three hooks, and what the standard asks of every client's browser.

The requests have the shape of CDS Hooks 2.0 (STU 2) and of the hooks' own pages; each file names the paragraphs and
says why the answer is what it is, from the rules of the small world.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.service.feedback_routes import OverrideReason
from tests.recommender.service.service_world import open_client
from tests.recommender.service.test_cds_routes import SIGN, VIEW, bundle, call, check_card, order

GOLDEN = sorted((Path(__file__).parent / "cds_golden").glob("*.json"))
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
EHR = "https://ehr.example.org"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with open_client(tmp_path, cors_origins=(EHR,)) as client:
        yield client


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_answer_is_the_golden_one(client: TestClient, path: Path) -> None:
    golden = json.loads(path.read_text(encoding="utf-8"))
    answer = client.post(golden["path"], json=golden["request"])
    assert answer.status_code == 200
    assert set(answer.json()) == {"cards"}
    found = json.loads(UUID.sub("UUID", answer.text))
    for card in answer.json()["cards"]:
        check_card(card)
    for card in found["cards"]:
        card["detail"] = card["detail"].split("\n")
        assert [reason["code"] for reason in card.pop("overrideReasons")] == [r.value for r in OverrideReason]
    assert found == golden["response"]


def test_ids_of_cards_suggestions_and_drafts_are_all_different(client: TestClient) -> None:
    """ "Card Attributes": the uuid is what feedback speaks of, so it is a card's own and new in each answer."""
    body = call("order-sign", draftOrders=bundle(order("103", "penicillin")))
    ids = [found for _ in range(2) for found in UUID.findall(client.post(SIGN, json=body).text)]
    assert len(ids) == len(set(ids)) == 2 * 5


def test_discovery_is_the_golden_one(client: TestClient) -> None:
    """ "Discovery", Response: per service hook, title, description, id, prefetch."""
    for service in client.get("/cds-services").json()["services"]:
        assert service.keys() == {"hook", "title", "description", "id", "prefetch"}
        assert all("{{context.patientId}}" in template for template in service["prefetch"].values())


def test_authorization_without_a_server_breaks_the_request_s_contract(client: TestClient) -> None:
    """ "HTTP Request": fhirServer is required when fhirAuthorization is provided."""
    body = call("patient-view")
    del body["fhirServer"]
    assert client.post(VIEW, json=body).status_code == 400
    del body["fhirAuthorization"]
    assert client.post(VIEW, json=body).status_code == 200


@pytest.mark.parametrize("user", ["Practitioner/abc", "PractitionerRole/123", "Patient/1288992", "RelatedPerson/9"])
def test_the_user_may_be_any_of_the_hook_s_kinds(client: TestClient, user: str) -> None:
    assert client.post(VIEW, json=call("patient-view", userId=user)).status_code == 200


def test_browsers_of_named_origins_may_call_and_others_may_not(client: TestClient) -> None:
    """ "Cross-Origin Resource Sharing": a service supports CORS for browser-based clients."""
    wanted = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    preflight = client.options(VIEW, headers={"origin": EHR, **wanted})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == EHR
    answer = client.post(VIEW, json=call("patient-view"), headers={"origin": EHR})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, EHR)
    assert client.options(VIEW, headers={"origin": "https://evil.example", **wanted}).status_code == 400
    refused: Any = client.post(VIEW, json=call("patient-view"), headers={"origin": "https://evil.example"})
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    assert "access-control-allow-credentials" not in answer.headers
