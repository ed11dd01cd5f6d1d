"""Sizes, ids, headers, overload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.recommender.service.service_world import open_client, plain


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with open_client(tmp_path, max_body_bytes=2000, max_pending=3) as client:
        yield client


def test_a_body_over_the_limit_is_refused_before_it_is_read(client: TestClient) -> None:
    answer = client.post("/v1/plans", json=plain(notes=["x" * 3000]))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_does_not_say_its_size_is_counted(client: TestClient) -> None:
    answer = client.post("/v1/plans", content=iter([b"x" * 1500, b"y" * 1500]))
    assert answer.status_code == 413


def test_request_ids_come_back_and_hostile_ones_do_not(client: TestClient) -> None:
    assert client.get("/health/live", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    answer = client.get("/health/live", headers={"x-request-id": "a b<script>"})
    assert "<" not in answer.headers["x-request-id"]


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/health/live", "/nowhere", "/v1/search"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_overload_is_a_429_that_says_when_to_come_back_and_health_still_answers(client: TestClient) -> None:
    worker = client.app.state.parts.worker  # type: ignore[attr-defined]
    worker.pending = worker.max_pending
    answer = client.post("/v1/plans", json=plain())
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert client.get("/health/live").status_code == 200
    worker.pending = 0
    assert client.post("/v1/plans", json=plain()).status_code == 200


def test_without_accounts_only_loopback_names_are_answered(client: TestClient) -> None:
    assert client.get("/health/live", headers={"host": "evil.example"}).status_code == 421


def test_another_site_s_page_may_not_post(client: TestClient) -> None:
    answer = client.post("/v1/plans", json=plain(), headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    own = client.post("/v1/plans", json=plain(), headers={"origin": "http://127.0.0.1:8000"})
    assert own.status_code == 200


def test_unknown_addresses_and_methods_are_problems(client: TestClient) -> None:
    assert client.get("/nowhere").json()["status"] == 404
    assert client.get("/v1/plans").json()["status"] == 405


def test_metrics_count_by_route_and_hold_no_path(client: TestClient) -> None:
    client.get("/v1/nodes/SECRET:1")
    text = client.get("/metrics").text
    assert 'theragraph_requests_total{method="GET",route="/v1/nodes/{curie}"' in text
    assert "SECRET" not in text
    assert "theragraph_graph_up 1" in text
