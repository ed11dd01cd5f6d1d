"""The smallest change of one fact that would let an excluded drug pass, check by check, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from recommender.build_plan import build_plan
from recommender.facts import (
    AgeLimit,
    Contraindication,
    GeneDrug,
    HepaticLimit,
    LifestyleLimit,
    QtRisk,
    RenalLimit,
    ReproductiveLimit,
)
from recommender.knowledge import Knowledge
from recommender.patient import GenomicFinding, LifestyleFact
from recommender.write_plan import PlanConfig
from tests.recommender.worlds import (
    CEPHALOSPORIN,
    INFECTION,
    PENICILLIN,
    ULCER,
    measured,
    patient_with,
    small_rows,
    small_world,
)

EGFR, CRCL = "egfr_ml_min_1_73m2", "crcl_ml_min"
CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("renal_limits", {"r": RenalLimit(PENICILLIN, EGFR, 30.0, verdict="blocked")},
     {"measurements": (measured(EGFR, 20.0),)}, "if eGFR ≥ 30"),
    ("renal_limits", {"r": RenalLimit(PENICILLIN, CRCL, 15.0, verdict="blocked")},
     {"measurements": (measured(CRCL, 10.0),)}, "if creatinine clearance ≥ 15 mL/min"),
    ("hepatic_limits", {"r": HepaticLimit(PENICILLIN, "C", verdict="blocked")}, {"child_pugh": "C"},
     "if Child-Pugh were B"),
    ("age_limits", {"r": AgeLimit(PENICILLIN, 18.0, None, verdict="blocked")},
     {"birth_date": None, "stated_age_years": 12.0}, "from 18 years on"),
    ("age_limits", {"r": AgeLimit(PENICILLIN, None, 75.0, verdict="blocked")},
     {"birth_date": None, "stated_age_years": 80.0}, "up to 75 years"),
    ("reproductive_limits", {"r": ReproductiveLimit(PENICILLIN, "lactation", verdict="blocked")},
     {"sex": "female", "lactating": True}, "if not breast-feeding"),
    ("gene_drug", {"r": GeneDrug(PENICILLIN, "CYP2C19", "poor metaboliser", "toxicity", verdict="blocked")},
     {"genome": (GenomicFinding("CYP2C19", "poor metaboliser"),)}, "without this result of CYP2C19"),
    ("qt_risks", {"r": QtRisk(PENICILLIN, "known")}, {"measurements": (measured("qtc_ms", 510.0),)},
     "if QTc were below 500 ms"),
    ("lifestyle_limits", {"r": LifestyleLimit(PENICILLIN, "alcohol", verdict="blocked")},
     {"lifestyle": (LifestyleFact("alcohol", True),)}, "without alcohol"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "row", "facts", "words"), CASES, ids=[c[3] for c in CASES])
def test_the_smallest_change_is_named(table: str, row: dict[str, Any], facts: dict[str, Any], words: str) -> None:
    rows = small_rows()
    world = Knowledge.from_rows(replace(rows, **{table: (*getattr(rows, table), row["r"])}))
    plan = build_plan(patient_with(INFECTION, **facts), world)
    (excluded,) = [e for e in plan.excluded if e.drugs[0].curie == PENICILLIN]
    assert f" {words} (score " in excluded.counterfactual


def test_two_blocking_facts_have_no_single_change() -> None:
    rows = small_rows()
    limits = (*rows.renal_limits, RenalLimit(PENICILLIN, EGFR, 30.0, verdict="blocked"))
    ulcer = (*rows.contraindications, Contraindication(PENICILLIN, ULCER, "absolute"))
    world = Knowledge.from_rows(replace(rows, renal_limits=limits, contraindications=ulcer))
    plan = build_plan(patient_with(INFECTION, ULCER, measurements=(measured(EGFR, 20.0),)), world)
    excluded = next(e for e in plan.excluded if e.drugs[0].curie == PENICILLIN)
    assert excluded.counterfactual == ""


LISTED = PlanConfig(formulary=frozenset({CEPHALOSPORIN}))  # which leaves penicillin 15 points ahead
WARNED: list[tuple[str, Any, dict[str, Any], dict[str, Any], str]] = [
    ("renal_limits", RenalLimit(PENICILLIN, EGFR, 45.0, verdict="caution"), {"measurements": (measured(EGFR, 40.0),)},
     {"measurements": (measured(EGFR, 45.0),)}, "if eGFR ≥ 45"),
    ("age_limits", AgeLimit(PENICILLIN, None, 65.0, verdict="caution"), {"birth_date": None, "stated_age_years": 80.0},
     {"birth_date": None, "stated_age_years": 65.0}, "up to 65 years"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "limit", "facts", "changed", "words"), WARNED, ids=[w[4] for w in WARNED])
def test_the_smallest_change_that_flips_the_order(
    table: str, limit: Any, facts: dict[str, Any], changed: dict[str, Any], words: str
) -> None:
    rows = small_rows()
    world = Knowledge.from_rows(replace(rows, **{table: (*getattr(rows, table), limit)}))
    before, after = (build_plan(patient_with(INFECTION, **f), world, LISTED).lines for f in (facts, changed))
    assert [line.drugs[0].curie for line in before[:2]] == [CEPHALOSPORIN, PENICILLIN]
    assert [line.drugs[0].curie for line in after[:2]] == [PENICILLIN, CEPHALOSPORIN]
    assert before[1].counterfactuals == (f"would be first {words} (score {after[0].score} against {after[1].score})",)


def test_two_cautions_have_no_single_change() -> None:
    rows = small_rows()
    warned = replace(rows, contraindications=(*rows.contraindications, Contraindication(PENICILLIN, ULCER, "relative")))
    limits = (*rows.renal_limits, RenalLimit(PENICILLIN, EGFR, 45.0, verdict="caution"))
    world = Knowledge.from_rows(replace(warned, renal_limits=limits))
    facts = {"measurements": (measured(EGFR, 40.0),)}
    lines = build_plan(patient_with(INFECTION, ULCER, **facts), world, LISTED).lines
    (penicillin,) = [line for line in lines if line.drugs[0].curie == PENICILLIN]
    assert penicillin.counterfactuals == ()


def test_the_first_regimen_says_by_how_much_it_leads() -> None:
    """Penicillin 600 + 150, cephalosporin 600 + 75; the unknown renal check and class cost both the same."""
    (line, *_) = build_plan(patient_with(INFECTION), small_world()).lines
    assert line.counterfactuals == ("leads cephalosporin by 75 points",)
