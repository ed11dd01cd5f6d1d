"""Variants and doses by their form."""

import pytest

from extraction.document import EntityType
from extraction.patterns import Dose, find_patterns, to_dose


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EGFR L858R and T790M", ["L858R", "T790M"]),
        ("BRAF p.Val600Glu", ["p.Val600Glu"]),
        ("CFTR c.1521_1523delCTT", ["c.1521_1523delCTT"]),
        ("rs1799853 in CYP2C9", ["rs1799853"]),
        ("EGFR exon 19 deletion", ["exon 19 deletion"]),
        ("HLA-B*57:01 carriers", ["HLA-B*57:01"]),
        ("CYP2C19*2/*2", ["*2/*2"]),
        ("S100B, H1N1 and P450 are none", []),
        ("vitamin B12 and T4", []),
        ("metformin 500 mg twice daily", ["500 mg twice daily"]),
        ("0.5-1 mg p.o. t.i.d.", ["0.5-1 mg p.o. t.i.d."]),
        ("infliximab 5 mg/kg every 8 weeks", ["5 mg/kg every 8 weeks"]),
        ("albuterol 2 puffs every 4 hours as needed", ["2 puffs every 4 hours as needed"]),
        ("heparin 5,000 units subcutaneously", ["5,000 units subcutaneously"]),
        ("glucose 120 mg/dL, weight 80 kg", []),
        ("grade 3/6 murmur in 2015", []),
    ],
)
def test_found(text: str, expected: list[str]) -> None:
    assert [text[s.start : s.end] for s in find_patterns(text)] == expected


def test_dose_taken_apart() -> None:
    assert to_dose("1,000 mg orally twice daily") == Dose("1000", "mg", "orally", "twice daily")
    assert to_dose("5 mg/kg every 8 weeks") == Dose("5", "mg/kg", "", "every 8 weeks")
    assert to_dose("some") is None


@pytest.mark.parametrize(
    "variant",
    [
        "arginine to tryptophan substitution at codon 198",
        "methionine-->valine substitution at codon 404",
        "arginine at amino acid position 229 by glycine",
        "arginine 150 proline",
        "Arg150Pro",
        "codon 12 from glycine to valine",
        "C-to-T transition at nucleotide 1691",
        "1691G>A",
        "-308G/A",
        "G20210A",
    ],
)
def test_a_variant_may_be_written_out(variant: str) -> None:
    found = find_patterns(f"We saw {variant} in two families.")
    assert [(s.type, s.start, s.end) for s in found] == [(EntityType.VARIANT, 7, 7 + len(variant))]


@pytest.mark.parametrize(
    "text", ["HbA1c 7.2", "glycine and proline", "arginine 150 mg", "blood type A or B", "C4 levels"]
)
def test_what_only_looks_like_a_variant_is_none(text: str) -> None:
    assert EntityType.VARIANT not in {s.type for s in find_patterns(text)}
