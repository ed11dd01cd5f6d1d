"""Look-alike names that mean the reverse."""

import pytest

from extraction.opposites import are_opposite


@pytest.mark.parametrize(
    ("kind", "name", "other", "opposite"),
    [
        ("disease", "decline in blood pressure", "hypertension", True),
        ("disease", "raised potassium", "hypokalemia", True),
        ("disease", "neutropenia", "leukocytosis", True),
        ("disease", "loss of neutrophils", "neutrophilia hereditary", True),
        ("disease", "weight increase", "weight loss", True),
        ("disease", "bradycardia", "tachycardia", True),
        ("disease", "hypoxia", "hyperoxia", True),
        ("disease", "non alcoholic liver disease", "liver disease alcoholic", True),
        ("disease", "nonepileptic attack", "epilepsy", True),
        ("disease", "hyperkalemia", "elevated potassium", False),
        ("disease", "decreased hypersensitivity", "hypersensitivity", False),
        ("disease", "steroid 21 hydroxylase deficiency", "adrenal hyperplasia congenital", False),
        ("disease", "lower limb oedema", "hypertension", False),
        ("disease", "roseola", "hypotension", False),
        ("disease", "fallot s tetralogy", "hypertension pulmonary", False),
        ("disease", "hypothalamic obesity", "hyperphagia", False),
        ("disease", "non small cell lung cancer", "carcinoma non small cell lung", False),
        ("disease", "non alcoholic liver disease", "liver disease", False),
        ("disease", "anti nmda receptor encephalitis", "encephalitis", False),
        ("drug", "benzodiazepine antagonist", "benzodiazepine", True),
        ("drug", "potassium lowering", "potassium", True),
        ("drug", "anti androgen", "androgen", True),
        ("drug", "beta blocker", "adrenergic beta antagonist", False),
        ("drug", "antibody", "monoclonal", False),
    ],
)
def test_both_ways(kind: str, name: str, other: str, opposite: bool) -> None:
    assert are_opposite(kind, name, other) is opposite
    assert are_opposite(kind, other, name) is opposite
