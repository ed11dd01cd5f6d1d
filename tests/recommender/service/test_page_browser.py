"""The page in a browser: the demonstration patients, switches, feedback, languages, two widths, and axe's rules.

Needs Chromium (Debian: `apt-get install chromium`); nothing is downloaded. With THERAGRAPH_SCREENSHOTS=DIR the pages
are kept as pictures for people to look at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.model import Node
from kg.queries import Query
from kg.rows import to_node_row
from ontologies.biolink import Predicate
from recommender.service.app import create_app
from recommender.service.chained_log import read_log
from recommender.service.config import ServiceConfig
from recommender.service.live_graph import LiveGraph
from tests.recommender.memory_graph import MemoryGraph, starter_recommender
from tests.recommender.service.service_world import MemoryStore, run_server

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: dev)")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed (extra: dev)")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; Debian has it: apt-get install chromium")
NARROW, WIDE = {"width": 320, "height": 800}, {"width": 1440, "height": 900}
GOUT = "DOID:13189"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


class StarterStore(MemoryStore):
    """A graph server with the starter knowledge, as far as the page asks."""

    def __init__(self, graph: MemoryGraph) -> None:
        super().__init__()
        self.graph = graph
        treats = [edge for edge, _ in graph.edges[Predicate.TREATS]]
        of_gout = [edge for edge in treats if edge.object == GOUT]
        self.rows = [self._row(edge.subject, edge.predicate.relationship_type, edge.object) for edge in of_gout]

    def _row(self, subject: str, predicate: str, object_: str) -> dict[str, Any]:
        edge = {"type": predicate, "subject": subject, "object": object_, "properties": {"negated": False}}
        return {"d": self._plain(subject), "r": edge, "x": self._plain(object_), "other": None, "num": 1}

    def _plain(self, curie: str) -> dict[str, Any]:
        node = self.graph.nodes[curie]
        return {"labels": ["Entity", node.category.value], "properties": {"curie": curie, "name": node.name}}

    def run(self, query: Query, **parameters: Any) -> list[dict[str, Any]]:
        curie = parameters.get("curie", "")
        if query.name == "node":
            node = self.graph.nodes.get(curie)
            properties = to_node_row(node)["properties"] if node else {}
            return [{"labels": ["Entity", node.category], "properties": properties}] if node else []
        if query.name in ("outgoing_edges", "incoming_edges"):
            return self._edges(curie, query.name == "outgoing_edges")[: parameters["limit"]]
        return []

    def _edges(self, curie: str, is_outgoing: bool) -> list[dict[str, Any]]:
        rows = []
        for edge, _ in (pair for pairs in self.graph.edges.values() for pair in pairs):
            near, far = (edge.subject, edge.object) if is_outgoing else (edge.object, edge.subject)
            if near == curie:
                other: Node = self.graph.nodes[far]
                rows.append(
                    {
                        "predicate": edge.predicate.relationship_type,
                        "curie": far,
                        "name": other.name,
                        "labels": ["Entity", other.category],
                        "source": edge.primary_knowledge_source,
                        "knowledge_level": edge.knowledge_level.value,
                        "negated": edge.negated,
                    }
                )
        return rows


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def url(state: Path) -> Iterator[str]:
    recommender = starter_recommender()
    assert isinstance(recommender.graph, MemoryGraph)
    graph = LiveGraph(StarterStore(recommender.graph).open)
    with run_server(create_app(ServiceConfig(state_dir=state, timeout_s=60.0), graph, recommender)) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, url: str) -> Iterator[Any]:
    """A page that fails the test when its script fails or it reaches out to anywhere else."""
    context = browser.new_context(viewport=WIDE, locale="en-US", reduced_motion="reduce")
    page, wrong = context.new_page(), []
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda sent: None if sent.url.startswith((url, "data:")) else wrong.append(sent.url))
    page.goto(url)
    yield page
    context.close()
    assert wrong == []


def plan_for(page: Any, example: str) -> Any:
    """Choose a demonstration patient; returns the plan's part of the page once it is there."""
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.select_option("#example", example)
    result = page.locator("#result")
    result.locator("h2").first.wait_for()
    page.locator('#result:not([aria-busy="true"])').wait_for()
    return result


def keep_picture(page: Any, name: str) -> None:
    if folder := os.environ.get("THERAGRAPH_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def check_page(page: Any, name: str) -> None:
    """No sideways scrolling of the page, and nothing that axe finds against WCAG 2.2 AA."""
    keep_picture(page, name)
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page, options=RULES).response["violations"]
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found] == []


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["320", "1440"])
@pytest.mark.parametrize("example", ["abstain", "allergy", "interaction"])
def test_a_demonstration_patient_at_a_width(page: Any, example: str, size: dict[str, int]) -> None:
    page.set_viewport_size(size)
    plan = plan_for(page, example)
    assert plan.locator(".abstained" if example == "abstain" else "article.lead").count() > 0
    check_page(page, f"{example}-{size['width']}")


def test_the_blocked_allergy_is_excluded_with_its_reason(page: Any) -> None:
    plan = plan_for(page, "allergy")
    row = plan.locator("tr", has_text="amoxicillin").filter(has=page.locator(".tag.blocked")).first
    assert "allergy" in row.inner_text().lower()
    assert "amoxicillin" not in " ".join(plan.locator("article h3").all_inner_texts())


def test_a_switch_re_ranks_at_once(page: Any) -> None:
    plan = plan_for(page, "interaction")
    before = page.evaluate("performance.getEntriesByType('navigation').length")
    page.fill("#egfr", "12")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.press("#egfr", "Tab")
    plan.get_by_text("What changed").wait_for()
    assert page.evaluate("performance.getEntriesByType('navigation').length") == before
    assert page.input_value("#egfr") == "12"
    check_page(page, "what-if-1440")


def test_an_override_is_kept_with_its_reason(page: Any, state: Path) -> None:
    plan = plan_for(page, "allergy")
    form = plan.locator("article.lead form.feedback").first
    form.locator("select").select_option("patient-refuses")
    form.get_by_role("button", name="Override").click()
    form.get_by_text("Kept").wait_for()
    kept = read_log(state / "feedback.jsonl", newest=1)[0]
    assert (kept["outcome"], kept["reason"]) == ("overridden", "patient-refuses")


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["320", "1440"])
def test_the_language_is_switched_and_the_plan_stays(page: Any, size: dict[str, int]) -> None:
    page.set_viewport_size(size)
    plan_for(page, "allergy")
    with page.expect_navigation():
        page.get_by_role("button", name="中文").click()
    assert page.get_attribute("html", "lang") == "zh"
    page.locator("#result h2").first.wait_for()
    assert page.input_value("#example") == "allergy"
    check_page(page, f"chinese-{size['width']}")


def test_the_graph_is_drawn_and_explored(page: Any) -> None:
    plan = plan_for(page, "allergy")
    part = plan.locator("details.explore").first
    part.locator("summary").click()
    wheel = part.locator("svg.web")
    wheel.wait_for()
    first = wheel.get_attribute("aria-label")
    check_page(page, "explore-1440")
    wheel.locator("a").first.focus()
    with page.expect_response(lambda answer: "/v1/nodes/" in answer.url):
        page.keyboard.press("Enter")
    changed = "before => document.querySelector('svg.web').getAttribute('aria-label') !== before"
    page.wait_for_function(changed, arg=first)


def test_it_is_used_by_keyboard(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "example"
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("ArrowDown")
    page.locator("#result h2").first.wait_for()


@pytest.mark.parametrize("path", ["/console", "/login"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["320", "1440"])
def test_the_other_pages(page: Any, url: str, path: str, size: dict[str, int]) -> None:
    page.set_viewport_size(size)
    page.goto(url + path)
    page.wait_for_load_state("networkidle")
    check_page(page, f"{path.strip('/')}-{size['width']}")


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["320", "1440"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_result_is_shown_as_a_table_and_as_a_graph(page: Any, url: str, lang: str, size: dict[str, int]) -> None:
    page.set_viewport_size(size)
    page.goto(f"{url}/console?lang={lang}")
    assert not page.locator("#view").is_visible()
    page.focus("#query")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#rows td").first.wait_for()
    num_rows = page.locator("#rows tbody tr").count()
    assert "TREATS" in page.locator("#rows tbody tr").first.inner_text()
    check_page(page, f"console-table-{lang}-{size['width']}")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    drawn = page.locator("svg.result")
    drawn.wait_for()
    assert not page.locator("#as-table").is_visible()
    assert drawn.locator("a").count() == num_rows + 1
    assert drawn.locator("polygon").count() == num_rows
    check_page(page, f"console-graph-{lang}-{size['width']}")
    page.keyboard.press("ArrowLeft")
    assert page.locator("#as-table").is_visible()


def test_a_concept_of_the_result_is_explored_by_keyboard(page: Any, url: str) -> None:
    page.goto(f"{url}/console")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("Graph", exact=True).first.check()
    page.locator("svg.result a").first.focus()
    with page.expect_response(lambda answer: "/v1/nodes/" in answer.url):
        page.keyboard.press("Enter")
    page.locator("svg.web .centre").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('class')") == "centre"
    page.get_by_label("Table", exact=True).check()
    page.get_by_label("Graph", exact=True).first.check()
    page.locator("svg.result").wait_for()


def test_what_cannot_be_drawn_is_said(page: Any, url: str) -> None:
    page.goto(f"{url}/console")
    loose = {"type": "TREATS", "subject": None, "object": None, "properties": {}}
    many = [{"labels": ["Drug"], "properties": {"curie": f"X:{i}", "name": f"<b>{i}</b>"}} for i in range(70)]
    page.evaluate("document.querySelector('#view input[value=graph]').checked = true")
    page.evaluate("rows => show(rows)", [{"n": 1}])
    assert "Nothing to draw" in page.locator("#as-graph p").inner_text()
    page.evaluate("rows => show(rows)", [{"a": [*many, loose]}])
    said = page.locator("#as-graph p").inner_text()
    assert "too many: 10" in said
    assert "not in the result: 1" in said
    assert page.locator("svg.result a").count() == 60
    assert page.locator("#as-graph b").count() == 0


def test_it_prints_without_its_controls(page: Any) -> None:
    plan_for(page, "allergy")
    page.emulate_media(media="print")
    assert not page.locator("#ask").is_visible()
    assert page.locator("article.lead").first.is_visible()
    keep_picture(page, "print")
