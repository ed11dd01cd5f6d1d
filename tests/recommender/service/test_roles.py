"""Every route × every role: the table decides, and what is not in it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient

from recommender.service.roles import ACCESS, ACCOUNT_ROLES, PUBLIC, Role, is_allowed
from tests.recommender.service.service_world import add_accounts, make_app, open_client, sign_in

SIGN_INS = {("POST", "/login"), ("POST", "/v1/sessions")}
ENDS = {("DELETE", "/v1/sessions"), ("POST", "/logout")}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("roles")
    add_accounts(folder, ACCOUNT_ROLES)
    with open_client(folder) as client:
        yield client


def routes(folder: Path) -> list[tuple[str, str]]:
    app = make_app(folder)
    found = []
    for route in iter_route_contexts(app.routes):
        assert isinstance(route.original_route, APIRoute), f"{route} is not checked by the access table"
        found += [(method, str(route.path)) for method in route.methods or ()]
    app.state.parts.close()
    return found


def test_every_route_has_a_row_and_every_row_a_route(tmp_path: Path) -> None:
    assert set(routes(tmp_path)) == PUBLIC | ACCESS.keys()
    assert not PUBLIC & ACCESS.keys()


def test_every_route_answers_every_role_as_the_table_says(client: TestClient, tmp_path: Path) -> None:
    tokens: dict[Role | None, dict[str, str]] = {role: sign_in(client, role) for role in sorted(ACCOUNT_ROLES)}
    tokens[None] = {}
    for method, path in sorted(set(routes(tmp_path)) - SIGN_INS - ENDS):
        for role, header in tokens.items():
            answer = client.request(method, path.replace("{", "").replace("}", ""), headers=header)
            allowed = is_allowed(method, path, frozenset({role}) if role else frozenset())
            refused = 403 if role else 401
            assert (answer.status_code == refused) is not allowed, (method, path, role, answer.status_code)


def test_an_unknown_route_is_open_to_nobody() -> None:
    assert not is_allowed("GET", "/v1/new", frozenset(Role))


def test_nobody_may_read_patients_plans_but_clinicians() -> None:
    for route in (("POST", "/v1/plans"), ("POST", "/v1/feedback"), ("POST", "/")):
        assert ACCESS[route] == {Role.CLINICIAN}
