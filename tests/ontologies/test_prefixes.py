"""The prefix map."""

import pytest

from ontologies.prefixes import from_fhir_code, from_iri, normalise_curie, normalise_prefix, read_prefix_map, to_iri


@pytest.mark.parametrize(
    ("text", "curie"),
    [
        ("MESH:D003924", "MESH:D003924"),
        ("MeSH:D003924", "MESH:D003924"),
        ("mesh:D003924", "MESH:D003924"),
        ("MSH:D003924", "MESH:D003924"),
        ("DB00331", "DRUGBANK:DB00331"),
        ("DB:DB00331", "DRUGBANK:DB00331"),
        ("Compound::DB00331", "DRUGBANK:DB00331"),
        ("Disease::DOID:9352", "DOID:9352"),
        ("Gene::5468", "NCBIGene:5468"),
        ("Side Effect::C0027497", "UMLS:C0027497"),
        ("Symptom::D003371", "MESH:D003371"),
        ("Anatomy::UBERON:0000948", "UBERON:0000948"),
        ("Pharmacologic Class::N0000175565", "NDFRT:N0000175565"),
        ("Biological Process::GO:0006915", "GO:0006915"),
        ("Pathway::WP15_r1", "WIKIPATHWAYS:WP15_r1"),
        ("Compound::pubchem:4091", "PUBCHEM.COMPOUND:4091"),
        ("MIM:222100", "OMIM:222100"),
        ("ORDO:2590", "ORPHA:2590"),
        ("Orphanet:2590", "ORPHA:2590"),
        ("UMLS_CUI:C0011860", "UMLS:C0011860"),
        ("SNOMEDCT_US_2023_03_01:44054006", "SNOMEDCT:44054006"),
        ("UniProt:P37231", "UniProtKB:P37231"),
        ("http://purl.obolibrary.org/obo/DOID_9352", "DOID:9352"),
        ("mine:1", "mine:1"),
        ("plain words", "plain words"),
    ],
)
def test_every_spelling_leads_to_one_curie(text: str, curie: str) -> None:
    assert normalise_curie(text) == curie


def test_normalising_twice_changes_nothing() -> None:
    for record in read_prefix_map().records:
        assert normalise_prefix(normalise_prefix(record.prefix)) == record.prefix


@pytest.mark.parametrize(
    "curie",
    ["DOID:9352", "OMIM:222100", "theragraph.class:ace_inhibitors", "mine:a b", "x:ü/%", "CHEMBL.COMPOUND:CHEMBL1431"],
)
def test_iri_round_trip(curie: str) -> None:
    assert from_iri(to_iri(curie)) == curie


def test_fhir_systems() -> None:
    assert from_fhir_code("http://snomed.info/sct", "44054006") == "SNOMEDCT:44054006"
    assert from_fhir_code("http://hl7.org/fhir/sid/icd-10-cm", "E11.9") == "ICD10CM:E11.9"
    assert from_fhir_code("http://www.nlm.nih.gov/research/umls/rxnorm", "6809") == "RXCUI:6809"
    assert from_fhir_code("http://example.org/local", "1") is None
    assert from_fhir_code("http://snomed.info/sct", " ") is None
