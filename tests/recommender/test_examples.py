"""The three example patients, end to end on the starter knowledge."""

from __future__ import annotations

from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle

from recommender.plan import RECOMMENDED, Plan
from recommender.read_fhir import read_json
from recommender.read_patient import read_patient
from recommender.safety.verdict import Check, Outcome
from tests.recommender.memory_graph import starter_recommender

PATIENTS = Path(__file__).parents[2] / "examples" / "patients"


def plan_for(name: str) -> Plan:
    return starter_recommender().recommend(read_patient(PATIENTS / f"{name}.json"))


def names(plan: Plan, role: str = RECOMMENDED) -> set[str]:
    return {d.name for line in plan.lines if line.role == role for d in line.drugs}


@pytest.mark.parametrize("name", ["allergy", "interaction", "abstain"])
def test_the_examples_are_valid_fhir_and_map_completely(name: str) -> None:
    Bundle.model_validate(read_json(PATIENTS / f"{name}.json"))
    plan = plan_for(name)
    assert plan.issues == ()
    assert plan.unmapped == ()


def test_penicillin_anaphylaxis_blocks_the_first_choice_for_pneumonia() -> None:
    plan = plan_for("allergy")
    blocked = {d.name: e for e in plan.excluded for d in e.drugs}
    assert "amoxicillin" in blocked
    assert any(v.check is Check.ALLERGY and v.outcome is Outcome.BLOCKED for v in blocked["amoxicillin"].verdicts)
    shown = {d.name for line in plan.lines for d in line.drugs}
    assert shown.isdisjoint({"amoxicillin", "piperacillin", "ampicillin"})
    assert not plan.abstained
    assert blocked["amoxicillin"].counterfactual.startswith("would be first without the allergy")


def test_warfarin_keeps_nsaids_out_of_the_gout_plan() -> None:
    plan = plan_for("interaction")
    blocked = {d.name for e in plan.excluded for d in e.drugs}
    assert {"naproxen", "indometacin"} & blocked
    gout = [line for line in plan.lines if line.condition.name == "gout"]
    assert gout
    assert not {d.name for line in gout for d in line.drugs} & {"naproxen", "indometacin", "ibuprofen"}


def test_the_third_patient_has_nothing_left_and_is_told_so() -> None:
    plan = plan_for("abstain")
    assert plan.abstained
    assert plan.lines == ()
    assert "refer" in plan.reason
    checks = {v.check for e in plan.excluded for v in e.verdicts if v.outcome is Outcome.BLOCKED}
    assert checks == {Check.PHARMACOGENOMICS, Check.ALLERGY}
