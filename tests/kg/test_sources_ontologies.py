"""OBO, OWL and OBO Graph files that say the same, and the Disease and Symptom Ontologies."""

import bz2
import gzip
import json
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import rdflib

from kg.errors import FormatError, InputError
from kg.model import Edge, Node
from kg.sources import Skip, open_source
from kg.sources.owl import read_owl_terms
from ontologies.biolink import Category, Predicate

OBO = """format-version: 1.2
data-version: releases/2026-07-30/symp.obo

[Term]
id: MONDO:0005148
name: type 2 diabetes mellitus
synonym: "T2D" EXACT []
synonym: "adult-onset diabetes" RELATED []
xref: DOID:9352 {source="MONDO:equivalentTo"}
xref: OMIM:125853 {source="MONDO:relatedTo"}
xref: MESH:D003924
is_a: MONDO:0005015
relationship: disease_has_location UBERON:0001264
relationship: odd_relation UBERON:0000178

[Term]
id: MONDO:0005015
name: diabetes mellitus

[Term]
id: MONDO:0000009
name: obsolete thing
is_obsolete: true

[Term]
id: MONDO:0000010
"""
OWL = """@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix oio: <http://www.geneontology.org/formats/oboInOwl#> . @prefix obo: <http://purl.obolibrary.org/obo/> .
obo:MONDO_0005148 a owl:Class ; rdfs:label "type 2 diabetes mellitus" ;
  oio:hasExactSynonym "T2D" ; oio:hasRelatedSynonym "adult-onset diabetes" ; oio:hasDbXref "DOID:9352", "MESH:D003924" ;
  rdfs:subClassOf obo:MONDO_0005015,
    [ a owl:Restriction ; owl:onProperty obo:RO_0004026 ; owl:someValuesFrom obo:UBERON_0001264 ] .
obo:MONDO_0005015 a owl:Class ; rdfs:label "diabetes mellitus" .
obo:MONDO_0000009 a owl:Class ; rdfs:label "obsolete thing" ; owl:deprecated true .
"""
XML_HEAD = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [ <!ENTITY obo "http://purl.obolibrary.org/obo/" > ]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#"
  xmlns:owl="http://www.w3.org/2002/07/owl#" xmlns:oio="http://www.geneontology.org/formats/oboInOwl#">
"""
TYPE_2 = """<owl:Class rdf:about="&obo;MONDO_0005148">
  <rdfs:subClassOf><owl:Restriction>
    <owl:onProperty rdf:resource="&obo;RO_0004026"/><owl:someValuesFrom rdf:resource="&obo;UBERON_0001264"/>
  </owl:Restriction></rdfs:subClassOf>
  <rdfs:label xml:lang="de">Diabetes mellitus Typ 2</rdfs:label><rdfs:label>type 2 diabetes mellitus</rdfs:label>
  <oio:hasExactSynonym>T2D</oio:hasExactSynonym><oio:hasRelatedSynonym>adult-onset diabetes</oio:hasRelatedSynonym>
  <oio:hasDbXref>DOID:9352</oio:hasDbXref><oio:hasDbXref>MESH:D003924</oio:hasDbXref>
  <oio:hasDbXref>OMIM:125853</oio:hasDbXref>
  <rdfs:subClassOf rdf:resource="&obo;MONDO_0005015"/>
</owl:Class>
<owl:Axiom><owl:annotatedSource rdf:resource="&obo;MONDO_0005148"/><owl:annotatedProperty
  rdf:resource="http://www.geneontology.org/formats/oboInOwl#hasDbXref"/>
  <owl:annotatedTarget>OMIM:125853</owl:annotatedTarget><oio:source>MONDO:relatedTo</oio:source></owl:Axiom>
"""
AXIOM = TYPE_2[TYPE_2.index("<owl:Axiom>") :]
OTHERS = """<owl:Class rdf:about="&obo;MONDO_0005015"><rdfs:label>diabetes mellitus</rdfs:label></owl:Class>
<owl:Class rdf:about="&obo;MONDO_0000009"><rdfs:label>obsolete thing</rdfs:label>
  <owl:deprecated rdf:datatype="http://www.w3.org/2001/XMLSchema#boolean">true</owl:deprecated></owl:Class>
"""
SCATTERED = (
    """<rdf:Description rdf:nodeID="r"><owl:onProperty rdf:resource="&obo;RO_0004026"/>
  <owl:someValuesFrom rdf:resource="&obo;UBERON_0001264"/></rdf:Description>
<rdf:Description rdf:about="&obo;MONDO_0005148"><rdfs:label>type 2 diabetes mellitus</rdfs:label>
  <oio:hasDbXref>DOID:9352</oio:hasDbXref><rdfs:subClassOf rdf:resource="&obo;MONDO_0005015"/></rdf:Description>
"""
    + OTHERS
    + """<rdf:Description rdf:about="&obo;MONDO_0005148">
  <oio:hasExactSynonym>T2D</oio:hasExactSynonym><oio:hasRelatedSynonym>adult-onset diabetes</oio:hasRelatedSynonym>
  <oio:hasDbXref>MESH:D003924</oio:hasDbXref><rdfs:subClassOf rdf:nodeID="r"/>
  <rdf:type rdf:resource="http://www.w3.org/2002/07/owl#Class"/></rdf:Description>
"""
)
BASE = "http://purl.obolibrary.org/obo/"
RELATED = {"pred": "http://www.geneontology.org/formats/oboInOwl#source", "val": "MONDO:relatedTo"}
GRAPH = {
    "graphs": [
        {
            "nodes": [
                {
                    "id": f"{BASE}MONDO_0005148",
                    "lbl": "type 2 diabetes mellitus",
                    "type": "CLASS",
                    "meta": {
                        "synonyms": [
                            {"pred": "hasExactSynonym", "val": "T2D"},
                            {"pred": "hasRelatedSynonym", "val": "adult-onset diabetes"},
                        ],
                        "xrefs": [
                            {"val": "DOID:9352", "xrefs": ["MONDO:equivalentTo"]},
                            {"val": "MESH:D003924"},
                            {"val": "OMIM:125853", "xrefs": ["MONDO:relatedTo"]},
                            {"val": "UMLS:C1", "meta": {"basicPropertyValues": [RELATED]}},
                        ],
                    },
                },
                {"id": f"{BASE}MONDO_0005015", "lbl": "diabetes mellitus", "type": "CLASS"},
                {"id": f"{BASE}MONDO_0000009", "lbl": "obsolete thing", "type": "CLASS", "meta": {"deprecated": True}},
                {"id": f"{BASE}RO_0004026", "lbl": "disease has location", "type": "PROPERTY"},
            ],
            "edges": [
                {"sub": f"{BASE}MONDO_0005148", "pred": "is_a", "obj": f"{BASE}MONDO_0005015"},
                {"sub": f"{BASE}MONDO_0005148", "pred": f"{BASE}RO_0004026", "obj": f"{BASE}UBERON_0001264"},
            ],
        }
    ]
}


def write_obo(folder: Path) -> Path:
    (folder / "m.obo").write_text(OBO)
    return folder / "m.obo"


def write_gzipped_obo(folder: Path) -> Path:
    (folder / "m.obo.gz").write_bytes(gzip.compress(OBO.encode()))
    return folder / "m.obo.gz"


def write_owl(folder: Path) -> Path:
    (folder / "m.ttl").write_text(OWL)
    return folder / "m.ttl"


def write_owl_xml(folder: Path) -> Path:
    (folder / "m.owl").write_text(f"{XML_HEAD}{TYPE_2}{OTHERS}</rdf:RDF>")
    return folder / "m.owl"


def write_scattered_owl(folder: Path) -> Path:
    """Classes told of in two places, and a restriction far from the class that it belongs to."""
    (folder / "m.owl.gz").write_bytes(gzip.compress(f"{XML_HEAD}{SCATTERED}</rdf:RDF>".encode()))
    return folder / "m.owl.gz"


def write_owl_with_axioms_apart(folder: Path) -> Path:
    (folder / "m.owl").write_text(f"{XML_HEAD}{TYPE_2.removesuffix(AXIOM)}{OTHERS}{AXIOM}</rdf:RDF>")
    return folder / "m.owl"


def write_compressed_owl(folder: Path) -> Path:
    (folder / "m.owl.bz2").write_bytes(bz2.compress(f"{XML_HEAD}{AXIOM}{OTHERS}{TYPE_2}</rdf:RDF>".encode()))
    return folder / "m.owl.bz2"


def write_owl_anew(folder: Path, form: str, name: str) -> Path:
    graph = rdflib.Graph().parse(data=f"{XML_HEAD}{TYPE_2}{OTHERS}</rdf:RDF>", format="xml")
    graph.serialize(folder / name, format=form, encoding="utf-8")
    return folder / name


def write_owl_anew_as_xml(folder: Path) -> Path:
    return write_owl_anew(folder, "xml", "m.owl")


def write_owl_anew_as_turtle(folder: Path) -> Path:
    return write_owl_anew(folder, "turtle", "m.ttl")


def write_graph(folder: Path) -> Path:
    (folder / "m.json").write_text(json.dumps(GRAPH))
    return folder / "m.json"


WRITERS = [write_obo, write_gzipped_obo, write_owl, write_owl_xml, write_scattered_owl, write_graph]
WRITERS += [write_owl_with_axioms_apart, write_compressed_owl, write_owl_anew_as_xml, write_owl_anew_as_turtle]


@pytest.mark.parametrize("write", WRITERS)
def test_every_format_gives_the_same_graph(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    check_graph(write(tmp_path))


@pytest.mark.parametrize("seed", range(20))
def test_the_same_triples_give_the_same_graph_whatever_their_order(tmp_path: Path, seed: int) -> None:
    path = write_owl_anew(tmp_path, "nt", "m.ttl")
    triples = path.read_text().splitlines()
    random.Random(seed).shuffle(triples)
    path.write_text("\n".join(triples) + "\n")
    check_graph(path)


def check_graph(path: Path) -> None:
    source = open_source("obo")
    nodes = {n.curie: n for n in source.read_nodes(path) if isinstance(n, Node)}
    assert nodes.keys() == {"MONDO:0005148", "MONDO:0005015"}
    diabetes = nodes["MONDO:0005148"]
    assert diabetes.name == "type 2 diabetes mellitus"
    assert diabetes.synonyms == ("T2D", "adult-onset diabetes")
    assert diabetes.xrefs == ("DOID:9352", "MESH:D003924")
    assert diabetes.category is Category.DISEASE
    edges = {(e.subject, e.predicate, e.object) for e in source.read_edges(path) if isinstance(e, Edge)}
    assert edges == {
        ("MONDO:0005148", Predicate.SUBCLASS_OF, "MONDO:0005015"),
        ("MONDO:0005148", Predicate.DISEASE_HAS_LOCATION, "UBERON:0001264"),
    }


def test_owl_is_never_in_memory_whole(tmp_path: Path) -> None:
    definition, num = f"<rdfs:comment>{'long ' * 400}</rdfs:comment></owl:Class>", 4_000
    one = OTHERS.partition("</owl:Class>")[0]
    classes = "".join(f"{one.replace('MONDO_0005015', f'MONDO_{n:07}')}{definition}" for n in range(num))
    (tmp_path / "large.owl").write_text(f"{XML_HEAD}{classes}</rdf:RDF>")
    tracemalloc.start()
    assert sum(1 for _ in read_owl_terms(tmp_path / "large.owl")) == num
    assert tracemalloc.get_traced_memory()[1] < len(classes) / 4
    tracemalloc.stop()


def test_what_is_left_out_says_why(tmp_path: Path) -> None:
    path, source = write_obo(tmp_path), open_source("obo")
    items = [*source.read_nodes(path), *source.read_edges(path)]
    assert [item.reason for item in items if isinstance(item, Skip)] == [
        "obsolete term",
        "term without a name",
        "relation odd_relation has no predicate here",
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.obo", "<!doctype html>", "line 1: is not OBO"),
        ("a.obo", "ontology: x", "is not OBO .it holds no frame"),
        ("a.obo", "[Term]\nname: x\nid: X:1", "line 2: is not OBO .a term that does not begin with its id"),
        ("a.obo", "[Term]\nid: a b c\n", "line 2: is not OBO"),
        ("a.json", '{"graphs": 1}', "no array `edges`"),
        ("a.json", '{"edges": [{"sub": "a", "pred": "is_a"}]}', r"edges 1: a record has no key `obj`"),
        ("a.json", '{"edges": [], "nodes": [{"id": "HP:1"}, {"id": 7}]}', r"nodes 2: `id` is 7"),
        ("a.json", '{"edges": [], "nodes": [{"id": "HP:1", "meta": {"xrefs": [1]}}]}', "HP:1: `meta` is not"),
        ("a.json", '{"edges": [], "nodes": [{"id": "HP:1"}, ', r"the array `nodes` breaks off"),
        ("a.json", '{"edges": [], "nodes": [{"id": "HP:1", "lbl": 5}]}', r"nodes 1: `lbl` is 5; it is text in quotes"),
        ("a.json", '{"edges": [], "nodes": [{"id": "P", "meta": {"synonyms": [{"val": 5}]}}]}', "5 is no text"),
        ("a.json", '{"edges": [], "nodes": []}', "holds no class; check that it is the ontology"),
        ("a.ttl", "@prefix x", "is not an OWL file"),
        ("a.ttl", "", "holds no class; check that it is the ontology"),
        ("a.owl", f"{XML_HEAD}</rdf:RDF>", "holds no class; check that it is the ontology"),
        ("a.owl", "", "holds no class; check that it is the ontology"),
        ("a.owl", "<rdf", "line 1: is not an OWL file"),
        ("a.csv", "x", 'has the ending ".csv"'),
    ],
)
def test_damaged_files(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(FormatError, match=expected):
        list(open_source("obo").read_nodes(tmp_path / name))


def test_a_clause_that_breaks_the_grammar_costs_that_clause_alone(tmp_path: Path) -> None:
    text = '[Term]\nid: DOID:1\nname: a\ndef: "x" [JA:two words]\nxref: MESH:D1\nxref: NOT AN ID\nis_a: DOID:2\n'
    (tmp_path / "a.obo").write_text(f"format-version: 1.2\n\n{text}\n[Term]\nid: DOID:2\nname: b\n")
    skip, one, other = open_source("obo").read_nodes(tmp_path / "a.obo")
    assert isinstance(skip, Skip)
    assert skip.reason == "clause that breaks the grammar"
    assert skip.where == f"{tmp_path}/a.obo, line 8: xref: NOT AN ID"
    assert isinstance(one, Node)
    assert isinstance(other, Node)
    assert (one.name, one.xrefs, other.name) == ("a", ("MESH:D1",), "b")


def test_a_cut_gzip_file(tmp_path: Path) -> None:
    (tmp_path / "m.obo.gz").write_bytes(gzip.compress(OBO.encode() * 50)[:-40])
    with pytest.raises(FormatError, match="middle of its compressed stream"):
        list(open_source("obo").read_nodes(tmp_path / "m.obo.gz"))


def test_obo_needs_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--from FILE"):
        open_source("obo").input_files(tmp_path)


def test_symptom_ontology_version(tmp_path: Path) -> None:
    (tmp_path / "symp.obo").write_text(OBO)
    assert open_source("symp").read_version(tmp_path) == "2026-07-30"


DO_NAMES = 'id\tlabel\tsubClassOf\n"DOID:9352"\t"type 2 diabetes mellitus"\t"diabetes mellitus"\n'
DO_NAMES += '"DOID:9351"\t"diabetes mellitus"\t"glucose metabolism disease"\n'
DO_XREFS = 'id\tlabel\txref\n"DOID:9352"\t"type 2 diabetes mellitus"\t"MIM:125853"\n'


def test_disease_ontology_from_its_report_tables(tmp_path: Path) -> None:
    (tmp_path / "HumanDO.tsv").write_text(DO_NAMES)
    (tmp_path / "allXREFinDO.tsv").write_text(DO_XREFS)
    source = open_source("do")
    nodes = {n.curie: n for n in source.read_nodes(tmp_path) if isinstance(n, Node)}
    assert nodes["DOID:9352"].xrefs == ("OMIM:125853",)
    assert [(e.subject, e.object) for e in source.read_edges(tmp_path) if isinstance(e, Edge)] == [
        ("DOID:9352", "DOID:9351")
    ]


def test_disease_ontology_needs_both_tables(tmp_path: Path) -> None:
    (tmp_path / "HumanDO.tsv").write_text(DO_NAMES)
    with pytest.raises(InputError, match=r"neither doid\.obo nor HumanDO\.tsv and allXREFinDO\.tsv"):
        open_source("do").input_files(tmp_path)


def test_all_graphs_of_a_file_are_read(tmp_path: Path) -> None:
    other = {"nodes": [{"id": f"{BASE}HP_1", "lbl": "fits"}], "edges": []}
    (tmp_path / "m.json").write_text(json.dumps({"graphs": [*GRAPH["graphs"], other]}))
    curies = [n.curie for n in open_source("obo").read_nodes(tmp_path / "m.json") if isinstance(n, Node)]
    assert curies == ["MONDO:0005148", "MONDO:0005015", "HP:1"]
