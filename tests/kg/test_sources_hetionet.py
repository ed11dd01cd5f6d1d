"""Hetionet in its three layouts, and the real tables where they are at hand."""

import bz2
import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.errors import FormatError, InputError
from kg.model import Edge, Node
from kg.sources import open_source
from ontologies.biolink import Category, KnowledgeLevel, Predicate

NODES = [
    ("Compound", "DB00331", "Metformin"),
    ("Disease", "DOID:9352", "type 2 diabetes mellitus"),
    ("Gene", 5468, "PPARG"),
    ("Side Effect", "C0027497", "Nausea"),
    ("Pharmacologic Class", "N0000175565", "Biguanide"),
]
EDGES = [
    ("Compound::DB00331", "CtD", "Disease::DOID:9352"),
    ("Compound::DB00331", "CcSE", "Side Effect::C0027497"),
    ("Disease::DOID:9352", "DaG", "Gene::5468"),
    ("Pharmacologic Class::N0000175565", "PCiC", "Compound::DB00331"),
    ("Gene::5468", "Gr>G", "Gene::5468"),
]
KINDS = {"CtD": "treats", "CcSE": "causes", "DaG": "associates", "PCiC": "includes", "Gr>G": "regulates"}


def write_tables(folder: Path, edges_name: str) -> Path:
    lines = ["id\tname\tkind", *(f"{kind}::{local}\t{name}\t{kind}" for kind, local, name in NODES)]
    (folder / "nodes.tsv").write_text("\n".join(lines) + "\n")
    text = "\n".join(["source\tmetaedge\ttarget", *("\t".join(edge) for edge in EDGES)]) + "\n"
    (folder / edges_name).write_bytes(gzip.compress(text.encode()))
    return folder


def write_json(folder: Path) -> Path:
    nodes = [{"kind": kind, "identifier": local, "name": name, "data": {}} for kind, local, name in NODES]
    edges = []
    for source, metaedge, target in EDGES:
        ends = [end.split("::", 1) for end in (source, target)]
        edges.append(
            {
                "source_id": ends[0],
                "target_id": ends[1],
                "kind": KINDS[metaedge],
                "direction": "forward" if ">" in metaedge else "both",
                "data": {"source": "a catalogue", "license": "CC0 1.0", "unbiased": False},
            }
        )
    document = {"metanode_kinds": ["Gene"], "nodes": nodes, "edges": edges}
    (folder / "hetionet-v1.0.json.bz2").write_bytes(bz2.compress(json.dumps(document).encode()))
    return folder


LAYOUTS = [
    lambda folder: write_tables(folder, "edges.tsv.gz"),
    lambda folder: write_tables(folder, "hetionet-v1.0-edges.sif.gz"),
    write_json,
]


@pytest.mark.parametrize("write", LAYOUTS, ids=["tsv", "sif", "json"])
def test_every_layout_gives_the_same_triples(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    path, source = write(tmp_path), open_source("hetionet")
    nodes = {n.curie: n for n in source.read_nodes(path) if isinstance(n, Node)}
    assert {c: n.category for c, n in nodes.items()} == {
        "DRUGBANK:DB00331": Category.DRUG,
        "DOID:9352": Category.DISEASE,
        "NCBIGene:5468": Category.GENE,
        "UMLS:C0027497": Category.PHENOTYPIC_FEATURE,
        "NDFRT:N0000175565": Category.CHEMICAL_ENTITY,
    }
    assert nodes["NCBIGene:5468"].xrefs == ("HGNC.SYMBOL:PPARG",)
    edges = [e for e in source.read_edges(path) if isinstance(e, Edge)]
    assert [(e.subject, e.predicate, e.object) for e in edges] == [
        ("DRUGBANK:DB00331", Predicate.TREATS, "DOID:9352"),
        ("DRUGBANK:DB00331", Predicate.HAS_SIDE_EFFECT, "UMLS:C0027497"),
        ("NCBIGene:5468", Predicate.GENE_ASSOCIATED_WITH_CONDITION, "DOID:9352"),
        ("DRUGBANK:DB00331", Predicate.SUBCLASS_OF, "NDFRT:N0000175565"),
        ("NCBIGene:5468", Predicate.REGULATES, "NCBIGene:5468"),
    ]
    assert [dict(e.properties)["original_predicate"] for e in edges] == [metaedge for _, metaedge, _ in EDGES]


def test_the_json_layout_keeps_origin_and_licence(tmp_path: Path) -> None:
    edge = next(e for e in open_source("hetionet").read_edges(write_json(tmp_path)) if isinstance(e, Edge))
    assert dict(edge.properties)["original_sources"] == ("a catalogue",)
    assert dict(edge.properties)["license"] == "CC0 1.0"


def test_an_approximate_edge_says_so(tmp_path: Path) -> None:
    write_tables(tmp_path, "edges.tsv")
    text = "source\tmetaedge\ttarget\tstatus\nCompound::DB00331\tCtD\tDisease::DOID:9352\tapprox\n"
    (tmp_path / "edges.tsv").write_text(text)
    (edge,) = open_source("hetionet").read_edges(tmp_path)
    assert isinstance(edge, Edge)
    assert dict(edge.properties)["status"] == "approx"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Compound::DB00331\tCxD\tDisease::DOID:9352", r"edges\.tsv, line 2: `metaedge` is \"CxD\"; allowed: AdG"),
        ("Compound::DB00000\tCtD\tDisease::DOID:9352", r"line 2: `source` is \"Compound::DB00000\", which nodes\.tsv"),
        ("Compound::DB00331\tCtD", r"line 2: has 2 cells where the header has 3; column 3 \(`target`\)"),
    ],
)
def test_a_wrong_edge_is_named(tmp_path: Path, row: str, expected: str) -> None:
    write_tables(tmp_path, "x")
    (tmp_path / "edges.tsv").write_text(f"source\tmetaedge\ttarget\n{row}\n")
    with pytest.raises(FormatError, match=expected):
        list(open_source("hetionet").read_edges(tmp_path))


def test_a_json_file_that_breaks_off(tmp_path: Path) -> None:
    (tmp_path / "hetionet-v1.0.json").write_text('{"nodes": [{"kind": "Gene", "identifier": 1, "na')
    with pytest.raises(FormatError, match="the array `nodes` breaks off"):
        list(open_source("hetionet").read_nodes(tmp_path))
    (tmp_path / "hetionet-v1.0.json").write_text('{"metanode_kinds": []}')
    with pytest.raises(FormatError, match="has no array `edges`"):
        list(open_source("hetionet").read_edges(tmp_path))


def test_a_folder_without_hetionet(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds neither hetionet-v1\.0\.json nor nodes\.tsv"):
        open_source("hetionet").input_files(tmp_path)


def test_the_whole_of_hetionet(shared_data: Callable[[str], Path]) -> None:
    """47,031 nodes by its publication; 1,856,128 edges, 483 of them CtD, by the folder's own description."""
    folder, source = shared_data("hetionet"), open_source("hetionet")
    assert sum(isinstance(n, Node) for n in source.read_nodes(folder)) == 47_031
    seen = Counter(e.predicate for e in source.read_edges(folder) if isinstance(e, Edge))
    assert seen.total() == 1_856_128
    assert seen[Predicate.TREATS] == 483


def test_computed_similarity_is_no_curated_assertion(tmp_path: Path) -> None:
    write_tables(tmp_path, "x")
    (tmp_path / "edges.tsv").write_text("source\tmetaedge\ttarget\nCompound::DB00331\tCrC\tCompound::DB00331\n")
    (edge,) = open_source("hetionet").read_edges(tmp_path)
    assert isinstance(edge, Edge)
    assert edge.knowledge_level is KnowledgeLevel.STATISTICAL_ASSOCIATION
