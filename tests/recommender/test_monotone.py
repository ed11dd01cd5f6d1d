"""Property: adding an unsafe fact about a drug never raises its verdict or score, and nothing blocked is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recommender.build_plan import build_plan
from recommender.candidates import find_candidates
from recommender.facts import (
    AgeLimit,
    Contraindication,
    GeneDrug,
    HepaticLimit,
    Interaction,
    LifestyleLimit,
    QtRisk,
    RenalLimit,
    ReproductiveLimit,
    Rows,
    SideEffect,
)
from recommender.knowledge import Knowledge
from recommender.patient import GenomicFinding, LifestyleFact, Patient
from recommender.safety.gate import CHECKS, check_drug, is_blocked
from recommender.safety.verdict import Check, Outcome, worst
from recommender.score import score_candidate
from recommender.situation import build_situation
from tests.recommender.worlds import (
    DRUGS,
    INFECTION,
    LABEL,
    PENICILLIN,
    PENICILLINS,
    ULCER,
    WARFARIN,
    allergic_to,
    measured,
    patient_with,
    small_rows,
    taking,
    unknown,
)

DRUG = PENICILLIN
RULES: tuple[Rows, ...] = (
    Rows(contraindications=(Contraindication(DRUG, ULCER, "absolute", citation=LABEL),)),
    Rows(contraindications=(Contraindication(DRUG, ULCER, "relative", citation=LABEL),)),
    Rows(interactions=(Interaction(DRUG, WARFARIN, "contraindicated", citation=LABEL),)),
    Rows(interactions=(Interaction(DRUG, WARFARIN, "major", citation=LABEL),)),
    Rows(interactions=(Interaction(DRUG, WARFARIN, "minor", citation=LABEL),)),
    Rows(renal_limits=(RenalLimit(DRUG, "egfr_ml_min_1_73m2", 30.0, verdict="blocked", citation=LABEL),)),
    Rows(hepatic_limits=(HepaticLimit(DRUG, "C", verdict="caution", citation=LABEL),)),
    Rows(reproductive_limits=(ReproductiveLimit(DRUG, "pregnancy", verdict="blocked", citation=LABEL),)),
    Rows(age_limits=(AgeLimit(DRUG, None, 75.0, verdict="caution", citation=LABEL),)),
    Rows(gene_drug=(GeneDrug(DRUG, "CYP2C19", "poor metabolizer", "toxicity", verdict="blocked", citation=LABEL),)),
    Rows(qt_risks=(QtRisk(DRUG, "possible", LABEL),)),
    Rows(lifestyle_limits=(LifestyleLimit(DRUG, "alcohol", verdict="blocked", citation=LABEL),)),
    Rows(interactions=(Interaction(PENICILLINS, WARFARIN, "moderate", citation=LABEL),)),
    Rows(side_effects=(SideEffect(DRUG, "HP:1", "uncommon", LABEL),)),
)  # fmt: skip
NEVER = -10_000  # of a drug that is in no line


def with_rules(rules: list[Rows], uncovered: Iterable[str] = ()) -> Knowledge:
    rows = small_rows()
    rows = replace(rows, coverage=tuple(c for c in rows.coverage if c.drug != DRUG or c.check not in uncovered))
    for extra in rules:
        for name in extra.__dataclass_fields__:
            rows = replace(rows, **{name: (*getattr(rows, name), *getattr(extra, name))})
    return Knowledge.from_rows(rows)


def worsened(patient: Patient, fact: str) -> Patient:
    """The patient with one more fact that a rule may speak of."""
    late = "2026-09-10"
    low_egfr, long_qtc = measured("egfr_ml_min_1_73m2", 12.0, late), measured("qtc_ms", 510.0, late)
    unmapped = tuple(replace(a, concept=unknown()) for a in allergic_to(DRUG))
    changes: dict[str, Patient] = {
        "ulcer": replace(patient, conditions=(*patient.conditions, *patient_with(ULCER).conditions)),
        "warfarin": replace(patient, medications=(*patient.medications, *taking(WARFARIN))),
        "kidneys": replace(patient, measurements=(*patient.measurements, low_egfr)),
        "liver": replace(patient, child_pugh="C"),
        "pregnant": replace(patient, sex="female", pregnant=True),
        "gene": replace(patient, genome=(*patient.genome, GenomicFinding("CYP2C19", "Poor Metabolizer"))),
        "qtc": replace(patient, measurements=(*patient.measurements, long_qtc)),
        "alcohol": replace(patient, lifestyle=(*patient.lifestyle, LifestyleFact("alcohol", True))),
        "allergy": replace(patient, allergies=(*patient.allergies, *allergic_to(DRUG))),
        "unmapped allergy": replace(patient, allergies=(*patient.allergies, *unmapped)),
    }
    return changes[fact]


def healthy(patient: Patient, fact: str) -> Patient:
    """The patient with one more finding that a rule may ask for and that speaks against nothing."""
    late = "2026-09-10"
    normal = (measured("bilirubin_mg_dl", 0.6, late), measured("albumin_g_dl", 4.2, late))
    changes: dict[str, Patient] = {
        "kidneys": replace(patient, measurements=(*patient.measurements, measured("egfr_ml_min_1_73m2", 95.0, late))),
        "liver": replace(patient, measurements=(*patient.measurements, *normal)),
        "child-pugh": replace(patient, child_pugh="A"),
        "not pregnant": replace(patient, sex="female", pregnant=False),
        "gene": replace(patient, genome=(*patient.genome, GenomicFinding("CYP2C19", "Normal Metabolizer"))),
        "qtc": replace(patient, measurements=(*patient.measurements, measured("qtc_ms", 400.0, late))),
        "alcohol": replace(patient, lifestyle=(*patient.lifestyle, LifestyleFact("alcohol", False))),
    }
    return changes[fact]


HEALTHY = ("kidneys", "liver", "child-pugh", "not pregnant", "gene", "qtc", "alcohol")
CHECK_OF = {
    "ulcer": Check.CONTRAINDICATION,
    "warfarin": Check.INTERACTION,
    "kidneys": Check.RENAL,
    "liver": Check.HEPATIC,
    "pregnant": Check.PREGNANCY,
    "gene": Check.PHARMACOGENOMICS,
    "qtc": Check.QT,
    "alcohol": Check.FOOD_LIFESTYLE,
    "allergy": Check.ALLERGY,
    "unmapped allergy": Check.ALLERGY,
}
FACTS = tuple(CHECK_OF)


def standing(patient: Patient, knowledge: Knowledge) -> tuple[Outcome, int]:
    situation = build_situation(patient, knowledge)
    verdicts = check_drug(DRUG, situation, knowledge)
    candidates, _ = find_candidates(INFECTION, situation, knowledge)
    candidate = next(c for c in candidates if c.drugs == (DRUG,))
    return worst(verdicts), score_candidate(candidate, verdicts, situation, knowledge).score


def _speaks_against(check: Check, patient: Patient, knowledge: Knowledge) -> bool:
    """A fact is unsafe for the drug when its check no longer says ok."""
    return worst(CHECKS[check](DRUG, build_situation(patient, knowledge), knowledge)) is not Outcome.OK


@settings(max_examples=150, deadline=None)
@given(
    rules=st.lists(st.sampled_from(RULES), max_size=6),
    before=st.lists(st.sampled_from(FACTS), max_size=4, unique=True),
    added=st.sampled_from(FACTS),
)
def test_an_unsafe_fact_never_raises_the_drug(rules: list[Rows], before: list[str], added: str) -> None:
    knowledge, patient = with_rules(rules), patient_with(INFECTION)
    for fact in before:
        patient = worsened(patient, fact)
    after = worsened(patient, added)
    patient = replace(patient, sex=after.sex)  # so that only the fact itself is new
    assume(_speaks_against(CHECK_OF[added], after, knowledge))
    old_outcome, old_score = standing(patient, knowledge)
    new_outcome, new_score = standing(after, knowledge)
    assert new_outcome.rank >= old_outcome.rank
    assert new_score <= old_score


def best_line(patient: Patient, knowledge: Knowledge) -> int:
    """The score of the drug's line in the plan."""
    lines = build_plan(patient, knowledge).lines
    return next((line.score for line in lines if DRUG in {d.curie for d in line.drugs}), NEVER)


@settings(max_examples=300, deadline=None)
@given(
    rules=st.lists(st.sampled_from(RULES), max_size=4),
    added=st.sampled_from(RULES),
    facts=st.lists(st.sampled_from(FACTS), max_size=2, unique=True),
    normal=st.sets(st.sampled_from(HEALTHY)),
    uncovered=st.sets(st.sampled_from(list(Check))),
)
def test_an_unsafe_rule_never_raises_the_drug(
    rules: list[Rows], added: Rows, facts: list[str], normal: set[str], uncovered: set[Check]
) -> None:
    patient = patient_with(INFECTION)
    for fact in sorted(normal):
        patient = healthy(patient, fact)
    for fact in facts:
        patient = worsened(patient, fact)
    old, new = with_rules(rules, uncovered), with_rules([*rules, added], uncovered)
    old_outcome, old_score = standing(patient, old)
    new_outcome, new_score = standing(patient, new)
    assert new_outcome.rank >= old_outcome.rank
    assert new_score <= old_score
    assert best_line(patient, new) <= best_line(patient, old)


@settings(max_examples=100, deadline=None)
@given(
    rules=st.lists(st.sampled_from(RULES), max_size=6),
    facts=st.lists(st.sampled_from(FACTS), max_size=5, unique=True),
    conditions=st.lists(st.sampled_from(["DOID:1", "DOID:2", "DOID:4"]), min_size=1, max_size=3, unique=True),
    taken=st.lists(st.sampled_from(DRUGS), max_size=2, unique=True),
)
def test_nothing_blocked_is_ever_in_a_line(
    rules: list[Rows], facts: list[str], conditions: list[str], taken: list[str]
) -> None:
    knowledge, patient = with_rules(rules), patient_with(*conditions, medications=taking(*taken))
    for fact in facts:
        patient = worsened(patient, fact)
    plan = build_plan(patient, knowledge)
    situation = build_situation(patient, knowledge)
    for line in plan.lines:
        assert line.score == sum(c.value for c in line.contributions)
        for drug in line.drugs:
            assert not is_blocked(check_drug(drug.curie, situation, knowledge))
