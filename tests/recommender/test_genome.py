"""Findings of genetic tests: what rules name and what reports say."""

from __future__ import annotations

import pytest

from recommender.diplotypes import find_phenotype
from recommender.genome import is_understood, matches_finding
from recommender.patient import GenomicFinding
from recommender.safety.pharmacogenomics import check_pharmacogenomics
from recommender.safety.verdict import Outcome, worst
from recommender.situation import build_situation
from recommender.what_if import change_patient, read_change
from tests.recommender.memory_graph import starter_recommender
from tests.recommender.worlds import patient_with

SAME = [
    ("poor metaboliser", "Poor Metabolizer"),
    ("ultrarapid metaboliser", "CYP2D6 ultrarapid metaboliser"),
    ("*15:02", "HLA-B*15:02:01 present"),
    ("*57:01 negative", "HLA-B*57:01 negative"),
    ("exon19del", "Exon 19 deletion"),
    ("exon14_skipping", "MET exon 14 skipping"),
    ("E746_A750del", "p.(Glu746_Ala750del)"),
    ("wild_type", "KRAS wild-type"),
    ("TPS>=50%", "TPS >= 60 %"),
    ("<1%", "TPS <1%"),
]
OTHER = [
    ("rapid metaboliser", "ultrarapid metaboliser"),
    ("*15:02", "*15:021"),
    ("*3", "*3A/*1"),
    ("*57:01", "HLA-B*57:01 not detected"),
    ("TPS>=1%", "TPS <1%"),
    ("TPS>=50%", "CPS 60"),
    ("CPS>=10", "TPS 60%"),
]


@pytest.mark.parametrize(("rule", "result"), SAME)
def test_a_result_says_what_the_rule_names(rule: str, result: str) -> None:
    assert matches_finding(rule, result)


@pytest.mark.parametrize(("rule", "result"), OTHER)
def test_a_result_says_something_else(rule: str, result: str) -> None:
    assert not matches_finding(rule, result)


# CPIC's gene tables: functions of the alleles, activity scores for CYP2D6, CYP2C9 and DPYD.
DIPLOTYPES = [
    ("CYP2C19", "*2/*2", "poor metaboliser"),
    ("CYP2C19", "*2/*17", "intermediate metaboliser"),
    ("CYP2C19", "*17/*17", "ultrarapid metaboliser"),
    ("CYP2D6", "*4/*5", "poor metaboliser"),
    ("CYP2D6", "*1x2/*2", "ultrarapid metaboliser"),
    ("CYP2D6", "*10/*41", "intermediate metaboliser"),
    ("CYP2C9", "*2/*3", "poor metaboliser"),
    ("CYP2B6", "*6/*6", "poor metaboliser"),
    ("CYP2B6", "*1/*18", "intermediate metaboliser"),
    ("DPYD", "*1/*2A", "intermediate metaboliser"),
    ("TPMT", "*3A/*3C", "poor metaboliser"),
    ("SLCO1B1", "*1/*5", "decreased function"),
    ("UGT1A1", "*28/*28", "poor metaboliser"),
    ("CYP2C19", "*2/*77", ""),
    ("EGFR", "*1/*2", ""),
]


@pytest.mark.parametrize(("gene", "alleles", "phenotype"), DIPLOTYPES)
def test_two_alleles_make_a_phenotype(gene: str, alleles: str, phenotype: str) -> None:
    assert find_phenotype(gene, alleles) == phenotype


def outcome(drug: str, gene: str, finding: str) -> Outcome:
    recommender = starter_recommender()
    patient = recommender.map(patient_with("DOID:0", genome=(GenomicFinding(gene, finding),)))
    (curie,) = recommender.codes.drugs_by_name[drug]
    return worst(check_pharmacogenomics(curie, build_situation(patient, recommender.knowledge), recommender.knowledge))


def test_alleles_alone_reach_the_rule_on_their_phenotype() -> None:
    assert outcome("clopidogrel", "CYP2C19", "*2/*2") is Outcome.BLOCKED
    assert outcome("clopidogrel", "CYP2C19", "*1/*1") is Outcome.OK


def test_a_result_that_nothing_understands_is_not_ok() -> None:
    assert not is_understood("*2/*77")
    assert outcome("clopidogrel", "CYP2C19", "*2/*77") is Outcome.NOT_ASSESSED
    assert outcome("clopidogrel", "CYP2C19", "indeterminate") is Outcome.NOT_ASSESSED


def test_what_if_reads_alleles_too() -> None:
    recommender = starter_recommender()
    changed = change_patient(patient_with("DOID:0"), [read_change("add", "gene:CYP2C19=*2/*2")], recommender.codes)
    assert changed.genome[0].finding.endswith("poor metaboliser (from the alleles)")
