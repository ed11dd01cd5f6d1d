"""JSON, text and HTML show the same plan; nothing a record says can become markup."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

from fhir.resources.R4B import get_fhir_model_class
from rich.console import Console

from recommender.build_plan import build_plan
from recommender.facts import Interaction, Link, Membership
from recommender.knowledge import Knowledge
from recommender.patient import Allergy, Origin, Unmapped
from recommender.plan import Plan
from recommender.safety.verdict import Outcome
from recommender.to_fhir import to_fhir
from recommender.to_html import to_html
from recommender.to_json import read_schema, to_json
from recommender.to_text import to_text
from tests.recommender.schema import find_violations
from tests.recommender.worlds import (
    CEPHALOSPORIN,
    CLOT,
    INFECTION,
    LABEL,
    MACROLIDE,
    NSAID,
    NSAIDS,
    PAIN,
    PARACETAMOL,
    PENICILLIN,
    WARFARIN,
    allergic_to,
    patient_with,
    small_rows,
    small_world,
    taking,
    unknown,
)

PLANS = (
    build_plan(patient_with(INFECTION), small_world()),
    build_plan(patient_with(INFECTION, allergies=allergic_to(PENICILLIN)), small_world()),
    build_plan(patient_with(CLOT, medications=taking(NSAID, WARFARIN)), small_world()),
)
HOSTILE = '<script>alert("x")</script>'


def test_json_keeps_to_the_published_schema() -> None:
    schema = read_schema()
    for plan in PLANS:
        assert find_violations(json.loads(json.dumps(to_json(plan))), schema, schema) == []


def test_the_published_schema_names_every_key_of_a_plan_and_its_lines() -> None:
    schema, document = read_schema(), to_json(PLANS[0])
    assert document.keys() == schema["properties"].keys()
    assert document["lines"][0].keys() == schema["$defs"]["line"]["properties"].keys()


def test_json_has_the_contract_s_keys() -> None:
    document = to_json(PLANS[1])
    assert {"abstained", "reason", "lines", "excluded", "not_assessed", "unmapped", "alerts", "hypotheses"} <= set(
        document
    )
    line = document["lines"][0]
    assert {"condition", "drugs", "line_of_therapy", "score", "contributions", "verdicts", "evidence"} <= set(line)
    assert {"check", "verdict", "rule", "facts", "source"} <= set(line["verdicts"][0])
    assert sum(c["value"] for c in line["contributions"]) == line["score"]


def test_a_recalled_source_says_so_in_every_face() -> None:
    assert "(recalled)" in json.dumps(to_json(PLANS[0]))
    assert "(recalled)" in to_html(PLANS[0])


def test_text_names_the_regimen_and_the_exclusion() -> None:
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    console.print(to_text(PLANS[1]))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "cephalosporin" in shown
    assert "Excluded by the safety gate" in shown


def test_html_is_self_contained_and_escapes_everything() -> None:
    patient = patient_with(
        INFECTION,
        patient_id=HOSTILE,
        allergies=(Allergy(unknown(HOSTILE), origin=Origin(HOSTILE)),),
        unmapped=(Unmapped("allergy", HOSTILE, (HOSTILE,), HOSTILE),),
    )
    page = to_html(build_plan(patient, small_world()))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"(?:src|href)\s*=|https?://(?!www\.w3\.org)", page)


def test_html_is_well_nested() -> None:
    for plan in PLANS:
        parser = _Nesting()
        parser.feed(to_html(plan))
        assert parser.open == []


def test_paths_are_drawn_with_their_names() -> None:
    rows = small_rows()
    links = (
        Link(PENICILLIN, "directly_physically_interacts_with", "NCBIGene:1", "infores:x"),
        Link("NCBIGene:1", "gene_associated_with_condition", INFECTION, "infores:y"),
    )
    plan = build_plan(patient_with(INFECTION), Knowledge.from_rows(replace(rows, links=links)))
    page = to_html(plan)
    assert "<svg" in page
    assert "NCBIGene:1" in page
    evidence = to_json(plan)["lines"][0]["evidence"]
    path = next(e["path"] for e in evidence if e["kind"] == "path")
    assert path == (
        "penicillin –[directly physically interacts with]– NCBIGene:1 –[gene associated with condition]– infection"
    )


class _Nesting(HTMLParser):
    """Fails on a closing tag that closes another than the last opened one."""

    void = frozenset({"meta", "br", "rect", "line"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        return

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.void:
            assert self.open.pop() == tag


def test_fhir_is_valid_and_proposes_only() -> None:
    for plan in PLANS:
        bundle = to_fhir(plan)
        resources = [e["resource"] for e in bundle["entry"]]
        for resource in resources:
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        requests = [r for r in resources if r["resourceType"] == "MedicationRequest"]
        assert {r["intent"] for r in requests} <= {"proposal"}
        assert {r["status"] for r in requests} <= {"draft"}
        assert bool(requests) is not plan.abstained
        kinds = {r["resourceType"] for r in resources}
        assert {"GuidanceResponse", "Provenance"} <= kinds
        assert ("DetectedIssue" in kinds) is bool(plan.excluded or plan.alerts)


def test_every_reference_of_the_fhir_bundle_resolves() -> None:
    bundle = to_fhir(PLANS[1])
    known = {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in bundle["entry"]} | {"Patient/p"}
    assert set(re.findall(r'"reference": "([^"]+)"', json.dumps(bundle))) <= known


def test_an_exclusion_is_told_by_what_excludes_it_not_by_a_caution() -> None:
    """Paracetamol interacts moderately with warfarin, but what excludes it is that nothing is known of it."""
    rows = small_rows()
    rows = replace(
        rows,
        coverage=tuple(c for c in rows.coverage if c.drug != PARACETAMOL),
        contraindications=tuple(c for c in rows.contraindications if c.drug != PARACETAMOL),
        interactions=(*rows.interactions, Interaction(PARACETAMOL, WARFARIN, "moderate")),
    )
    plan = build_plan(patient_with(PAIN, medications=taking(WARFARIN)), Knowledge.from_rows(rows))
    (entry,) = [e for e in plan.excluded if e.drugs[0].curie == PARACETAMOL]
    assert any(v.outcome is Outcome.CAUTION for v in entry.verdicts)
    assert (
        entry.reason.rule
        == "no source is known to cover this drug's contraindications, not even in part: it cannot be recommended"
    )
    shown = " ".join(text_of(plan).split())
    assert "contraindication: no source is known to cover" in shown
    issues = [e["resource"] for e in to_fhir(plan)["entry"] if e["resource"]["resourceType"] == "DetectedIssue"]
    assert any("no source is known to cover" in issue["detail"] for issue in issues)


def text_of(plan: Plan) -> str:
    console = Console(file=io.StringIO(), width=400, force_terminal=False)
    console.print(to_text(plan))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_options_excluded_for_one_reason_share_a_row() -> None:
    rows = small_rows()
    row = Interaction(WARFARIN, NSAIDS, "contraindicated", citation=LABEL)
    members = (Membership(MACROLIDE, NSAIDS, LABEL), Membership(CEPHALOSPORIN, NSAIDS, LABEL))
    world = Knowledge.from_rows(replace(rows, interactions=(row,), memberships=members))
    plan = build_plan(patient_with(INFECTION, medications=taking(WARFARIN)), world)
    assert len(plan.excluded) == 2
    shown = text_of(plan)
    assert shown.count("warfarin and NSAIDs interact (contraindicated)") == 1
    assert "What this plan knows" in shown
    assert "infection: start penicillin" in shown
