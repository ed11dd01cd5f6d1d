"""The deterministic recognizer."""

from extraction.dictionary import build_dictionary, read_terms
from extraction.document import EntityType
from kg.model import Node
from ontologies.biolink import Category


def found(text: str, *nodes: Node) -> list[tuple[str, str, str]]:
    return [(text[s.start : s.end], s.type.value, s.curie) for s in build_dictionary(nodes).find(text)]


def test_phenotypes_of_hpo_by_synonym_and_plural() -> None:
    assert found("He has shortness of breath and headaches.") == [
        ("shortness of breath", "symptom", "HP:0002094"),
        ("headaches", "symptom", "HP:0002315"),
    ]


def test_genes_match_only_as_written() -> None:
    assert found("EGFR and CYP2C19") == [("EGFR", "gene", "NCBIGene:1956"), ("CYP2C19", "gene", "NCBIGene:1557")]
    assert found("they met and had a cat") == []


def test_longest_name_wins() -> None:
    nodes = (
        Node("x:1", Category.DISEASE, "zorb fever", "infores:x"),
        Node("x:2", Category.DISEASE, "mild zorb fever", "infores:x"),
    )
    assert found("A mild zorb fever.", *nodes) == [("mild zorb fever", "disease", "x:2")]


def test_graph_names_come_before_the_tables() -> None:
    node = Node("x:1", Category.DISEASE, "headache", "infores:x")
    assert found("headache", node) == [("headache", "disease", "x:1")]


def test_name_does_not_cross_a_comma_or_a_sentence() -> None:
    node = Node("x:1", Category.DISEASE, "zorb fever", "infores:x")
    assert found("zorb. fever", node) == [("fever", "symptom", "HP:0001945")]
    assert ("zorb, fever", "disease", "x:1") not in found("zorb, fever", node)


def test_laboratory_tests_and_procedures() -> None:
    text = "HbA1c was 8 %, CT scan ordered"
    assert [(t, k) for t, k, _ in found(text)] == [("HbA1c", "lab_test"), ("CT scan", "procedure")]


def test_types_can_be_restricted() -> None:
    dictionary = build_dictionary(types=[EntityType.GENE])
    assert [s.type for s in dictionary.find("EGFR and headache")] == [EntityType.GENE]


def test_recognizer_is_the_same_as_find() -> None:
    dictionary = build_dictionary()
    assert list(dictionary.recognize(["Fever and cough."])) == [dictionary.find("Fever and cough.")]


def test_starter_conditions_come_before_phenotypes_of_the_same_name() -> None:
    text = "atrial fibrillation treated with apixaban"
    assert [(t, k, c.split(":")[0]) for t, k, c in found(text)] == [
        ("atrial fibrillation", "disease", "DOID"),
        ("apixaban", "drug", "DRUGBANK"),
    ]


def test_every_term_has_a_name() -> None:
    assert all(term.names for term in read_terms())


def test_what_the_ontology_calls_its_relations_is_no_name() -> None:
    assert build_dictionary(()).find("Part of her workup; the top part of the skin.") == []
