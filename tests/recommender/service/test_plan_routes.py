"""POST /v1/plans: the contract's keys, what-if, and what happens with bad input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.to_json import read_schema
from tests.recommender.schema import find_violations
from tests.recommender.service.service_world import MemoryStore, open_client, plain


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def client(tmp_path: Path, store: MemoryStore) -> Iterator[TestClient]:
    with open_client(tmp_path, store) as client:
        yield client


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    patient = {"resourceType": "Patient", "id": "p2", "gender": "male", "birthDate": "1980-01-01"}
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in (patient, *resources)]}


INFECTION = {
    "resourceType": "Condition",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {"text": "infection"},
    "subject": {"reference": "Patient/p2"},
}


def drugs_of(plan: dict[str, Any]) -> list[str]:
    return [line["drugs"][0]["name"] for line in plan["lines"]]


def test_a_plain_patient_gets_a_plan_that_keeps_to_the_schema(client: TestClient) -> None:
    answer = client.post("/v1/plans", json=plain())
    assert answer.status_code == 200
    assert find_violations(answer.json(), read_schema(), read_schema()) == []
    assert drugs_of(answer.json()) == ["penicillin", "cephalosporin", "macrolide"]


def test_a_bundle_gets_a_plan(client: TestClient) -> None:
    assert drugs_of(client.post("/v1/plans", json=bundle(INFECTION)).json())[0] == "penicillin"


def test_an_added_allergy_blocks_the_first_line(client: TestClient) -> None:
    asked = {"patient": plain(allergies=None), "add": ["allergy:penicillin"]}
    plan = client.post("/v1/plans", json=asked).json()
    assert "penicillin" not in drugs_of(plan)
    assert plan["excluded"][0]["drug"]["name"] == "penicillin"
    assert plan["difference"]["newly_excluded"] == ["penicillin for infection"]


@pytest.mark.parametrize(
    "body",
    [
        {"patient": plain(), "set": ["egfr"]},
        {"patient": plain(), "role": "admin"},
        {"resourceType": "Patient", "id": "x"},
        {"resourceType": "Bundle", "entry": []},
        plain(conditions="infection"),
        plain(is_admin=True),
        [],
        "text",
        None,
    ],
)
def test_bad_input_is_a_problem_that_says_what_is_wrong(client: TestClient, body: Any) -> None:
    answer = client.post("/v1/plans", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "request_id"} <= answer.json().keys()


def test_what_is_wrong_is_told_without_the_value(client: TestClient) -> None:
    answer = client.post("/v1/plans", json={"patient": {"patient_id": {"name": "MARKER"}}})
    assert answer.status_code == 422
    assert "MARKER" not in answer.text


def test_deep_json_is_refused(client: TestClient) -> None:
    answer = client.post(
        "/v1/plans", content=b"[" * 200_000 + b"]" * 200_000, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (400, 422)


def test_no_patient_stays_behind(client: TestClient, tmp_path: Path) -> None:
    marked = plain(patient_id="MARKER-7731", notes=["MARKER-7731 was seen"])
    assert client.post("/v1/plans", json=marked).status_code == 200
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"MARKER" not in kept
    assert b'"action":"plan"' in kept


def test_a_graph_that_is_away_is_a_503_and_comes_back(client: TestClient, store: MemoryStore) -> None:
    assert client.post("/v1/plans", json=plain()).status_code == 200
    store.is_away = True
    live = client.app.state.parts.graph  # type: ignore[attr-defined]
    live._checked_at = -10.0
    answer = client.post("/v1/plans", json=plain())
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "secret-host" not in answer.text
    store.is_away = False
    live._failed_at = -10.0
    assert client.post("/v1/plans", json=plain()).status_code == 200


def test_examples_are_bundles_that_can_be_planned(client: TestClient) -> None:
    names = client.get("/v1/examples").json()["examples"]
    for name in names:
        assert client.post("/v1/plans", json=client.get(f"/v1/examples/{name}").json()).status_code == 200
    assert client.get("/v1/examples/..%2F..%2Fpyproject").status_code == 404


def test_json_stays_json(client: TestClient) -> None:
    assert client.post("/v1/plans", content=json.dumps(plain()).encode()).status_code in (200, 422)
