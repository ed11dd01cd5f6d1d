"""The OpenAPI document speaks of every route of the API, its roles and its problems."""

from __future__ import annotations

from pathlib import Path

from recommender.service.roles import ACCESS, PUBLIC
from tests.recommender.service.service_world import open_client

PAGES = {"/", "/login", "/logout", "/console", "/static/{name}", "/openapi.json"} | {
    f"/smart/{step}" for step in ("launch", "callback", "patient")
}


def test_the_document_has_every_route_but_the_pages(tmp_path: Path) -> None:
    with open_client(tmp_path) as client:
        document = client.get("/openapi.json").json()
    stated = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
    assert stated == {(method, path) for method, path in PUBLIC | ACCESS.keys() if path not in PAGES}
    assert document["openapi"].startswith("3.")
    assert document["paths"]["/v1/plans"]["post"]["x-roles"] == ["clinician"]


def test_every_operation_says_what_a_problem_looks_like(tmp_path: Path) -> None:
    with open_client(tmp_path) as client:
        document = client.get("/openapi.json").json()
    assert "Problem" in document["components"]["schemas"]
    for operations in document["paths"].values():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]
