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
from tests.recommender.worlds import (
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


def test_the_first_regimen_says_by_how_much_it_leads() -> None:
    """Penicillin 600 + 150, cephalosporin 600 + 75; the unknown renal check and class cost both the same."""
    (line, *_) = build_plan(patient_with(INFECTION), small_world()).lines
    assert line.counterfactuals == ("leads cephalosporin by 75 points",)
