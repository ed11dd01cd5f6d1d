"""Consent and purpose of use, asked on each access; breaking the glass is possible and never silent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.service.chained_log import read_log
from tests.recommender.service.service_world import open_client

PATIENT = {"resourceType": "Patient", "id": "p2", "gender": "male", "birthDate": "1980-01-01"}
EMERGENCY = {"x-purpose-of-use": "ETREAT", "x-break-glass-reason": "life-threatening"}


def record(kind: str = "", *purposes: str, status: str = "active") -> dict[str, Any]:
    resources: list[dict[str, Any]] = [PATIENT]
    if kind:
        provision = {"type": kind, "purpose": [{"code": p} for p in purposes]}
        resources.append({"resourceType": "Consent", "status": status, "provision": provision})
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with open_client(tmp_path) as client:
        yield client


@pytest.mark.parametrize(
    ("document", "headers", "status"),
    [
        (record(), {}, 200),
        (record("permit"), {}, 200),
        (record("deny"), {}, 403),
        (record("deny", status="inactive"), {}, 200),
        (record("deny", "HRESCH"), {}, 200),
        (record("deny", "TREAT"), {}, 403),
        (record("deny"), EMERGENCY, 200),
        (record("deny"), {"x-purpose-of-use": "ETREAT"}, 400),
        (record("deny"), EMERGENCY | {"x-break-glass-reason": "I want to"}, 400),
        (record(), {"x-purpose-of-use": "HRESCH"}, 403),
        (record("permit", "HRESCH"), {"x-purpose-of-use": "HRESCH"}, 200),
        (record(), {"x-purpose-of-use": "MARKETING"}, 400),
    ],
)
def test_the_consent_and_the_purpose_decide(
    client: TestClient, document: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    assert client.post("/v1/plans", json=document, headers=headers).status_code == status


def test_a_refusal_and_a_broken_glass_are_audited(client: TestClient, tmp_path: Path) -> None:
    client.post("/v1/plans", json=record("deny"))
    client.post("/v1/plans", json=record("deny"), headers=EMERGENCY)
    broken, refused = read_log(tmp_path / "audit.jsonl", newest=2)
    assert refused["result"] == "refused by consent"
    assert (broken["why"], broken["break_glass"]) == ("ETREAT", "life-threatening")
    assert refused["patient"] == broken["patient"]


def test_a_cds_client_is_held_to_the_consent_too(client: TestClient) -> None:
    body = {
        "hook": "patient-view",
        "hookInstance": "1",
        "context": {"userId": "Practitioner/1", "patientId": "p2"},
        "prefetch": {"patient": PATIENT, "conditions": None, "consents": record("deny")},
    }
    assert client.post("/cds-services/theragraph-patient-view", json=body).status_code == 403
    body["prefetch"] = {"patient": PATIENT, "conditions": None, "consents": None}
    assert client.post("/cds-services/theragraph-patient-view", json=body).status_code == 200
