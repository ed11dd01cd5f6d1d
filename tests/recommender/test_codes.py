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
