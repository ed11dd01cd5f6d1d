"""Plans over the small world, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recommender.build_plan import build_plan
from recommender.facts import Indication, Interaction
from recommender.knowledge import Knowledge
from recommender.plan import ALTERNATIVE, RECOMMENDED, Plan
from recommender.safety.verdict import Outcome
from recommender.score import Ranked
from recommender.situation import Situation
from tests.recommender.worlds import (
    CLOT,
    INFECTION,
    LABEL,
    MACROLIDE,
    NSAID,
    PAIN,
    PENICILLIN,
    WARFARIN,
    allergic_to,
    patient_with,
    small_rows,
    small_world,
    taking,
)

WORLD = small_world()


def chosen(plan: Plan) -> list[str]:
    return [d.name for line in plan.lines if line.role == RECOMMENDED for d in line.drugs]


def test_the_first_line_leads_and_the_others_follow() -> None:
    plan = build_plan(patient_with(INFECTION), WORLD)
    assert [line.drugs[0].name for line in plan.lines] == ["penicillin", "cephalosporin", "macrolide"]
    assert [line.role for line in plan.lines] == [RECOMMENDED, ALTERNATIVE, ALTERNATIVE]
    assert not plan.abstained


def test_the_score_of_a_line_is_the_sum_of_its_contributions() -> None:
    line = build_plan(patient_with(INFECTION), WORLD).lines[0]
    # L1 600 + first line 150 - unknown side effects 40 - two checks not assessed 10
    assert line.score == sum(c.value for c in line.contributions) == 700


def test_an_allergy_moves_the_first_choice_to_the_excluded() -> None:
    plan = build_plan(patient_with(INFECTION, allergies=allergic_to(PENICILLIN)), WORLD)
    assert chosen(plan) == ["cephalosporin"]  # 600 + 75 - 40 - 10 - 100 = 525 beats 450 - 40 - 10 = 400
    assert [e.drugs[0].name for e in plan.excluded] == ["penicillin"]
    assert plan.excluded[0].counterfactual == "would be first without the allergy to penicillin (score 700)"


def test_a_drug_without_safety_knowledge_is_excluded_however_good_its_evidence() -> None:
    rows = small_rows()
    rows = replace(rows, indications=(*rows.indications, Indication("DRUGBANK:X", INFECTION, "L1", 1)))
    plan = build_plan(patient_with(INFECTION), Knowledge.from_rows(rows))
    assert "DRUGBANK:X" in [e.drugs[0].curie for e in plan.excluded]
    assert "DRUGBANK:X" not in [d.curie for line in plan.lines for d in line.drugs]


def test_the_plan_abstains_when_everything_is_excluded() -> None:
    plan = build_plan(patient_with(CLOT, medications=taking(NSAID)), WORLD)
    assert plan.abstained
    assert plan.lines == ()
    assert "refer" in plan.reason


def test_the_plan_abstains_for_an_unknown_condition_and_for_the_dead() -> None:
    assert build_plan(patient_with("DOID:99"), WORLD).abstained
    dead = build_plan(patient_with(INFECTION, deceased=True), WORLD)
    assert dead.abstained
    assert "died" in dead.reason


def test_the_set_is_safe_where_greedy_choice_is_not_possible() -> None:
    plan = build_plan(patient_with(PAIN, CLOT), WORLD)
    assert chosen(plan) == ["paracetamol", "warfarin"]
    assert "nsaid" in [e.drugs[0].name for e in plan.excluded]
    assert any("one by one" in note for note in plan.notes)


def test_current_medications_are_checked_against_each_other_outside_of_the_lines() -> None:
    plan = build_plan(patient_with(INFECTION, medications=taking(WARFARIN, NSAID)), WORLD)
    assert [(v.check.value, v.outcome) for v in plan.alerts] == [("interaction", Outcome.BLOCKED)]


def test_a_combination_is_checked_drug_by_drug_and_with_itself() -> None:
    rows = small_rows()
    regimen = Indication(MACROLIDE, INFECTION, "L1", 1, "combination", (NSAID, WARFARIN), citation=LABEL)
    plan = build_plan(
        patient_with(INFECTION), Knowledge.from_rows(replace(rows, indications=(regimen, *rows.indications)))
    )
    assert ("macrolide", "nsaid", "warfarin") in [tuple(d.name for d in e.drugs) for e in plan.excluded]


def test_reordering_cannot_bring_in_what_did_not_pass() -> None:
    blocked = build_plan(patient_with(INFECTION), WORLD).lines[0]

    def smuggle(situation: Situation, ranked: Ranked) -> Ranked:
        first = ranked.scored[0]
        forged = replace(first, candidate=replace(first.candidate, drugs=(PENICILLIN,)))
        return Ranked(ranked.condition, (forged, *reversed(ranked.scored)))

    plan = build_plan(patient_with(INFECTION, allergies=allergic_to(PENICILLIN)), WORLD, reorder=smuggle)
    assert blocked.drugs[0].name not in [d.name for line in plan.lines for d in line.drugs]


def test_a_model_only_line_says_so() -> None:
    rows = small_rows()
    predicted = Indication(MACROLIDE, PAIN, "L5", probability=0.9, run="r1")
    world = Knowledge.from_rows(replace(rows, indications=(*rows.indications, predicted)))
    line = next(x for x in build_plan(patient_with(PAIN), world).lines if x.drugs[0].curie == MACROLIDE)
    assert line.evidence.is_model_only
    assert {c.name: c.value for c in line.contributions}["graph_probability"] == 90


@pytest.mark.parametrize("severity", ["minor", "moderate", "major"])
def test_interactions_below_contraindicated_warn(severity: str) -> None:
    rows = replace(small_rows(), interactions=(Interaction(WARFARIN, NSAID, severity, citation=LABEL),))
    plan = build_plan(patient_with(PAIN, medications=taking(WARFARIN)), Knowledge.from_rows(rows))
    nsaid = next(line for line in plan.lines if line.drugs[0].curie == NSAID)
    assert [v.severity for v in nsaid.verdicts if v.outcome is Outcome.CAUTION] == [severity]
