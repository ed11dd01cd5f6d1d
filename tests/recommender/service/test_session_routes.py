"""Signing in: passwords, cookies, CSRF, limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kg.errors import InputError
from recommender.service.access import COOKIE
from recommender.service.accounts import keep_account, read_accounts, remove_account
from recommender.service.config import ServiceConfig
from recommender.service.serve import check_address
from recommender.service.sessions import RateLimit, Sessions
from tests.recommender.service.service_world import PASSWORD, add_accounts, open_client, plain, sign_in


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    add_accounts(tmp_path, ["clinician", "auditor"])
    with open_client(tmp_path) as client:
        yield client


def test_a_token_opens_what_the_role_may(client: TestClient) -> None:
    header = sign_in(client, "clinician")
    assert client.post("/v1/plans", json=plain(), headers=header).status_code == 200
    assert client.delete("/v1/sessions", headers=header).status_code == 204
    assert client.post("/v1/plans", json=plain(), headers=header).status_code == 401


def test_five_wrong_passwords_wait_even_with_the_right_one(client: TestClient) -> None:
    wrong = {"name": "clinician", "password": "wrong password 1"}
    assert [client.post("/v1/sessions", json=wrong).status_code for _ in range(5)] == [401] * 5
    answer = client.post("/v1/sessions", json={"name": "clinician", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_a_form_signs_in_with_a_strict_cookie(client: TestClient) -> None:
    answer = client.post("/login", data={"name": "clinician", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.post("/login", data={"name": "x", "password": "y"}).status_code == 401


def test_a_cookie_alone_changes_nothing(client: TestClient) -> None:
    client.post("/login", data={"name": "clinician", "password": PASSWORD})
    assert client.cookies[COOKIE]
    assert client.post("/v1/plans", json=plain()).status_code == 403
    assert client.post("/v1/plans", json=plain(), headers={"x-csrf-token": "guess"}).status_code == 403
    session = client.app.state.parts.sessions.find(client.cookies[COOKIE])  # type: ignore[attr-defined]
    assert client.post("/v1/plans", json=plain(), headers={"x-csrf-token": session.csrf}).status_code == 200


def test_a_browser_without_a_session_is_sent_to_the_form(client: TestClient) -> None:
    answer = client.get("/", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_passwords_are_kept_as_argon2_hashes_that_only_the_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    keep_account(path, "ann", PASSWORD, ["clinician"])
    assert "$argon2id$" in path.read_text()
    assert PASSWORD not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    remove_account(path, "ann")
    assert read_accounts(path) == {}


@pytest.mark.parametrize(
    ("name", "password", "roles"),
    [
        ("../x", PASSWORD, ["clinician"]),
        ("ann", "short", ["clinician"]),
        ("ann", PASSWORD, ["root"]),
        ("ann", PASSWORD, ["cds_client"]),
        ("ann", PASSWORD, []),
    ],
)
def test_bad_accounts_are_refused(tmp_path: Path, name: str, password: str, roles: list[str]) -> None:
    with pytest.raises(InputError):
        keep_account(tmp_path / "accounts.json", name, password, roles)


def test_a_service_without_accounts_listens_on_loopback_only(tmp_path: Path) -> None:
    config = ServiceConfig(state_dir=tmp_path)
    assert check_address("127.0.0.1", config)
    with pytest.raises(InputError, match="no accounts"):
        check_address("0.0.0.0", config)
    add_accounts(tmp_path, ["clinician"])
    assert not check_address("0.0.0.0", config)


def test_sessions_end_when_idle_and_when_old() -> None:
    clock = [0.0]
    sessions = Sessions(lifetime_s=100.0, idle_s=30.0, now=lambda: clock[0])
    token, _ = sessions.begin("ann", frozenset())
    clock[0] = 29.0
    assert sessions.find(token)
    clock[0] = 60.0
    assert sessions.find(token) is None
    token, _ = sessions.begin("ann", frozenset())
    for clock[0] in (80.0, 100.0, 120.0, 140.0, 159.0):
        assert sessions.find(token)
    clock[0] = 160.0
    assert sessions.find(token) is None


def test_failures_are_forgotten_after_the_window() -> None:
    clock = [0.0]
    limit = RateLimit(now=lambda: clock[0])
    for _ in range(5):
        limit.add("ann")
    assert limit.wait_s("ann") == 900.0
    assert limit.wait_s("bob") == 0.0
    clock[0] = 900.0
    assert limit.wait_s("ann") == 0.0
