"""The page as a browser without a script gets it; hostile records; two languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recommender.service.page_text import read_asset, read_words
from tests.recommender.service.service_world import MemoryStore, open_client, plain

HOSTILE = '<script>alert("x")</script>'
VOID = frozenset({"meta", "link", "input", "br", "rect", "line"})


class Page(HTMLParser):
    """Collects what the rules of accessibility speak of; fails on a tag that closes another than the last."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def _note(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.attributes += [(name, value or "") for name, value in attributes.items()]
        self.ids += [attributes["id"] or ""] if "id" in attributes else []
        if tag == "label":
            self.labelled.add(attributes["for"] or "")
        if tag in ("input", "select", "textarea") and attributes.get("type") != "hidden":
            self.fields.append(attributes.get("id") or "?")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with open_client(tmp_path) as client:
        yield client


def ask(client: TestClient, **fields: str) -> str:
    answer = client.post("/", data={"patient": json.dumps(plain()), **fields})
    assert answer.status_code == 200
    return str(answer.text)


@pytest.mark.parametrize("path", ["/", "/?lang=zh", "/login", "/console"])
def test_pages_are_well_formed_and_every_field_has_a_label(client: TestClient, path: str) -> None:
    check_page(client.get(path).text)


def check_page(text: str) -> None:
    page = Page(text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.fields) <= page.labelled
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert not [v for n, v in page.attributes if n in ("src", "href", "action") and v.startswith(("http", "//"))]


def test_a_plan_shows_the_line_the_verdicts_and_the_points(client: TestClient) -> None:
    text = ask(client)
    check_page(text)
    assert "penicillin" in text
    assert "Agency, Label, 2020 (recalled)" in text
    assert "Not for care" in text


def test_a_switch_re_ranks_and_says_what_changed(client: TestClient) -> None:
    text = ask(client, allergy="penicillin")
    assert "now excluded" in text
    assert 'value="penicillin"' in text


def test_the_page_speaks_chinese(client: TestClient) -> None:
    text = ask(client, lang="zh")
    assert '<html lang="zh">' in text
    assert "通过安全检查的备选方案" in text
    assert 'lang="zh"' in client.get("/", headers={"accept-language": "zh-CN,zh;q=0.9"}).text


def test_every_interface_word_has_its_chinese() -> None:
    used = set()
    for name in ("page.html.j2", "plan.html.j2", "login.html.j2", "console.html.j2"):
        used |= {a or b for a, b in re.findall(r"\bt\((?:\"([^\"]+)\"|'([^']+)')\)", read_asset(name))}
    assert used - read_words().keys() == set()


def test_nothing_in_a_record_becomes_markup(client: TestClient) -> None:
    record = plain(patient_id=HOSTILE, conditions=["infection", HOSTILE], allergies=[HOSTILE])
    text = client.post("/", data={"patient": json.dumps(record), "drug": ""}).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text
    check_page(text)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"patient": "{"}, 422),
        ({"patient": "[]"}, 422),
        ({"patient": "[" * 100_000}, 422),
        ({"patient": json.dumps(plain()), "egfr": "low"}, 422),
        ({"example": "../../pyproject"}, 404),
        ({}, 200),
    ],
)
def test_bad_input_is_said_on_the_page(client: TestClient, fields: dict[str, str], status: int) -> None:
    assert client.post("/", data=fields).status_code == status


def test_a_graph_that_is_away_is_said_on_the_page(tmp_path: Path) -> None:
    store = MemoryStore()
    store.is_away = True
    with open_client(tmp_path, store) as client:
        answer = client.post("/", data={"patient": json.dumps(plain())})
    assert answer.status_code == 503
    assert "cannot be reached" in answer.text


def test_only_the_page_s_own_files_are_served(client: TestClient) -> None:
    assert client.get("/static/page.js").headers["content-type"].startswith("text/javascript")
    for name in ("app.py", "..%2Fapp.py", "page.html.j2", "%2Fetc%2Fpasswd"):
        assert client.get(f"/static/{name}").status_code == 404


def test_the_scripts_write_no_markup_and_reach_out_nowhere() -> None:
    for name in ("page.js", "console.js", "explore.js"):
        script = read_asset(name)
        assert "innerHTML" not in script
        assert "eval" not in script
        assert "http:" not in script.replace("http://www.w3.org/2000/svg", "")
        assert "https:" not in script
