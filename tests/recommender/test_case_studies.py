"""EGFR-mutated lung cancer, liver transplantation with tacrolimus, PD-L1-guided immunotherapy: synthetic patients."""

from __future__ import annotations

from datetime import date
from typing import Any

from recommender.plan import RECOMMENDED, Line, Plan
from recommender.read_yaml import read_plain
from recommender.safety.verdict import Check, Outcome
from tests.recommender.memory_graph import starter_recommender

DAY = date(2026, 9, 14)
BASE: dict[str, Any] = {
    "sex": "female",
    "birth_date": "1965-04-02",
    "medications": "none",
    "allergies": "none",
    "pregnant": False,
    "measurements": {
        "creatinine_mg_dl": 0.8,
        "weight_kg": 62,
        "bilirubin_mg_dl": 0.5,
        "albumin_g_dl": 4.1,
        "qtc_ms": 420,
    },
}


def plan_for(**more: Any) -> Plan:
    patient = read_plain({"patient_id": "case", "as_of": "2026-09-14", **BASE, **more}, as_of=DAY)
    return starter_recommender().recommend(patient)


def lines_with(plan: Plan, name: str) -> list[Line]:
    return [line for line in plan.lines if name in [d.name for d in line.drugs]]


def test_an_egfr_mutation_brings_osimertinib_first() -> None:
    plan = plan_for(conditions=["lung non-small cell carcinoma"], genome={"EGFR": "L858R"})
    first = plan.lines[0]
    assert first.drugs[0].name == "osimertinib"
    assert first.line_of_therapy == 1
    assert any(c.name == "biomarker" and "EGFR" in c.because for c in first.contributions)


def test_without_a_test_no_egfr_inhibitor_is_proposed_and_the_plan_says_why() -> None:
    plan = plan_for(conditions=["lung non-small cell carcinoma"])
    assert lines_with(plan, "osimertinib") == []
    reasons = {d.name: x.reason for x in plan.left_out for d in x.drugs}
    assert "not tested" in reasons["osimertinib"]


def test_the_wild_type_is_tested_and_not_found() -> None:
    plan = plan_for(conditions=["lung non-small cell carcinoma"], genome={"EGFR": "wild type"})
    assert lines_with(plan, "osimertinib") == []
    assert any("tested and not found" in x.reason for x in plan.left_out)


def test_pd_l1_of_half_the_cells_brings_pembrolizumab() -> None:
    plan = plan_for(conditions=["lung non-small cell carcinoma"], genome={"PD-L1": "TPS 80%", "EGFR": "wild type"})
    assert lines_with(plan, "pembrolizumab")
    low = plan_for(conditions=["lung non-small cell carcinoma"], genome={"PD-L1": "TPS 0%", "EGFR": "wild type"})
    alone = [
        line for line in lines_with(low, "pembrolizumab") if any(c.name == "biomarker" for c in line.contributions)
    ]
    assert alone == []


def test_tacrolimus_after_liver_transplantation_is_monitored_and_checked_for_interactions() -> None:
    plan = plan_for(conditions=["liver transplantation"], medications=["clarithromycin"])
    assert [x for x in plan.alerts if x.check is Check.INTERACTION] == []  # one drug alone cannot interact
    tacrolimus = lines_with(plan, "tacrolimus") + [
        e for e in plan.excluded if "tacrolimus" in [d.name for d in e.drugs]
    ]
    assert tacrolimus
    found = [v for x in tacrolimus for v in x.verdicts if v.check is Check.INTERACTION and v.outcome is not Outcome.OK]
    assert any("larithromycin" in v.rule or "acrolide" in v.rule or "CYP3A4" in v.rule for v in found)
    undisturbed = lines_with(plan_for(conditions=["liver transplantation"]), "tacrolimus")
    assert undisturbed
    assert any("acrolimus" in m.measure or "trough" in m.when.lower() for m in undisturbed[0].monitoring)


def test_a_transplantation_on_record_as_a_procedure_is_planned_for() -> None:
    plan = plan_for(procedures=["Transplantation of liver (procedure)"])
    assert [c.condition.name for c in plan.conditions] == ["liver transplantation"]
    assert lines_with(plan, "tacrolimus")


def test_greedy_choice_is_wrong_for_arthrosis_with_anxiety() -> None:
    """Best first would be naproxen, then duloxetine, and the two together bleed: the set takes paracetamol instead."""
    conditions = ["osteoarthritis", "generalized anxiety disorder"]
    alone = plan_for(conditions=conditions[:1])
    assert alone.lines[0].drugs[0].name == "naproxen"
    plan = plan_for(conditions=conditions)
    assert [line.regimen for line in plan.lines if line.role == RECOMMENDED] == ["paracetamol", "duloxetine"]
    assert any("would have been naproxen, duloxetine" in note for note in plan.notes)
