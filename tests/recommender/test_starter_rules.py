"""Every curated safety row speaks for a patient made for it as it states, and is missed when it is deleted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from recommender.facts import Contraindication, GeneDrug, Interaction
from recommender.knowledge import Knowledge
from recommender.patient import GenomicFinding, LifestyleFact, Patient
from recommender.safety.contraindication import ACTIVE, ACUTE
from recommender.safety.gate import CHECKS
from recommender.safety.verdict import Check, Outcome, Verdict
from recommender.situation import build_situation
from tests.ontologies.safety_rules import read_list
from tests.recommender.memory_graph import starter_recommender
from tests.recommender.worlds import allergic_to, measured, patient_with, taking

OTHER_CONDITION = "DOID:0"
Case = tuple[str, Patient, Outcome]


def knowledge() -> Knowledge:
    return starter_recommender().knowledge


def verdicts(check: Check, case: Case, known: Knowledge) -> tuple[Verdict, ...]:
    drug, patient, _ = case
    return CHECKS[check](drug, build_situation(patient, known), known)


def without(name: str, drugs: Iterable[str], row: Any) -> Knowledge:
    """The knowledge as if the row had been deleted."""
    known = knowledge()
    mapping = dict(getattr(known, name))
    for drug in drugs:
        mapping[drug] = tuple(r for r in mapping.get(drug, ()) if r is not row)
    changed: Any = {name: mapping}
    return replace(known, **changed)


def for_contraindication(row: Contraindication) -> Case:
    """An active condition that began on an unknown day: what the row says of active or acute disease holds, too."""
    is_certain = row.severity == "absolute" and row.population in {"", *ACTIVE, *ACUTE}
    return row.drug, patient_with(row.condition), Outcome.BLOCKED if is_certain else Outcome.CAUTION


def for_renal(row: Any) -> Case:
    return (
        row.drug,
        patient_with(OTHER_CONDITION, measurements=(measured(row.measure, row.below - 0.1),)),
        Outcome(row.verdict),
    )


def for_hepatic(row: Any) -> Case:
    return row.drug, patient_with(OTHER_CONDITION, child_pugh=row.child_pugh), Outcome(row.verdict)


def for_reproductive(row: Any) -> Case:
    state = {"pregnancy": "pregnant", "lactation": "lactating"}[row.state]
    return row.drug, patient_with(OTHER_CONDITION, sex="female", **{state: True}), Outcome(row.verdict)


def for_age(row: Any) -> Case:
    age = row.max_years + 1 if row.min_years is None else row.min_years - 0.01
    return row.drug, patient_with(OTHER_CONDITION, birth_date=None, stated_age_years=age), Outcome(row.verdict)


def for_gene(row: GeneDrug) -> Case:
    number = re.search(r"(>=|>|<=|<)\s*(\d+(?:\.\d+)?)", row.finding)
    finding = row.finding.split("|")[0]
    if number:
        finding = str(float(number.group(2)) + {">=": 0, ">": 1, "<=": 0, "<": -0.5}[number.group(1)])
    return row.drug, patient_with(OTHER_CONDITION, genome=(GenomicFinding(row.gene, finding),)), Outcome(row.verdict)


def for_lifestyle(row: Any) -> Case:
    return row.drug, patient_with(OTHER_CONDITION, lifestyle=(LifestyleFact(row.factor, True),)), Outcome(row.verdict)


CASES: list[tuple[Check, str, Callable[[Any], Case]]] = [
    (Check.CONTRAINDICATION, "contraindications_of", for_contraindication),
    (Check.RENAL, "renal_limits_of", for_renal),
    (Check.HEPATIC, "hepatic_limits_of", for_hepatic),
    (Check.PREGNANCY, "reproductive_limits_of", for_reproductive),
    (Check.LACTATION, "reproductive_limits_of", for_reproductive),
    (Check.AGE, "age_limits_of", for_age),
    (Check.FOOD_LIFESTYLE, "lifestyle_limits_of", for_lifestyle),
    (Check.PHARMACOGENOMICS, "gene_drug_of", for_gene),
]


def patient_for(table: str, when: str) -> tuple[Check, Patient] | None:
    """The patient of whom a reviewed rule speaks, from the rule's words alone; None where words do not make one."""
    if table == "renal_limits":
        measure, below = when.split(" below ")
        return Check.RENAL, patient_with(OTHER_CONDITION, measurements=(measured(measure, float(below) - 0.1),))
    if table == "hepatic_limits":
        return Check.HEPATIC, patient_with(OTHER_CONDITION, child_pugh=when)
    if table == "pregnancy_lactation":
        state = {"pregnancy": "pregnant", "lactation": "lactating"}[when]
        return Check(when), patient_with(OTHER_CONDITION, sex="female", **{state: True})
    if table == "age_limits":
        low, high = when.split(" to ")
        age = float(high) + 1 if low == "-" else float(low) - 0.01
        return Check.AGE, patient_with(OTHER_CONDITION, birth_date=None, stated_age_years=age)
    if table == "food_lifestyle":
        return Check.FOOD_LIFESTYLE, patient_with(OTHER_CONDITION, lifestyle=(LifestyleFact(when, True),))
    if table == "contraindications" and "(" not in when:
        return Check.CONTRAINDICATION, patient_with(when.rpartition(" ")[2])
    return None


OUTCOMES = {"absolute": Outcome.BLOCKED, "relative": Outcome.CAUTION}


def test_the_gate_says_what_the_reviewed_list_says() -> None:
    known, drugs = knowledge(), starter_recommender().codes.drugs_by_name
    unsaid, num = [], 0
    for table, subject, when, what in read_list():
        made = patient_for(table, when)
        if made is None:
            continue
        num += 1
        check, patient = made
        wanted = OUTCOMES.get(what) or Outcome(what)
        if wanted not in {v.outcome for v in verdicts(check, (drugs[subject][0], patient, wanted), known)}:
            unsaid.append(f"{table}: {subject}, {when}: {what}")
    assert unsaid == []
    assert num > 4_000


@pytest.mark.parametrize(("check", "name", "make"), CASES, ids=[c[0].value for c in CASES])
def test_every_row_speaks_and_is_missed_when_deleted(check: Check, name: str, make: Callable[[Any], Case]) -> None:
    rows = [r for group in getattr(knowledge(), name).values() for r in group]
    rows = [r for r in rows if check.value in (getattr(r, "state", check.value),)]
    silent, kept = [], []
    for row in rows:
        case = make(row)
        with_row = [
            v for v in verdicts(check, case, knowledge()) if v.outcome is case[2] and v.citation is row.citation
        ]
        if not with_row:
            silent.append(row)
        elif verdicts(check, case, without(name, [row.drug], row)) == verdicts(check, case, knowledge()):
            kept.append(row)
    assert silent == []
    assert kept == []


def test_every_interaction_speaks_and_is_missed_when_deleted() -> None:
    known = knowledge()
    rows = {id(r): r for group in known.interactions_of.values() for r in group}.values()
    silent = []
    for row in rows:
        case = for_interaction(row, known)
        if case is None:
            continue  # a class without members, or a pair of one drug
        spoken = verdicts(Check.INTERACTION, case, known)
        deleted = verdicts(Check.INTERACTION, case, without("interactions_of", {row.first, row.second}, row))
        told = any(v.citation is row.citation and v.outcome.rank >= Outcome.CAUTION.rank for v in spoken)
        if not told or len([v for v in deleted if v.severity]) >= len([v for v in spoken if v.severity]):
            silent.append(row)
    assert silent == []


def for_interaction(row: Interaction, known: Knowledge) -> Case | None:
    ours = known.members_of.get(row.first, (row.first,) if row.first in known.concepts else ())
    theirs = known.members_of.get(row.second, (row.second,) if row.second in known.concepts else ())
    pairs = [(a, b) for a in ours for b in theirs if a != b and a.startswith("DRUG") and b.startswith("DRUG")]
    if not pairs:
        return None
    return pairs[0][0], patient_with(OTHER_CONDITION, medications=taking(pairs[0][1])), Outcome.CAUTION


def test_every_contraindicated_interaction_blocks() -> None:
    known = knowledge()
    rows = {id(r): r for group in known.interactions_of.values() for r in group}.values()
    for row in rows:
        case = for_interaction(row, known)
        if row.severity == "contraindicated" and case is not None:
            found = [v for v in verdicts(Check.INTERACTION, case, known) if v.citation is row.citation]
            assert Outcome.BLOCKED in {v.outcome for v in found} or any(v.severity != "contraindicated" for v in found)


def test_every_cross_reactivity_speaks() -> None:
    known = knowledge()
    for row in {id(r): r for group in known.cross_reactivity_of.values() for r in group}.values():
        members = [d for d in known.members_of.get(row.second, (row.second,)) if d.startswith("DRUG")]
        for drug in members[:2]:
            case = (drug, patient_with(OTHER_CONDITION, allergies=allergic_to(row.first)), Outcome(row.verdict))
            assert max(v.outcome.rank for v in verdicts(Check.ALLERGY, case, known)) >= Outcome(row.verdict).rank


def test_every_qt_drug_speaks_with_another_one() -> None:
    known = knowledge()
    drugs = list(known.qt_risk_of)
    for drug in drugs:
        other = drugs[0] if drug != drugs[0] else drugs[1]
        case = (drug, patient_with(OTHER_CONDITION, medications=taking(other)), Outcome.CAUTION)
        assert {v.outcome for v in verdicts(Check.QT, case, known)} == {Outcome.CAUTION}
