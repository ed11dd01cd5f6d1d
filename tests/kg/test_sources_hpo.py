"""HPO from small hand-written files, and the counts of the packaged release."""

from collections import Counter
from pathlib import Path

import pytest

from kg.errors import FormatError, InputError
from kg.model import Edge
from kg.sources import Skip, open_source
from ontologies.biolink import Category, Predicate

OBO = """format-version: 1.2
data-version: hp/releases/2024-01-02

[Term]
id: HP:0000118
name: Phenotypic abnormality

[Term]
id: HP:0001250
name: Seizure
alt_id: HP:0001275
synonym: "Epileptic seizure" EXACT []
synonym: "Fits" RELATED layperson []
xref: MSH:D012640
xref: UMLS:C0036572
is_a: HP:0000118 ! Phenotypic abnormality

[Term]
id: HP:0000006
name: Autosomal dominant inheritance

[Term]
id: HP:0000057
name: obsolete Clitoromegaly
is_obsolete: true
"""
COLUMNS = "database_id disease_name qualifier hpo_id reference evidence onset frequency sex modifier aspect biocuration"
HEADER = COLUMNS.replace(" ", "\t")
ROWS = [
    "OMIM:1\tDisease one\t\tHP:0001250\tPMID:7\tPCS\t\t1/2\t\t\tP\tx",
    "OMIM:1\tDisease one\t\tHP:0001250\tPMID:8\tTAS\t\t1/2\t\t\tP\tx",
    "OMIM:1\tDisease one\t\tHP:0000006\tPMID:7\tIEA\t\t\t\t\tI\tx",
    "ORPHA:2\tDisease two\tNOT\tHP:0001250\tORPHA:2\tTAS\t\tHP:0040283\t\t\tP\tx",
]
GENES = "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n"
GENES += "6323\tSCN1A\tHP:0001250\tSeizure\t-\tOMIM:1\n6323\tSCN1A\tHP:0000006\tx\t-\tOMIM:1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hp.obo").write_text(OBO)
    (tmp_path / "phenotype.hpoa").write_text("#version: 2024-01-02\n" + "\n".join([HEADER, *ROWS]) + "\n")
    (tmp_path / "genes_to_phenotype.txt").write_text(GENES)
    return tmp_path


def test_terms_with_synonyms_xrefs_and_alternative_ids(folder: Path) -> None:
    nodes = {n.curie: n for n in open_source("hpo").read_nodes(folder) if not isinstance(n, Skip)}
    seizure = nodes["HP:0001250"]
    assert seizure.synonyms == ("Epileptic seizure", "Fits")
    assert seizure.xrefs == ("HP:0001275", "MESH:D012640", "UMLS:C0036572")
    assert seizure.category is Category.PHENOTYPIC_FEATURE
    assert nodes["HP:0000006"].category is Category.NAMED_THING
    assert nodes["OMIM:1"].category is Category.DISEASE
    assert nodes["NCBIGene:6323"].name == "SCN1A"
    assert "HP:0000057" not in nodes


def test_what_two_publications_say_alike_is_one_edge_with_both(folder: Path) -> None:
    edges = [e for e in open_source("hpo").read_edges(folder) if isinstance(e, Edge)]
    (edge,) = [e for e in edges if (e.subject, e.object) == ("OMIM:1", "HP:0001250")]
    assert edge.publications == ("PMID:7", "PMID:8")
    assert dict(edge.properties) == {"evidence": ("PCS", "TAS"), "frequency_qualifier": "1/2"}


def test_polarity_aspect_and_genes(folder: Path) -> None:
    edges = {
        (e.subject, e.predicate, e.object): e for e in open_source("hpo").read_edges(folder) if isinstance(e, Edge)
    }
    assert edges["ORPHA:2", Predicate.HAS_PHENOTYPE, "HP:0001250"].negated
    inherited = edges["OMIM:1", Predicate.RELATED_TO, "HP:0000006"]
    assert dict(inherited.properties)["aspect_qualifier"] == "inheritance"
    assert ("NCBIGene:6323", Predicate.GENE_ASSOCIATED_WITH_CONDITION, "OMIM:1") in edges
    assert ("HP:0001250", Predicate.SUBCLASS_OF, "HP:0000118") in edges
    assert len(edges) == 5


def test_a_gene_without_a_symbol_is_named_by_its_identifier(folder: Path) -> None:
    (folder / "genes_to_phenotype.txt").write_text(GENES.replace("SCN1A", "-"))
    nodes = [n for n in open_source("hpo").read_nodes(folder) if not isinstance(n, Skip)]
    assert [n.name for n in nodes if n.category is Category.GENE] == ["NCBIGene:6323"]


def test_version_is_the_ontology_s(folder: Path) -> None:
    assert open_source("hpo").read_version(folder) == "2024-01-02"


def test_a_changed_column_is_named(folder: Path) -> None:
    (folder / "phenotype.hpoa").write_text(HEADER.replace("hpo_id", "term") + "\n")
    with pytest.raises(FormatError, match=r"phenotype\.hpoa, line 1: has no column `hpo_id`"):
        list(open_source("hpo").read_edges(folder))


def test_a_short_row_is_named(folder: Path) -> None:
    (folder / "phenotype.hpoa").write_text(HEADER + "\nOMIM:1\tx\n")
    with pytest.raises(FormatError, match=r"line 2: has 2 cells where the header has 12; column 3 \(`qualifier`\)"):
        list(open_source("hpo").read_nodes(folder))


def test_a_polarity_that_cannot_be_read_is_never_taken_for_yes(folder: Path) -> None:
    path = folder / "phenotype.hpoa"
    path.write_text(path.read_text().replace("\tNOT\t", "\tABSENT\t"))
    with pytest.raises(FormatError, match=r'phenotype\.hpoa, line 6: `qualifier` is "ABSENT"; only NOT and an empty'):
        list(open_source("hpo").read_edges(folder))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds none of hp\.obo"):
        open_source("hpo").input_files(tmp_path)


def test_broken_obo_names_the_line(folder: Path) -> None:
    (folder / "hp.obo").write_text(OBO.replace("name: Seizure", "nameSeizure"))
    with pytest.raises(FormatError, match=r"hp\.obo, line \d+: is not OBO"):
        list(open_source("hpo").read_nodes(folder))


def test_the_packaged_release_is_read_whole() -> None:
    """The release of 2025-01-16: 19,484 terms; 271,702 annotation rows of 12,689 diseases (its own header line)."""
    source = open_source("hpo")
    nodes = list(source.read_nodes(None))
    terms = [n for n in nodes if isinstance(n, Skip) or n.curie.startswith("HP:")]
    assert len(terms) == 19_484
    seen = Counter(
        "joined" if isinstance(e, Skip) else "annotation"
        for e in source.read_edges(None)
        if isinstance(e, Skip) or (e.primary_knowledge_source.endswith("annotations") and e.object.startswith("HP:"))
    )
    assert seen["annotation"] + seen["joined"] == 271_702
