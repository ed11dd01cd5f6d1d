"""Codes of patient records to CURIEs."""

import pytest

from ontologies.codes import CodeMatch, CodeTable, normalise_code


@pytest.fixture
def table() -> CodeTable:
    return CodeTable.from_xrefs(
        [
            ("DOID:9352", ["ICD10CM:E11", "SNOMEDCT_US_2023_03_01:44054006", "ICD9CM:250.00"]),
            ("DOID:9351", ["ICD9CM:250", "UMLS_CUI:C0011849"]),
            ("DOID:1", ["ICD10CM:E11"]),
        ]
    )


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("ICD9CM:25000", "ICD9CM:250.00"),
        ("ICD9CM:250.00", "ICD9CM:250.00"),
        ("ICD9:V5867", "ICD9CM:V58.67"),
        ("ICD9:E9350", "ICD9CM:E935.0"),
        ("ICD9CM:401", "ICD9CM:401"),
        ("ICD10CM:E1165", "ICD10CM:E11.65"),
        ("ICD10CM:M1A00X0", "ICD10CM:M1A.00X0"),
        ("ICD10CM:i10", "ICD10CM:I10"),
        ("SNOMEDCT_US:44054006", "SNOMEDCT:44054006"),
    ],
)
def test_written_form(code: str, written: str) -> None:
    assert normalise_code(code) == written


def test_exact_codes(table: CodeTable) -> None:
    assert table.match("SNOMEDCT:44054006") == (CodeMatch("DOID:9352", "exact"),)
    assert table.match("UMLS:C0011849") == (CodeMatch("DOID:9351", "exact"),)
    assert table.match("DOID:9351") == (CodeMatch("DOID:9351", "exact"),)


def test_a_code_of_several_concepts_gives_all_sorted(table: CodeTable) -> None:
    assert table.match("ICD10CM:E11") == (CodeMatch("DOID:1", "exact"), CodeMatch("DOID:9352", "exact"))


def test_a_longer_icd_code_is_found_above_and_says_so(table: CodeTable) -> None:
    assert table.match("ICD9CM:25092") == (CodeMatch("DOID:9351", "broad"),)
    assert {m.mapping for m in table.match("ICD10CM:E11.3293")} == {"broad"}


def test_the_who_classification_is_a_sister(table: CodeTable) -> None:
    assert {m.curie for m in table.match("ICD10:E11")} == {"DOID:1", "DOID:9352"}
    assert {m.mapping for m in table.match("ICD10:E11")} == {"exact"}


def test_unknown_codes(table: CodeTable) -> None:
    assert table.match("SNOMEDCT:1") == ()
    assert table.match("ICD10CM:Z99") == ()
    assert table.match("LOINC:4548-4") == ()
