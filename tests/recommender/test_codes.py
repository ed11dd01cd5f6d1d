"""Mapping of codes and texts to concepts, in its order: code, name, broader code, broader text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recommender.codes import CodeIndex, to_coding
from recommender.facts import Concept as Node
from recommender.facts import Indication, Rows
from recommender.knowledge import Knowledge
from recommender.map_patient import map_patient
from recommender.patient import Coding, Concept, Condition, Mapping
from tests.recommender.worlds import patient_with

NODES = (
    Node(
        "DOID:9352",
        "type 2 diabetes mellitus",
        "Disease",
        ("adult-onset diabetes",),
        ("ICD10CM:E11", "SNOMEDCT:44054006"),
    ),
    Node("DOID:2841", "asthma", "Disease", xrefs=("ICD9CM:493",)),
    Node("HP:0002099", "Asthma", "PhenotypicFeature"),
    Node("DRUGBANK:S", "simvastatin", "Drug", ("Zocor",), ("RXCUI:36567",)),
    Node("theragraph.class:penicillins", "Penicillins", "ChemicalEntity", kind="allergy"),
)
INDEX = CodeIndex.from_knowledge(
    Knowledge.from_rows(Rows(concepts=NODES, indications=(Indication("DRUGBANK:S", "DOID:2841", "L1"),)))
)


def condition(text: str, *codes: str) -> tuple[tuple[str, ...], Mapping]:
    found = INDEX.map_condition(Concept(text, tuple(Coding(c) for c in codes)))
    return found.curies, found.mapping


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("whatever", "SNOMEDCT:44054006", (("DOID:9352",), Mapping.EXACT)),
        ("whatever", "ICD10CM:E11.65", (("DOID:9352",), Mapping.BROAD)),
        ("whatever", "ICD9CM:493.90", (("DOID:2841",), Mapping.BROAD)),
        ("Diabetes mellitus, type 2 (disorder)", "SNOMEDCT:0", (("DOID:9352",), Mapping.CLOSE)),
        ("Adult-onset diabetes", "", (("DOID:9352",), Mapping.CLOSE)),
        ("severe persistent asthma", "", (("DOID:2841",), Mapping.BROAD)),
        ("gobbledygook", "SNOMEDCT:0", ((), Mapping.UNMAPPED)),
    ],
)
def test_conditions(text: str, code: str, expected: tuple[tuple[str, ...], Mapping]) -> None:
    assert condition(text, *([code] if code else [])) == expected


def test_of_two_concepts_of_one_name_the_treated_one_is_taken() -> None:
    assert condition("asthma")[0] == ("DOID:2841",)


def test_drugs_by_code_and_by_brand() -> None:
    by_code = INDEX.map_medication(Concept("?", (Coding("RXCUI:36567"),)))
    by_name = INDEX.map_medication(Concept("Zocor 10 MG Oral Tablet"))
    assert by_code.curies == by_name.curies == ("DRUGBANK:S",)


@pytest.mark.parametrize("text", ["Penicillins", "PCN", "Allergy to penicillin"])
def test_allergies_may_be_to_a_class(text: str) -> None:
    assert INDEX.map_allergy(Concept(text)).curies == ("theragraph.class:penicillins",)


def test_icd_codes_get_their_dot() -> None:
    assert to_coding("http://hl7.org/fhir/sid/icd-10-cm", "E1165", "").curie == "ICD10CM:E11.65"
    assert to_coding("http://unheard.of", "1", "x") == Coding("", "x")


def test_history_makes_a_condition_past_and_family_history_makes_it_another_s() -> None:
    said = [Condition(Concept(t), "active") for t in ("History of asthma", "Family history of asthma", "nonsense")]
    mapped = map_patient(replace(patient_with(), conditions=tuple(said)), INDEX)
    assert [(c.concept.curies, c.is_past) for c in mapped.conditions] == [(("DOID:2841",), True), ((), False)]
    assert len(mapped.family_history) == 1
    assert [u.text for u in mapped.unmapped] == ["nonsense"]


def test_an_ndc_leads_to_all_ingredients_of_its_product_or_to_none() -> None:
    drugs = (
        Node("DRUGBANK:M", "metformin", "Drug", xrefs=("RXCUI:6809",)),
        Node("DRUGBANK:G", "glipizide", "Drug"),
    )
    products = (
        ("NDC:000028215", ("metformin hydrochloride",)),
        ("NDC:505800449", ("glipizide", "metformin hydrochloride")),
        ("NDC:111110001", ("glipizide", "unheardofin")),
        ("NDC:222220002", ("RXCUI:6809",)),
        ("NDC:333330003", ("RXCUI:1",)),
    )
    index = CodeIndex.from_knowledge(Knowledge.from_rows(Rows(concepts=drugs, products=products)))

    def drug(code: str, text: str = "") -> tuple[tuple[str, ...], Mapping]:
        coding = to_coding("http://hl7.org/fhir/sid/ndc", code, "")
        found = index.map_medication(Concept(text, (coding,)))
        return found.curies, found.mapping

    assert drug("0002-8215-01") == drug("00002821501") == drug("0002-8215") == (("DRUGBANK:M",), Mapping.EXACT)
    assert drug("50580-449-10") == (("DRUGBANK:G", "DRUGBANK:M"), Mapping.EXACT)
    assert drug("22222-002-01") == (("DRUGBANK:M",), Mapping.EXACT)
    for code in ("11111-001-01", "33333-003-01", "0002821501", "99999-999-99", "nonsense"):
        assert drug(code) == ((), Mapping.UNMAPPED), code
        assert drug(code, "glipizide 5 MG") == (("DRUGBANK:G",), Mapping.EXACT), code


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.codes.MAX_REMEMBERED", 3)
    index = CodeIndex.from_knowledge(Knowledge.from_rows(Rows(concepts=NODES)))
    for number in range(10):
        assert index.map_medication(Concept(f"{number} simvastatin")).curies == ("DRUGBANK:S",)
        assert len(index._seen) <= 3
