"""Substitutes for a blocked partner."""

from __future__ import annotations

from dataclasses import replace

from recommender.build_plan import build_plan
from recommender.facts import Concept, Contraindication, Coverage, Indication, Membership
from recommender.knowledge import Knowledge
from recommender.safety.gate import NEEDED
from tests.recommender.worlds import CLOT, INFECTION, LABEL, MACROLIDE, NSAID, NSAIDS, ULCER, patient_with, small_rows

OTHER = "DRUGBANK:O"


def world(*indications: Indication) -> Knowledge:
    """Macrolide with nsaid as one regimen; another NSAID without contraindication stands beside."""
    rows = small_rows()
    regimen = Indication(MACROLIDE, INFECTION, "L1", 1, "combination", (NSAID,), citation=LABEL)
    return Knowledge.from_rows(
        replace(
            rows,
            concepts=(*rows.concepts, Concept(OTHER, "other", "Drug")),
            indications=(regimen, *indications, *rows.indications),
            memberships=(*rows.memberships, Membership(OTHER, NSAIDS, LABEL)),
            contraindications=(*rows.contraindications, Contraindication(OTHER, CLOT, "absolute", citation=LABEL)),
            coverage=(*rows.coverage, *(Coverage(OTHER, check, LABEL) for check in NEEDED)),
        )
    )


def test_a_blocked_partner_is_replaced_by_one_of_its_class_that_treats_the_condition() -> None:
    knowledge = world(Indication(OTHER, INFECTION, "L2", 2, citation=LABEL))
    plan = build_plan(patient_with(INFECTION, ULCER), knowledge)
    line = next(x for x in plan.lines if len(x.drugs) == 2)
    assert [d.name for d in line.drugs] == ["macrolide", "other"]
    assert {c.name: c.because for c in line.contributions}["replaced_partner"] == "other in place of nsaid"
    assert ("macrolide", "nsaid") in [tuple(d.name for d in e.drugs) for e in plan.excluded]


def test_a_drug_that_does_not_treat_the_condition_is_no_substitute() -> None:
    plan = build_plan(patient_with(INFECTION, ULCER), world())
    assert all(len(line.drugs) == 1 for line in plan.lines)
