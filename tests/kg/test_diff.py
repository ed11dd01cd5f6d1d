"""The difference of two releases."""

import dataclasses
from pathlib import Path

import pytest

from kg.diff import compare_plans, diff_edges, read_release
from kg.errors import InputError
from kg.export import GraphContent, export_graph
from kg.model import Edge
from ontologies.biolink import AgentType, KnowledgeLevel, Predicate

LEVEL, AGENT = KnowledgeLevel.KNOWLEDGE_ASSERTION, AgentType.MANUAL_AGENT
TREATS = Edge("D:1", Predicate.TREATS, "X:1", "infores:x", LEVEL, AGENT, release="1", properties=(("dose", "5 mg"),))
NEGATED = dataclasses.replace(TREATS, negated=True)
OTHER = Edge("D:2", Predicate.TREATS, "X:1", "infores:y", LEVEL, AGENT, release="1")


def test_added_removed_and_changed() -> None:
    stronger = dataclasses.replace(TREATS, release="2", publications=("PMID:1",), properties=(("dose", "10 mg"),))
    diff = diff_edges([TREATS, OTHER], [stronger, NEGATED])
    assert diff.added == (NEGATED,)
    assert diff.removed == (OTHER,)
    (change,) = diff.changed
    assert change.fields == ("publications", "dose")
    assert diff.to_json()["counts"] == {
        "added": {"infores:x treats": 1},
        "removed": {"infores:y treats": 1},
        "changed": {"infores:x treats": 1},
    }


def test_another_release_of_the_same_statements_is_no_difference() -> None:
    assert diff_edges([TREATS], [dataclasses.replace(TREATS, release="2")]).is_empty


def test_a_polarity_that_flips_is_removed_and_added() -> None:
    diff = diff_edges([TREATS], [NEGATED])
    assert (diff.added, diff.removed) == ((NEGATED,), (TREATS,))
    assert diff.to_json()["added"][0]["negated"] is True


def test_releases_are_exports(tmp_path: Path) -> None:
    export_graph(GraphContent((), lambda: [TREATS, OTHER]), "parquet", tmp_path)
    assert set(read_release(tmp_path)) == {TREATS, OTHER}
    with pytest.raises(InputError, match="is no release; make one with `theragraph export parquet"):
        read_release(tmp_path / "empty")


def test_plans_that_changed() -> None:
    assert compare_plans({"a": ("x",), "b": ("y",)}, {"a": ("x",), "c": ("z",)}) == {
        "b": {"old": ["y"], "new": []},
        "c": {"old": [], "new": ["z"]},
    }
