"""Two releases compared on the command line: edges, and the recommendations that follow from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg.export import GraphContent, export_graph
from kg.model import Edge, Node
from kg.sources import open_source
from ontologies.biolink import Predicate
from tests.test_cli import run

METFORMIN = "DRUGBANK:DB00331"
PATIENT = "patient_id: p1\nage_years: 55\nsex: female\nconditions: [type 2 diabetes mellitus]\nallergies: none\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter knowledge as a release, a later one in which metformin treats nothing, and patients."""
    folder = tmp_path_factory.mktemp("releases")
    starter = open_source("starter")
    nodes = tuple(node for node in starter.read_nodes(None) if isinstance(node, Node))
    edges = [edge for edge in starter.read_edges(None) if isinstance(edge, Edge)]
    kept = [e for e in edges if (e.subject, e.predicate) != (METFORMIN, Predicate.TREATS)]
    for name, content in (("old", edges), ("new", kept)):
        export_graph(GraphContent(nodes, lambda content=content: content), "parquet", folder / name)
    (folder / "patients").mkdir()
    (folder / "patients" / "p1.yaml").write_text(PATIENT)
    (folder / "patients" / "p2.json").write_text("{")
    return folder


def diff(folder: Path, old: str, new: str, *words: str) -> tuple[int, str, str]:
    done = run("diff", str(folder / old), str(folder / new), "--patients", str(folder / "patients"), *words)
    return done.returncode, done.stdout, done.stderr


def test_a_treatment_that_is_gone_changes_the_plan_and_a_damaged_patient_is_listed(folder: Path) -> None:
    code, out, err = diff(folder, "old", "new", "--json")
    found = json.loads(out)
    assert code == 1
    assert "p2.json" in err
    assert set(found["counts"]["removed"]) == {"infores:theragraph-starter treats"}
    assert found["added"] == found["changed"] == []
    assert {edge["subject"] for edge in found["removed"]} == {METFORMIN}
    assert found["num_patients"] == 2
    (change,) = found["recommendations"]
    assert change["patient"].endswith("p1.yaml")
    gone = next(move for move in change["moves"] if move["regimen"] == "metformin")
    assert gone["place"][0] is not None
    assert gone["place"][1] is None


def test_people_are_told_which_edges(folder: Path) -> None:
    _, out, _ = diff(folder, "old", "new")
    (row, *_) = [line.split() for line in out.splitlines() if METFORMIN in line]
    assert row[:3] == ["removed", METFORMIN, "treats"]
    assert row[4] == "infores:theragraph-starter"


def test_equal_releases_need_no_plans(folder: Path) -> None:
    code, out, err = diff(folder, "old", "old")
    assert code == 0
    assert "Both releases say the same." in out
    assert "Plans for" not in err
