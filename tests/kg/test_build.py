"""Building from sources into a store kept in memory."""

from pathlib import Path

import pytest

from kg.build import build_graph
from kg.build_reading import resolve_edge
from kg.errors import FormatError, InputError, UnknownNameError
from kg.model import Edge, Node
from kg.resolve import resolve_nodes
from kg.sources import Skip
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from tests.kg.memory_store import MemoryStore
from tests.kg.test_sources_hpo import GENES, HEADER
from tests.ontologies.starter_tables import ROWS, write_starter

DOID_OBO = """format-version: 1.2

[Term]
id: DOID:10763
name: hypertension
synonym: "HTN" EXACT []
xref: MESH:D006973
is_a: DOID:4

[Term]
id: DOID:4
name: disease
"""
MONDO_OBO = """format-version: 1.2

[Term]
id: MONDO:0005044
name: hypertensive disorder
xref: DOID:10763
is_a: MONDO:0004995

[Term]
id: MONDO:0004995
name: cardiovascular disorder
"""

AMBIGUOUS_OBO = "format-version: 1.2\n\n[Term]\nid: DOID:1\nname: a\nxref: MESH:D1\n\n"
AMBIGUOUS_OBO += "[Term]\nid: DOID:2\nname: b\nxref: MESH:D1\n"
GO_OBO = "format-version: 1.2\n\n[Term]\nid: GO:1\nname: a\nis_a: GO:2\n\n[Term]\nid: GO:2\nname: b\n"


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    return write_starter(tmp_path / "starter")


@pytest.fixture
def mondo(tmp_path: Path) -> Path:
    (tmp_path / "mondo.obo").write_text(MONDO_OBO)
    return tmp_path / "mondo.obo"


def test_starter_rows_become_edges_with_their_citation(starter: Path) -> None:
    store = MemoryStore()
    report = build_graph(store, ["starter"], path=starter)
    (answer,) = report.to_json()["sources"]
    assert {k: answer[k] for k in ("name", "nodes", "edges", "skipped", "reasons")} == {
        "name": "starter",
        "nodes": 8,
        "edges": 7,
        "skipped": 0,
        "reasons": {},
    }
    (treats,) = [e for e in store.edges.values() if e.predicate is Predicate.TREATS]
    assert (treats.subject, treats.object) == ("DRUGBANK:DB00722", "DOID:10763")
    properties = dict(treats.properties)
    assert properties["line_of_therapy"] == 1
    assert properties["citation"] == "Society, Guide, 2024"
    assert properties["checked"] == "recalled"
    assert properties["dose"] == "10 to 40 mg once daily"


def test_polarity_is_kept_apart(starter: Path) -> None:
    store = MemoryStore()
    build_graph(store, ["starter"], path=starter)
    (edge,) = [e for e in store.edges.values() if e.predicate is Predicate.CONTRAINDICATED_IN]
    assert (edge.subject, edge.object) == ("DRUGBANK:DB00722", "DOID:1558")
    assert dict(edge.qualifiers) == {"severity_qualifier": "absolute"}


def test_a_second_build_writes_nothing(starter: Path) -> None:
    store = MemoryStore()
    first = build_graph(store, ["starter"], path=starter)
    num_writes = store.num_edge_writes
    second = build_graph(store, ["starter"], path=starter)
    assert store.num_edge_writes == num_writes
    assert second.sources[0].unchanged
    assert (second.sources[0].nodes, second.sources[0].edges) == (first.sources[0].nodes, first.sources[0].edges)


def test_a_changed_file_replaces_what_the_source_said(starter: Path) -> None:
    store = MemoryStore()
    build_graph(store, ["starter"], path=starter)
    write_starter(starter, {"interactions": []})
    report = build_graph(store, ["starter"], path=starter)
    assert not report.sources[0].unchanged
    assert Predicate.INTERACTS_WITH not in {e.predicate for e in store.edges.values()}
    assert len(store.edges) == 6


def test_sources_one_after_the_other_give_the_graph_of_both_at_once(tmp_path: Path, starter: Path, mondo: Path) -> None:
    one_by_one, reverse = MemoryStore(), MemoryStore()
    build_graph(one_by_one, ["starter"], path=starter)
    build_graph(one_by_one, ["obo"], path=mondo)
    build_graph(reverse, ["obo"], path=mondo)
    build_graph(reverse, ["starter"], path=starter)
    assert one_by_one.edges.keys() == reverse.edges.keys()
    assert one_by_one.nodes == reverse.nodes
    assert "MONDO:0005044" not in one_by_one.nodes
    hierarchy = [e for e in one_by_one.edges.values() if e.primary_knowledge_source == "infores:mondo"]
    assert [(e.subject, e.object) for e in hierarchy] == [("DOID:10763", "MONDO:0004995")]


def test_generic_concepts_and_missing_ends_are_counted(tmp_path: Path) -> None:
    (tmp_path / "doid.obo").write_text(DOID_OBO + "is_a: DOID:0\n")
    report = build_graph(MemoryStore(), ["do"], path=tmp_path)
    assert report.sources[0].reasons == {"touches a generic concept": 2}
    assert report.sources[0].lost == 0
    (tmp_path / "doid.obo").write_text(DOID_OBO.replace("is_a: DOID:4", "is_a: DOID:77"))
    report = build_graph(MemoryStore(), ["do"], path=tmp_path)
    assert report.sources[0].reasons == {"an end that no source describes": 1}
    assert report.sources[0].lost == 1


def test_a_row_with_an_unknown_name_is_skipped_and_counted(starter: Path) -> None:
    row = {**ROWS["indications"][0], "drug": "aspirin"}
    write_starter(starter, {"indications": [*ROWS["indications"], row]})
    report = build_graph(MemoryStore(), ["starter"], path=starter)
    reason = "indications: a name that no table defines"
    assert report.sources[0].reasons == {reason: 1}
    assert report.sources[0].examples == {reason: "aspirin, hypertension, 1"}


def test_ambiguous_identifiers_are_listed(tmp_path: Path) -> None:
    (tmp_path / "x.obo").write_text(AMBIGUOUS_OBO)
    report = build_graph(MemoryStore(), ["obo"], path=tmp_path / "x.obo")
    assert report.to_json()["ambiguities"] == [
        {"reason": "identifier claimed by several concepts", "curie": "MESH:D1", "concepts": ["DOID:1", "DOID:2"]}
    ]


def test_names_that_mean_several_concepts_and_identifiers_that_nobody_describes_are_listed(tmp_path: Path) -> None:
    text = "format-version: 1.2\n\n[Term]\nid: DOID:1\nname: cold\nis_a: DOID:9\n\n"
    text += '[Term]\nid: DOID:2\nname: b\nsynonym: "Cold" EXACT []\n'
    (tmp_path / "d.obo").write_text(text)
    report = build_graph(MemoryStore(), ["obo"], path=tmp_path / "d.obo").to_json()
    assert report["ambiguous_names"] == [{"name": "cold", "category": "Disease", "curies": ["DOID:1", "DOID:2"]}]
    assert report["unmapped"] == {"DOID:9": 1}
    assert report["unnamed"] == []


def test_unknown_sources_and_missing_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("kg.build.default_folder", lambda name: tmp_path / name)
    with pytest.raises(UnknownNameError, match=r'There is no source "hpoo".* Did you mean "hpo"'):
        build_graph(MemoryStore(), ["hpoo"])
    with pytest.raises(InputError, match="No source was named"):
        build_graph(MemoryStore(), [])
    with pytest.raises(InputError, match="needs its file"):
        build_graph(MemoryStore(), ["symp"])


def test_a_damaged_starter_table_is_named(starter: Path) -> None:
    (starter / "drugs.tsv").write_text("drug\tcurie\n")
    with pytest.raises(FormatError, match=r"drugs\.tsv, line 1"):
        build_graph(MemoryStore(), ["starter"], path=starter)


def test_downloaded_files_are_found_without_a_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("kg.build.default_folder", lambda name: tmp_path / name)
    (tmp_path / "do").mkdir()
    (tmp_path / "do" / "doid.obo").write_text(DOID_OBO)
    assert build_graph(MemoryStore(), ["do"]).sources[0].nodes == 2


def test_an_edge_that_merging_turns_into_a_loop_is_left_out_and_a_real_loop_stays() -> None:
    one, two = ("DRUGBANK:DB00722", "RXCUI:29046")
    nodes = [
        Node(one, Category.DRUG, "lisinopril", "infores:a", xrefs=(two,)),
        Node(two, Category.DRUG, "x", "infores:b"),
    ]
    resolution = resolve_nodes(nodes)
    merged = edge_between(two, one)
    assert isinstance(resolve_edge(merged, resolution), Skip)
    loop = resolve_edge(edge_between(two, two), resolution, "2026")
    assert isinstance(loop, Edge)
    assert (loop.subject, loop.object, loop.release) == (one, one, "2026")


def edge_between(subject: str, object_: str) -> Edge:
    level, agent = KnowledgeLevel.KNOWLEDGE_ASSERTION, AgentType.MANUAL_AGENT
    return Edge(subject, Predicate.SIMILAR_TO, object_, "infores:b", level, agent)


def test_two_files_of_one_kind_stand_side_by_side(tmp_path: Path, mondo: Path) -> None:
    (tmp_path / "go.obo").write_text(GO_OBO)
    store = MemoryStore()
    build_graph(store, ["obo"], path=mondo)
    build_graph(store, ["obo"], path=tmp_path / "go.obo")
    assert {e.primary_knowledge_source for e in store.edges.values()} == {"infores:mondo", "infores:go"}
    mondo.write_text(MONDO_OBO.replace("is_a: MONDO:0004995\n", ""))
    report = build_graph(store, ["obo"], path=mondo)
    assert report.sources[0].name == "obo"
    assert {e.primary_knowledge_source for e in store.edges.values()} == {"infores:go"}


def test_an_unfinished_download_leaves_a_source_with_data_of_its_own_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("kg.build.default_folder", lambda name: tmp_path / name)
    (tmp_path / "do").mkdir()
    (tmp_path / "do" / "doid.obo.part").write_text("format-version")
    assert build_graph(MemoryStore(), ["do"]).sources[0].nodes > 10_000


def test_a_path_that_was_given_is_never_passed_over(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist; give --from"):
        build_graph(MemoryStore(), ["hpo"], path=tmp_path / "no")
    with pytest.raises(InputError, match=r"holds none of hp\.obo"):
        build_graph(MemoryStore(), ["hpo"], path=tmp_path)


def test_one_path_serves_the_sources_that_need_it(tmp_path: Path) -> None:
    (tmp_path / "symp.obo").write_text(DOID_OBO.replace("DOID", "SYMP"))
    report = build_graph(MemoryStore(), ["starter", "symp"], path=tmp_path)
    assert [source.nodes > 0 for source in report.sources] == [True, True]


def test_identifiers_that_are_no_curies_are_counted_and_shown(tmp_path: Path) -> None:
    nodes = ["id\tcategory\tname", "DOID:1\tbiolink:Disease\ta", "no curie\tbiolink:Disease\tb"]
    (tmp_path / "nodes.tsv").write_text("\n".join(nodes) + "\n")
    (tmp_path / "edges.tsv").write_text("subject\tpredicate\tobject\nno curie\tbiolink:related_to\tDOID:1\n")
    (report,) = build_graph(MemoryStore(), ["kgx"], path=tmp_path).sources
    assert (report.nodes, report.edges, report.lost) == (1, 0, 2)
    assert report.examples == {"identifier that is no CURIE": '"no curie"'}


def test_rows_that_make_one_statement_are_one_edge_with_the_evidence_of_all(tmp_path: Path) -> None:
    nodes = ["id\tcategory\tname", "DOID:1\tbiolink:Disease\ta", "HP:1\tbiolink:PhenotypicFeature\tb"]
    (tmp_path / "nodes.tsv").write_text("\n".join(nodes) + "\n")
    rows = [f"DOID:1\tbiolink:has_phenotype\tHP:1\t{negated}\tPMID:{n}" for n, negated in enumerate(("false",) * 2)]
    rows.append("DOID:1\tbiolink:has_phenotype\tHP:1\ttrue\tPMID:9")
    (tmp_path / "edges.tsv").write_text("\n".join(["subject\tpredicate\tobject\tnegated\tpublications", *rows]) + "\n")
    store = MemoryStore()
    (report,) = build_graph(store, ["kgx"], path=tmp_path).sources
    assert (report.edges, report.skipped, report.lost, store.num_edge_writes) == (2, 1, 0, 2)
    said = {edge.negated: edge.publications for edge in store.edges.values()}
    assert said == {False: ("PMID:0", "PMID:1"), True: ("PMID:9",)}


def test_statements_that_identities_join_keep_the_evidence_of_both(tmp_path: Path) -> None:
    disease = "format-version: 1.2\n\n[Term]\nid: DOID:7\nname: seven\nxref: OMIM:1\nxref: ORPHA:2\n"
    (tmp_path / "d.obo").write_text(disease)
    (tmp_path / "hp.obo").write_text("format-version: 1.2\n\n[Term]\nid: HP:0001250\nname: Seizure\n")
    said = {"PMID:0": "OMIM:1", "PMID:1": "ORPHA:2"}
    rows = [f"{curie}\tseven\t\tHP:0001250\t{paper}\tPCS\t\t\t\t\tP\tx" for paper, curie in said.items()]
    (tmp_path / "phenotype.hpoa").write_text("\n".join([HEADER, *rows]) + "\n")
    (tmp_path / "genes_to_phenotype.txt").write_text(GENES.splitlines()[0] + "\n")
    store = MemoryStore()
    build_graph(store, ["obo"], path=tmp_path / "d.obo")
    report = build_graph(store, ["hpo"], path=tmp_path).sources[0]
    (edge,) = store.edges.values()
    assert (report.edges, report.lost, edge.subject) == (1, 0, "DOID:7")
    assert edge.publications == tuple(said)


def write_triples(folder: Path, *rows: str, name: str = "t", source: str = "infores:mine", more: str = "") -> Path:
    """A table of drug, disease, score and polarity with its mapping file."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.csv").write_text("\n".join(["drug,disease,score,not,papers", *rows]) + "\n")
    mapping = f"file: {name}.csv\nsource: {source}\nlicence: CC0\nsubject: {{column: drug, category: Drug}}\n"
    mapping += "object: {column: disease, category: Disease}\npredicate: {value: treats}\n"
    mapping += f"confidence: score\nnegated: not\npublications: papers\n{more}"
    (folder / f"{name}.yaml").write_text(mapping)
    return folder / f"{name}.yaml"


GOOD = ("DRUGBANK:DB00001,DOID:1,0.5,,PMID:1", "DRUGBANK:DB00002,DOID:2,,no,PMID:2")


@pytest.mark.parametrize(
    ("row", "more", "message"),
    [
        ("DRUGBANK:DB00003,DOID:3,1,maybe,", "", r't\.csv, line 4: `not` is "maybe"'),
        ("DRUGBANK:DB00003,DOID:3,7,,", "", r't\.csv, line 4: `score` is "7"; it is a number from 0 to 1'),
        ("DRUGBANK:DB00003,DOID:3,nan,,", "", r't\.csv, line 4: `score` is "nan"'),
        ("DRUGBANK:DB00003,DOID:3,1,,", "knowledge_level: prediction\n", "must be a prediction by a computational"),
    ],
)
def test_a_rebuild_from_a_damaged_file_loses_nothing(tmp_path: Path, row: str, more: str, message: str) -> None:
    store = MemoryStore()
    build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD))
    before = (dict(store.nodes), dict(store.edges), dict(store.sources))
    assert len(before[1]) == 2
    path = write_triples(tmp_path, *GOOD, row, more=more)
    with pytest.raises(InputError, match=message):
        build_graph(store, ["csv"], path=path)
    assert (store.nodes, store.edges, store.sources) == before
    path = write_triples(tmp_path, *GOOD, "DRUGBANK:DB00003,DOID:3,1,,")
    assert build_graph(store, ["csv"], path=path).sources[0].edges == len(store.edges) == 3
    assert build_graph(store, ["csv"], path=path).sources[0].unchanged


def test_a_first_build_from_a_damaged_file_leaves_nothing_behind(tmp_path: Path) -> None:
    store = MemoryStore()
    with pytest.raises(FormatError, match="line 4"):
        build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD, "DRUGBANK:DB00003,DOID:3,-1,,"))
    assert (store.nodes, store.edges, store.sources) == ({}, {}, {})


def test_a_second_file_of_one_source_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    store = MemoryStore()
    first = write_triples(tmp_path, *GOOD)
    build_graph(store, ["csv"], path=first)
    before = (dict(store.nodes), dict(store.edges), dict(store.sources))
    second = write_triples(tmp_path, "DRUGBANK:DB00001,DOID:1,0.9,,PMID:9", name="u")
    with pytest.raises(InputError, match=r'"infores:mine" is the source of csv:.*t\.yaml already, .*u\.yaml cannot'):
        build_graph(store, ["csv"], path=second)
    nodes = ["id\tcategory\tname", "DOID:1\tbiolink:Disease\ta", "HP:1\tbiolink:PhenotypicFeature\tb"]
    (tmp_path / "nodes.tsv").write_text("\n".join(nodes) + "\n")
    (tmp_path / "edges.tsv").write_text(
        "subject\tpredicate\tobject\tprimary_knowledge_source\nDOID:1\tbiolink:has_phenotype\tHP:1\tinfores:mine\n"
    )
    with pytest.raises(InputError, match=r"theragraph retract --source csv:.*t\.yaml\.$"):
        build_graph(store, ["kgx"], path=tmp_path)
    assert (store.nodes, store.edges, store.sources) == before
    second = write_triples(tmp_path, "DRUGBANK:DB00001,DOID:1,0.9,,PMID:9", name="u", source="infores:theirs")
    build_graph(store, ["csv"], path=second)
    assert {edge.primary_knowledge_source for edge in store.edges.values()} == {"infores:mine", "infores:theirs"}


def test_a_file_may_come_to_speak_for_another_source_but_not_for_one_that_is_taken(tmp_path: Path) -> None:
    store = MemoryStore()
    build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD))
    build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD, name="u", source="infores:theirs"))
    with pytest.raises(InputError, match='"infores:theirs" is the source of csv:'):
        build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD, source="infores:theirs"))
    build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD, source="infores:ours"))
    assert {edge.primary_knowledge_source for edge in store.edges.values()} == {"infores:ours", "infores:theirs"}


@pytest.mark.parametrize(
    ("damaged", "text", "why"),
    [
        ("t.csv", "drug\n", "t.csv, line 1: has no column `disease`"),
        (
            "t.csv",
            "drug,disease,score,not,papers\nDRUGBANK:DB00001,DOID:1,,maybe,\n",
            't.csv, line 2: `not` is "maybe"',
        ),
        ("t.csv", "drug,disease,score,not,papers\nDRUGBANK:DB00001,DOID:1,7,,\n", 't.csv, line 2: `score` is "7"'),
        ("t.yaml", "file: {", "t.yaml, line 1: is not YAML"),
        ("edges.tsv", "subject\tpredicate\tobject\nDOID:1\t\tHP:1\n", "edges.tsv, line 2: `predicate` is empty"),
        ("nodes.tsv", "id\tname\n", "nodes.tsv, line 1: has no column `category`"),
    ],
)
def test_a_damaged_file_of_an_earlier_build_stops_no_other(
    tmp_path: Path, mondo: Path, damaged: str, text: str, why: str
) -> None:
    store = MemoryStore()
    build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD))
    nodes = ["id\tcategory\tname", "DOID:1\tbiolink:Disease\ta", "HP:1\tbiolink:PhenotypicFeature\tb"]
    (tmp_path / "nodes.tsv").write_text("\n".join(nodes) + "\n")
    (tmp_path / "edges.tsv").write_text("subject\tpredicate\tobject\nDOID:1\tbiolink:has_phenotype\tHP:1\n")
    build_graph(store, ["kgx"], path=tmp_path)
    before, sources = dict(store.edges), dict(store.sources)
    assert len(before) == 3
    (tmp_path / damaged).write_text(text)
    report = build_graph(store, ["obo"], path=mondo)
    ((name, said),) = report.left_out.items()
    assert why in said
    assert report.to_json()["left_out"] == {name: said}
    assert [source.name for source in report.sources] == ["obo"]
    assert {key: store.edges[key] for key in before} == before
    assert len(store.edges) == 4
    assert {key: store.sources[key] for key in sources} == sources


def test_a_file_of_an_earlier_build_that_came_to_speak_for_another_source_is_left_out(
    tmp_path: Path, mondo: Path
) -> None:
    store = MemoryStore()
    build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD))
    build_graph(store, ["csv"], path=write_triples(tmp_path, *GOOD, name="u", source="infores:theirs"))
    before = dict(store.edges)
    write_triples(tmp_path, *GOOD, source="infores:theirs")
    (said,) = build_graph(store, ["obo"], path=mondo).left_out.values()
    assert said.startswith('"infores:theirs" is the source of csv:')
    assert {key: store.edges[key] for key in before} == before
