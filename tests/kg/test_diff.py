"""The difference of two releases."""

import dataclasses
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from kg.diff import NodeDiff, diff_edges, diff_releases
from kg.errors import InputError
from kg.export import GraphContent, export_graph
from kg.model import Edge, Node
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from tests.kg.graph_strategies import graphs

LEVEL, AGENT = KnowledgeLevel.KNOWLEDGE_ASSERTION, AgentType.MANUAL_AGENT
TREATS = Edge("D:1", Predicate.TREATS, "X:1", "infores:x", LEVEL, AGENT, release="1", properties=(("dose", "5 mg"),))
NEGATED = dataclasses.replace(TREATS, negated=True)
DRUG = Node("D:1", Category.DRUG, "one", "infores:x", ("uno",))
RENAMED = dataclasses.replace(DRUG, name="uno", synonyms=("one",))
OTHER_DRUG = Node("D:2", Category.DRUG, "two", "infores:x")
DISEASE = Node("X:1", Category.DISEASE, "x", "infores:x")
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


def release(folder: Path, nodes: tuple[Node, ...], edges: list[Edge]) -> Path:
    export_graph(GraphContent(nodes, lambda: edges), "parquet", folder)
    return folder


def test_releases_are_exports(tmp_path: Path) -> None:
    stronger = dataclasses.replace(TREATS, release="2", publications=("PMID:1", "PMID:2"), confidence=0.0)
    old = release(tmp_path / "old", (DRUG, DISEASE), [TREATS, OTHER, NEGATED])
    new = release(tmp_path / "new", (RENAMED, OTHER_DRUG), [stronger, dataclasses.replace(NEGATED, release="2")])
    diff = diff_releases(old, new)
    assert (diff.added, diff.removed) == ((), (OTHER,))
    assert [(c.old, c.new, c.fields) for c in diff.changed] == [(TREATS, stronger, ("publications", "confidence"))]
    assert diff.nodes == NodeDiff(added=("D:2",), removed=("X:1",), changed=("D:1",))
    assert diff_releases(old, old).is_empty
    with pytest.raises(InputError, match="is no release; make one with `theragraph export parquet"):
        diff_releases(old, tmp_path / "empty")


def test_an_unknown_value_is_not_an_empty_one(tmp_path: Path) -> None:
    old = release(tmp_path / "old", (), [TREATS, OTHER])
    new = release(tmp_path / "new", (), [TREATS, dataclasses.replace(OTHER, confidence=0.0)])
    assert [change.fields for change in diff_releases(old, new).changed] == [("confidence",)]


@settings(max_examples=25, deadline=None)
@given(one=graphs(), other=graphs())
def test_columns_find_what_objects_find(
    one: tuple[tuple[Node, ...], tuple[Edge, ...]], other: tuple[tuple[Node, ...], tuple[Edge, ...]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        old, new = (release(Path(folder, name), n, list(e)) for name, (n, e) in (("old", one), ("new", other)))
        found = diff_releases(old, new)
    assert dataclasses.replace(found, nodes=NodeDiff()) == diff_edges(one[1], other[1])
    before, after = ({node.curie: node for node in nodes} for nodes, _ in (one, other))
    changed = {curie for curie in before.keys() & after.keys() if before[curie] != after[curie]}
    assert found.nodes == NodeDiff(
        *(tuple(sorted(s)) for s in (after.keys() - before.keys(), before.keys() - after.keys(), changed))
    )
