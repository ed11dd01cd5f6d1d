"""Search, nodes, and Cypher that cannot write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recommender.service.chained_log import read_log
from tests.recommender.service.service_world import MemoryStore, open_client


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def client(tmp_path: Path, store: MemoryStore) -> Iterator[TestClient]:
    with open_client(tmp_path, store, max_rows=2) as client:
        yield client


def names(client: TestClient, **query: str | int) -> list[str]:
    answer = client.get("/v1/search", params=query)
    assert answer.status_code == 200
    return [item["name"] for item in answer.json()["items"]]


def test_exact_names_come_before_prefixes_before_parts(client: TestClient) -> None:
    assert names(client, q="penicillin") == ["penicillin", "penicillins"]
    assert names(client, q="PEN") == ["penicillin", "penicillins"]
    assert names(client, q="cillin", category="Drug") == ["ampicillin", "penicillin"]
    assert names(client, q="DOID:1")[0] == "infection"


def test_pages_follow_each_other(client: TestClient) -> None:
    first = client.get("/v1/search", params={"q": "cillin", "limit": 2}).json()
    assert (first["total"], first["next_offset"]) == (3, 2)
    last = client.get("/v1/search", params={"q": "cillin", "limit": 2, "offset": 2}).json()
    assert (len(last["items"]), last["next_offset"]) == (1, None)


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "a", "limit": "0"}, {"q": "a", "offset": "-1"}])
def test_bad_questions_are_problems(client: TestClient, query: dict[str, str]) -> None:
    assert client.get("/v1/search", params=query).status_code == 422


def test_rows_are_limited_and_it_says_so(client: TestClient) -> None:
    answer = client.post("/v1/cypher", json={"query": "MATCH (n) RETURN n", "limit": 1_000_000})
    assert answer.json() == {"rows": [{"n": 1}, {"n": 2}], "truncated": True}


@pytest.mark.parametrize(
    "query",
    [
        "MATCH (n) DETACH DELETE n",
        "CREATE (n) RETURN n",
        "match (n) set n.x = 1",
        "MATCH (n) // comment\n REMOVE n.x",
        "LOAD CSV FROM 'http://169.254.169.254/' AS row RETURN row",
        "CALL apoc.load.json('http://evil.example') YIELD value RETURN value",
        "CALL db.clearQueryCaches()",
        "FOREACH (x IN [1] | CREATE ())",
    ],
)
def test_what_could_write_or_reach_out_never_gets_to_the_server(
    client: TestClient, store: MemoryStore, query: str
) -> None:
    assert client.post("/v1/cypher", json={"query": query}).status_code == 403
    assert query not in store.asked


def test_names_that_look_like_cypher_are_only_names(client: TestClient, store: MemoryStore) -> None:
    hostile = "x'}) DETACH DELETE n //"
    assert names(client, q=hostile) == []
    assert client.get(f"/v1/nodes/{hostile.replace('/', '')}").status_code == 404
    assert all("DELETE" not in asked for asked in store.asked)


def test_every_query_is_in_the_audit_log_with_what_became_of_it(
    client: TestClient, store: MemoryStore, tmp_path: Path
) -> None:
    for query in ("MATCH (n) RETURN n", "CREATE (n)"):
        client.post("/v1/cypher", json={"query": query})
    store.is_away = True
    client.post("/v1/cypher", json={"query": "MATCH (n) RETURN 1"})
    lines = read_log(tmp_path / "audit.jsonl", newest=3)
    assert [(line["what"], line["result"]) for line in reversed(lines)] == [
        ("MATCH (n) RETURN n", "3 rows"),
        ("CREATE (n)", "refused"),
        ("MATCH (n) RETURN 1", "failed"),
    ]
