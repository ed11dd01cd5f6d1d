"""Small hand-written files of SIDER, ATC, RxNorm, DrugCentral, CPIC, DrugMechDB, PrimeKG and DRKG."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg.errors import FormatError, InputError
from kg.model import Edge, Node
from kg.sources import Skip, open_source
from ontologies.biolink import AgentType, Category, Predicate


def read(name: str, path: Path) -> tuple[dict[str, Node], dict[tuple[str, Predicate, str], Edge], list[str]]:
    source = open_source(name)
    nodes = {n.curie: n for n in source.read_nodes(path) if isinstance(n, Node)}
    items = list(source.read_edges(path))
    edges = {(e.subject, e.predicate, e.object): e for e in items if isinstance(e, Edge)}
    return nodes, edges, [s.reason for s in (*source.read_nodes(path), *items) if isinstance(s, Skip)]


SIDER = [
    "CID100000085\tCID000010917\tC0000729\tLLT\tC0000729\tAbdominal cramps",
    "CID100000085\tCID000010917\tC0000729\tPT\tC0000737\tAbdominal pain",
    "CID100000085\tCID000010917\tC0000737\tPT\tC0000737\tAbdominal pain",
]


def test_sider(tmp_path: Path) -> None:
    (tmp_path / "meddra_all_se.tsv").write_text("\n".join(SIDER) + "\n")
    (tmp_path / "drug_names.tsv").write_text("CID100000085\tcarnitine\n")
    (tmp_path / "drug_atc.tsv").write_text("CID100000085\tA16AA01\n")
    frequency = "CID100000085\tCID000010917\tC0000737\t{}\t{}\t0.01\t0.01\tPT\tC0000737\tAbdominal pain\n"
    (tmp_path / "meddra_freq.tsv").write_text(frequency.format("", "common") + frequency.format("placebo", "5%"))
    nodes, edges, reasons = read("sider", tmp_path)
    assert nodes["PUBCHEM.COMPOUND:10917"].name == "carnitine"
    assert nodes["PUBCHEM.COMPOUND:10917"].xrefs == ("ATC:A16AA01",)
    assert nodes.keys() == {"PUBCHEM.COMPOUND:10917", "UMLS:C0000737"}
    (edge,) = edges.values()
    assert dict(edge.properties) == {"frequencies": ("common",)}
    assert sorted(reasons) == [
        "lowest level term, kept as its preferred term",
        "stated by several label terms, kept once",
    ]


def test_sider_on_the_real_file(shared_data: Callable[[str], Path]) -> None:
    _, edges, _ = read("sider", shared_data("sider4"))
    assert len(edges) > 100_000


ATC = "atc_code,atc_name,ddd\nC,CARDIOVASCULAR SYSTEM,NA\nC09,RAAS,NA\nC09A,ACE,NA\nC09AA,ACE inhibitors,NA\n"
ATC += 'C09AA03,"lisinopril, oral",10\nC09AA03,"lisinopril, oral",20\nC0,odd,NA\n'


def test_atc(tmp_path: Path) -> None:
    (tmp_path / "who_atc.csv").write_text(ATC)
    nodes, edges, reasons = read("atc", tmp_path)
    assert nodes["ATC:C09AA03"].category is Category.DRUG
    assert nodes["ATC:C09AA03"].name == "lisinopril, oral"
    assert (nodes["ATC:C"].name, nodes["ATC:C"].category) == ("cardiovascular system", Category.CHEMICAL_ENTITY)
    assert ("ATC:C09AA03", Predicate.SUBCLASS_OF, "ATC:C09AA") in edges
    assert ("ATC:C09", Predicate.SUBCLASS_OF, "ATC:C") in edges
    assert len(edges) == 4
    assert reasons == ["code of no ATC level"]


def conso(rxcui: str, sab: str, tty: str, code: str, name: str) -> str:
    return f"{rxcui}|ENG||||||1||||{sab}|{tty}|{code}|{name}||N||"


def rel(first: str, second: str, relation: str) -> str:
    return f"{first}||CUI|RN|{second}||CUI|{relation}|||RXNORM||||N||"


def test_rxnorm(tmp_path: Path) -> None:
    folder = tmp_path / "rrf"
    folder.mkdir()
    rows = [
        conso("6809", "RXNORM", "IN", "6809", "metformin"),
        conso("6809", "ATC", "RXN_IN", "A10BA02", "metformin"),
        conso("6809", "DRUGBANK", "IN", "DB00331", "Metformin"),
        conso("151827", "RXNORM", "BN", "151827", "Glucophage"),
        conso("861007", "RXNORM", "SCD", "861007", "metformin 500 MG Oral Tablet"),
        conso("1", "MTHSPL", "SU", "X", "no concept of RxNorm's own"),
    ]
    (folder / "RXNCONSO.RRF").write_text("\n".join(rows) + "\n")
    relations = [rel("6809", "151827", "tradename_of"), rel("861007", "6809", "ingredient_of"), rel("1", "2", "odd")]
    (folder / "RXNREL.RRF").write_text("\n".join(relations) + "\n")
    nodes, edges, _ = read("rxnorm", tmp_path)
    assert nodes["RXCUI:6809"].xrefs == ("ATC:A10BA02", "DRUGBANK:DB00331")
    assert nodes["RXCUI:6809"].synonyms == ("Metformin",)
    assert nodes.keys() == {"RXCUI:6809", "RXCUI:151827", "RXCUI:861007"}
    assert edges.keys() == {
        ("RXCUI:151827", Predicate.SUBCLASS_OF, "RXCUI:6809"),
        ("RXCUI:6809", Predicate.PART_OF, "RXCUI:861007"),
    }
    (folder / "RXNREL.RRF").write_text("1|2|\n")
    with pytest.raises(FormatError, match=r"RXNREL\.RRF, line 1: has 2 columns where the format has 16"):
        read("rxnorm", tmp_path)


def sat(rxcui: str, code: str, name: str = "NDC", source: str = "RXNORM") -> str:
    return f"{rxcui}|||||{rxcui}|||{name}|{source}|{code}|N||"


def test_the_codes_of_rxnorm_s_products(tmp_path: Path) -> None:
    concepts = [("1", "IN"), ("2", "IN"), ("10", "SCDC"), ("11", "SCDC"), ("20", "SCD"), ("21", "SBD"), ("30", "SCD")]
    rows = [conso(rxcui, "RXNORM", kind, rxcui, f"name {rxcui}") for rxcui, kind in concepts]
    (tmp_path / "RXNCONSO.RRF").write_text("\n".join(rows) + "\n")
    parts = [rel("10", "1", "ingredient_of"), rel("11", "2", "ingredient_of"), rel("20", "21", "tradename_of")]
    parts += [rel("20", component, "constitutes") for component in ("10", "11")] + [rel("30", "10", "constitutes")]
    (tmp_path / "RXNREL.RRF").write_text("\n".join(parts) + "\n")
    codes = [
        sat("21", "00002821501"),
        sat("21", "00002821559"),
        sat("30", "12345067890"),
        sat("30", "x"),
        sat("9", "99999999999"),
    ]
    codes += [
        sat("30", "00002821501"),
        sat("30", "11111111111", "RXN_STRENGTH"),
        sat("30", "11111111111", "NDC", "VANDF"),
    ]
    (tmp_path / "RXNSAT.RRF").write_text("\n".join(codes) + "\n")
    nodes, _, reasons = read("rxnorm", tmp_path)
    products = {curie: dict(n.properties)["ingredients"] for curie, n in nodes.items() if curie.startswith("NDC:")}
    assert products == {"NDC:000028215": ("RXCUI:1", "RXCUI:2"), "NDC:123450678": ("RXCUI:1",)}
    assert sorted(reasons) == [
        "NDC without a known ingredient",
        "code that is no NDC",
        "package of a product with other ingredients",
    ]


NDC = "PRODUCTID\tPRODUCTNDC\tPROPRIETARYNAME\tNONPROPRIETARYNAME\tSUBSTANCENAME\tNDC_EXCLUDE_FLAG\n"
NDC += "1\t0002-8215\tBrandol\tmetformin hydrochloride\tMETFORMIN HYDROCHLORIDE\tN\n"
NDC += "2\t50580-449\tTwofold\tHydrocodone, Acetaminophen\tACETAMINOPHEN; HYDROCODONE BITARTRATE\tN\n"


def test_the_ndc_directory(tmp_path: Path) -> None:
    more = "3\t50580-449\tTwofold\tx\tHYDROCODONE BITARTRATE; ACETAMINOPHEN\tN\n4\t50580-449\tT\tx\tZINC\tN\n"
    more += "5\t12345-67\tOdd\tx\tZINC\tN\n6\t12345-678\t\tzinc, iron\t\tN\n7\t12345-679\tNothing\t\t\tN\n"
    (tmp_path / "product.txt").write_text(NDC + more)
    nodes, edges, reasons = read("ndc", tmp_path)
    assert not edges
    assert {curie: dict(node.properties)["ingredients"] for curie, node in nodes.items()} == {
        "NDC:000028215": ("metformin hydrochloride",),
        "NDC:505800449": ("acetaminophen", "hydrocodone bitartrate"),
        "NDC:123450678": ("zinc", "iron"),
    }
    assert nodes["NDC:123450678"].name == "zinc, iron"
    assert {node.category for node in nodes.values()} == {Category.NAMED_THING}
    assert sorted(reasons) == [
        "code that is no NDC",
        "product listed again",
        "product listed again with other substances",
        "product without a named substance",
    ]


def test_drugcentral(tmp_path: Path) -> None:
    target = ["DRUG_NAME", "STRUCT_ID", "ACCESSION", "GENE", "ACTION_TYPE", "ORGANISM"]
    rows = [["metformin", "1725", "Q9Y478", "PRKAB1", "ACTIVATOR", "Homo sapiens"]]
    rows.append(["metformin", "1725", "P1", "X", "ACTIVATOR", "Mus musculus"])
    (tmp_path / "drug.target.interaction.tsv").write_text("\n".join("\t".join(r) for r in [target, *rows]) + "\n")
    uses = "struct_id,relationship_name,concept_name,umls_cui,snomed_conceptid\n"
    uses += "1725,indication,Type 2 diabetes mellitus,C0011860,44054006\n1725,contraindication,Acidosis,C0001122,\n"
    uses += "1725,off-label use,Polycystic ovary,,69878008\n1725,diagnosis,x,C1,\n1725,indication,y,,\n"
    (tmp_path / "omop_relationship.csv").write_text(uses)
    identifiers = "identifier\tid_type\tstruct_id\nDB00331\tDRUGBANK_ID\t1725\nCHEBI:6801\tChEBI\t1725\nx\tKEGG\t1725\n"
    (tmp_path / "identifier.tsv").write_text(identifiers)
    nodes, edges, reasons = read("drugcentral", tmp_path)
    assert nodes["DrugCentral:1725"].xrefs == ("CHEBI:6801", "DRUGBANK:DB00331")
    assert ("DrugCentral:1725", Predicate.CONTRAINDICATED_IN, "UMLS:C0001122") in edges
    off_label = edges["DrugCentral:1725", Predicate.TREATS, "SNOMEDCT:69878008"]
    assert dict(off_label.qualifiers) == {"clinical_approval_status_qualifier": "off_label_use"}
    assert ("DrugCentral:1725", Predicate.INTERACTS_WITH, "HGNC.SYMBOL:PRKAB1") in edges
    assert len(edges) == 4
    assert sorted(reasons) == [
        "condition without a UMLS or SNOMED CT code",
        "relation diagnosis has no predicate here",
        "target that is no single human gene",
    ]


CPIC = [
    {
        "genesymbol": "CYP2C19",
        "drugname": "clopidogrel",
        "drugid": "RxNorm:32968",
        "cpiclevel": "A",
        "citations": ["1"],
    },
    {"genesymbol": "CYP2D6", "drugname": "x", "drugid": None, "cpiclevel": "D"},
    {"genesymbol": "G6PD", "drugname": "y", "drugid": "RxNorm:5", "cpiclevel": "B", "removed": True},
]


def test_cpic(tmp_path: Path) -> None:
    (tmp_path / "pair_view.json").write_text(json.dumps(CPIC))
    nodes, edges, reasons = read("cpic", tmp_path)
    assert nodes["RXCUI:32968"].name == "clopidogrel"
    (edge,) = edges.values()
    assert (edge.subject, edge.object) == ("HGNC.SYMBOL:CYP2C19", "RXCUI:32968")
    assert edge.publications == ("PMID:1",)
    assert dict(edge.properties) == {"cpic_level": "A"}
    assert sorted(reasons) == ["drug without an identifier", "pair that CPIC removed"]
    (tmp_path / "pair_view.json").write_text('[{"gene": "CYP2C19"}]')
    with pytest.raises(FormatError, match="no key `genesymbol`"):
        read("cpic", tmp_path)


PATH: dict[str, Any] = {
    "graph": {
        "_id": "DB00331_MESH_D003924_1",
        "drug_mesh": "MESH:D008687",
        "drugbank": "DB:DB00331",
        "disease_mesh": "MESH:D003924",
    },
    "nodes": [
        {"id": "MESH:D008687", "label": "Drug", "name": "metformin"},
        {"id": "UniProt:Q9Y478", "label": "Protein", "name": "AMPK"},
        {"id": "MESH:D003924", "label": "Disease", "name": "type 2 diabetes"},
    ],
    "links": [
        {"source": "MESH:D008687", "key": "increases activity of", "target": "UniProt:Q9Y478"},
        {"source": "UniProt:Q9Y478", "key": "negatively correlated with", "target": "MESH:D003924"},
        {"source": "UniProt:Q9Y478", "key": "in taxon", "target": "taxonomy:9606"},
    ],
}


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("paths.jsonl", lambda paths: "\n".join(map(json.dumps, paths))),
        ("indication_paths.json", json.dumps),
        ("indication_paths.yaml", yaml.safe_dump),
    ],
)
def test_drugmechdb(tmp_path: Path, name: str, write: Callable[[list[Any]], str]) -> None:
    second = {**PATH, "graph": {**PATH["graph"], "_id": "second"}}
    (tmp_path / name).write_text(write([PATH, second]))
    nodes, edges, reasons = read("drugmechdb", tmp_path)
    assert nodes["MESH:D008687"].xrefs == ("DRUGBANK:DB00331",)
    activates = edges["MESH:D008687", Predicate.AFFECTS, "UniProtKB:Q9Y478"]
    assert dict(activates.qualifiers) == {
        "object_aspect_qualifier": "activity",
        "object_direction_qualifier": "increased",
    }
    assert dict(activates.properties)["paths"] == ("DB00331_MESH_D003924_1", "second")
    assert ("MESH:D008687", Predicate.TREATS, "MESH:D003924") in edges
    assert ("UniProtKB:Q9Y478", Predicate.DOWNREGULATES, "MESH:D003924") in edges
    assert reasons == ["relation in taxon has no predicate here"] * 2


def test_drugmechdb_on_the_real_file(shared_data: Callable[[str], Path]) -> None:
    nodes, edges, _ = read("drugmechdb", shared_data("drugmechdb"))
    assert sum(n.category is Category.DRUG for n in nodes.values()) > 500
    assert sum(predicate is Predicate.TREATS for _, predicate, _ in edges) > 1_000


def test_broken_yaml(tmp_path: Path) -> None:
    (tmp_path / "indication_paths.yaml").write_text(yaml.safe_dump([PATH]) + "- graph:\n    a: [b\n  nodes: 1\n")
    with pytest.raises(FormatError, match=f"line {len(yaml.safe_dump([PATH]).splitlines()) + 3}: is not YAML"):
        read("drugmechdb", tmp_path)
    (tmp_path / "indication_paths.yaml").write_text("graph: {}\n")
    with pytest.raises(FormatError, match="is no list; check that it is the file"):
        read("drugmechdb", tmp_path)


def test_what_has_no_prefix_is_skipped(tmp_path: Path) -> None:
    text = yaml.safe_dump([PATH]).replace("MESH:D008687", "8687").replace("DB:DB00331", "331")
    (tmp_path / "indication_paths.yaml").write_text(text)
    nodes, edges, reasons = read("drugmechdb", tmp_path)
    assert nodes.keys() == {"UniProtKB:Q9Y478", "MESH:D003924"}
    assert edges.keys() == {("UniProtKB:Q9Y478", Predicate.DOWNREGULATES, "MESH:D003924")}
    assert sorted(reasons) == [
        "concept whose identifier has no prefix",
        "indication of a combination or of an unnamed end",
        "link whose end has no prefix",
        "relation in taxon has no predicate here",
    ]


PRIMEKG = "relation,display_relation,x_index,x_id,x_type,x_name,x_source,y_index,y_id,y_type,y_name,y_source\n"
PRIMEKG += "contraindication,contraindication,1,DB00331,drug,Metformin,DrugBank,2,5148,disease,acidosis,MONDO\n"
PRIMEKG += "contraindication,contraindication,2,5148,disease,acidosis,MONDO,1,DB00331,drug,Metformin,DrugBank\n"
PRIMEKG += "off-label use,off-label use,1,DB00331,drug,Metformin,DrugBank,3,8487,disease,pcos,MONDO\n"
PRIMEKG += "disease_phenotype_negative,absent,2,5148,disease,acidosis,MONDO,4,1250,effect/phenotype,Seizure,HPO\n"
PRIMEKG += "protein_protein,ppi,5,9796,gene/protein,PHYHIP,NCBI,6,56992,gene/protein,KIF15,NCBI\n"
PRIMEKG += "protein_protein,ppi,6,56992,gene/protein,KIF15,NCBI,5,9796,gene/protein,PHYHIP,NCBI\n"


def test_primekg(tmp_path: Path) -> None:
    (tmp_path / "kg.csv").write_text(PRIMEKG)
    nodes, edges, _ = read("primekg", tmp_path)
    assert nodes.keys() == {
        "DRUGBANK:DB00331",
        "MONDO:0005148",
        "MONDO:0008487",
        "HP:0001250",
        "NCBIGene:9796",
        "NCBIGene:56992",
    }
    assert len(edges) == 4
    assert ("DRUGBANK:DB00331", Predicate.CONTRAINDICATED_IN, "MONDO:0005148") in edges
    assert edges["MONDO:0005148", Predicate.HAS_PHENOTYPE, "HP:0001250"].negated
    off_label = edges["DRUGBANK:DB00331", Predicate.TREATS, "MONDO:0008487"]
    assert dict(off_label.qualifiers) == {"clinical_approval_status_qualifier": "off_label_use"}
    (tmp_path / "kg.csv").write_text(PRIMEKG.replace("contraindication,contra", "cures,contra", 1))
    with pytest.raises(FormatError, match=r'line 2: `relation` is "cures"; allowed: anatomy_anatomy'):
        read("primekg", tmp_path)


DRKG = "Compound::DB00331\tGNBR::T::Compound:Disease\tDisease::MESH:D003924\n"
DRKG += "Gene::5468\tDGIDB::INHIBITOR::Gene:Compound\tCompound::DB00412\n"
DRKG += "Compound::DB00331\tDRUGBANK::ddi-interactor-in::Compound:Compound\tCompound::DB00412\n"
DRKG += "Gene::1\todd::x::Gene:Gene\tGene::2\nPlanet::9\tGNBR::T::Compound:Disease\tDisease::MESH:D1\n"


def test_drkg(tmp_path: Path) -> None:
    (tmp_path / "drkg.tsv").write_text(DRKG)
    nodes, edges, reasons = read("drkg", tmp_path)
    assert nodes["MESH:D003924"].category is Category.DISEASE
    mined = edges["DRUGBANK:DB00331", Predicate.TREATS, "MESH:D003924"]
    assert mined.agent_type is AgentType.TEXT_MINING_AGENT
    inhibits = edges["DRUGBANK:DB00412", Predicate.AFFECTS, "NCBIGene:5468"]
    assert ("object_direction_qualifier", "decreased") in inhibits.qualifiers
    assert "kind Planet has no category here" in reasons
    assert "relation odd::x::Gene:Gene has no predicate here" in reasons


def test_sources_that_need_a_file_say_so() -> None:
    for name in ("sider", "atc", "rxnorm", "ndc", "drugcentral", "cpic", "drugmechdb", "primekg", "drkg", "hetionet"):
        with pytest.raises(InputError, match="--from"):
            open_source(name).input_files(None)
