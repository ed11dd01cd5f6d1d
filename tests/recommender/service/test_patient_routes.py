"""Stored patients over REST: consent first, the owner only, every access audited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.service.accounts import keep_account
from recommender.service.chained_log import read_log
from tests.recommender.service.service_world import PASSWORD, add_accounts, open_client, plain, sign_in
from tests.recommender.service.test_plan_routes import INFECTION

MARKER = "MARKER-8822"


def consent(kind: str = "permit", action: str = "collect", **more: Any) -> dict[str, Any]:
    provision = {"type": kind, "action": [{"coding": [{"code": action}]}], **more}
    return {"resourceType": "Consent", "status": "active", "provision": provision}


def bundle(*resources: dict[str, Any], patient_id: str = MARKER) -> dict[str, Any]:
    patient = {"resourceType": "Patient", "id": patient_id, "gender": "male", "birthDate": "1980-01-01"}
    return {"resourceType": "Bundle", "entry": [{"resource": r} for r in (patient, INFECTION, *resources)]}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    add_accounts(tmp_path, ["clinician", "analyst"])
    keep_account(tmp_path / "accounts.json", "other", PASSWORD, ["clinician"])
    with open_client(tmp_path, store_patients=True) as client:
        yield client


@pytest.fixture
def ann(client: TestClient) -> dict[str, str]:
    return sign_in(client, "clinician")


def store(client: TestClient, header: dict[str, str], *more: dict[str, Any], patient_id: str = MARKER) -> str:
    answer = client.post("/v1/patients", json=bundle(consent(), *more, patient_id=patient_id), headers=header)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["record"])


def test_a_stored_patient_is_planned_for_and_erased(client: TestClient, ann: dict[str, str], tmp_path: Path) -> None:
    record = store(client, ann)
    items = client.get("/v1/patients", headers=ann).json()["items"]
    assert [item["record"] for item in items] == [record]
    assert MARKER not in str(items)
    assert client.get(f"/v1/patients/{record}", headers=ann).json()["resourceType"] == "Bundle"
    plan = client.post(f"/v1/patients/{record}/plans", json={"add": ["allergy:penicillin"]}, headers=ann).json()
    assert "penicillin" not in [line["drugs"][0]["name"] for line in plan["lines"]]
    assert "difference" in plan
    assert client.delete(f"/v1/patients/{record}", headers=ann).status_code == 204
    assert client.get(f"/v1/patients/{record}", headers=ann).status_code == 404
    assert MARKER.encode() not in b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    actions = [entry["action"] for entry in reversed(read_log(tmp_path / "audit.jsonl", newest=20))]
    assert actions == [
        "sign in",
        "store record",
        "read record",
        "use record",
        "what-if",
        "erase record",
        "open record",
    ]


def test_records_are_listed_page_by_page(client: TestClient, ann: dict[str, str]) -> None:
    records = [store(client, ann, patient_id=f"p{number}") for number in range(3)]
    first = client.get("/v1/patients?limit=2", headers=ann).json()
    assert (first["total"], first["next_offset"]) == (3, 2)
    last = client.get("/v1/patients?limit=2&offset=2", headers=ann).json()
    assert last["next_offset"] is None
    assert sorted(item["record"] for item in first["items"] + last["items"]) == sorted(records)


def test_nothing_is_stored_unless_the_service_was_told_to(tmp_path: Path) -> None:
    with open_client(tmp_path) as client:
        assert client.post("/v1/patients", json=bundle(consent())).status_code == 404
        assert client.get("/v1/patients").status_code == 404
    assert not (tmp_path / "patients").exists()


@pytest.mark.parametrize(
    "resources",
    [
        (),
        (consent(action="access"),),
        (consent("deny"),),
        (consent(), consent("deny")),
        (consent() | {"status": "inactive"},),
        ({"resourceType": "Consent", "status": "active", "provision": {"type": "permit", "action": "collect"}},),
    ],
)
def test_without_consent_to_collect_nothing_is_stored(
    client: TestClient, ann: dict[str, str], tmp_path: Path, resources: tuple[dict[str, Any], ...]
) -> None:
    answer = client.post("/v1/patients", json=bundle(*resources), headers=ann)
    assert answer.status_code == 403
    assert list((tmp_path / "patients").glob("*.json")) == []
    assert read_log(tmp_path / "audit.jsonl", newest=1)[0]["result"] == "refused by consent"


def test_a_plain_patient_carries_no_consent_and_is_not_stored(client: TestClient, ann: dict[str, str]) -> None:
    assert client.post("/v1/patients", json=plain(), headers=ann).status_code == 422


def test_another_account_s_record_looks_as_if_it_did_not_exist(client: TestClient, ann: dict[str, str]) -> None:
    """OWASP API1:2023, broken object level authorization."""
    record, bob = store(client, ann), sign_in(client, "other")
    unknown = client.get(f"/v1/patients/{'0' * 32}", headers=bob)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/plans")):
        answer = client.request(method, f"/v1/patients/{record}{path}", headers=bob, json={})
        assert answer.status_code == 404
        assert answer.json()["detail"] == unknown.json()["detail"]
    assert client.get("/v1/patients", headers=bob).json()["items"] == []
    assert client.get(f"/v1/patients/{record}", headers=ann).status_code == 200


def test_consent_is_asked_again_for_each_purpose(client: TestClient, ann: dict[str, str]) -> None:
    denies = consent("deny", "use", purpose=[{"code": "HOPERAT"}])
    record = store(client, ann, denies)
    assert client.get(f"/v1/patients/{record}", headers=ann).status_code == 200
    refused = client.get(f"/v1/patients/{record}", headers=ann | {"x-purpose-of-use": "HOPERAT"})
    assert refused.status_code == 403
    broken = ann | {"x-purpose-of-use": "ETREAT", "x-break-glass-reason": "life-threatening"}
    assert client.get(f"/v1/patients/{record}", headers=broken).status_code == 200


@pytest.mark.parametrize("record", ["..%2f..%2faccounts", "x" * 32, "0" * 31, "*", "0" * 32 + ".json"])
def test_a_record_s_id_is_nothing_else(client: TestClient, ann: dict[str, str], record: str) -> None:
    assert client.get(f"/v1/patients/{record}", headers=ann).status_code in (404, 422)
