"""The seam into the plan: bounded, explained, never beyond the gate, silent in shadow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from kg.errors import ModelError
from recommender.build_plan import build_plan
from recommender.patient import LifestyleFact, Patient
from recommender.policy.arrays import Floats
from recommender.policy.behaviour import Behaviour
from recommender.policy.contextual import ContextualConfig
from recommender.policy.features import (
    LABS,
    MODALITIES,
    NUM_EMBEDDED,
    OPTION_FEATURES,
    OPTION_WIDTH,
    describe_option,
    embed_drugs,
    fuse_patient,
)
from recommender.policy.policy import Policy, TrustConfig
from recommender.policy.rerank import CONTRIBUTION, MAX_POINTS, Reranker
from recommender.policy.state import States
from recommender.policy.train import PolicyInfo, TrainConfig
from recommender.score import Ranked
from recommender.situation import Situation, build_situation
from tests.recommender.worlds import (
    AMPICILLIN,
    INFECTION,
    PENICILLIN,
    PENICILLINS,
    allergic_to,
    patient_with,
    small_world,
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """Members that believe in what has few points of evidence, each by its own factor."""

    factors: tuple[float, ...]

    def predict(self, states: States) -> Floats:
        level = states.options[:, :, OPTION_FEATURES.index("evidence_grade")]
        line = states.options[:, :, OPTION_FEATURES.index("line_of_therapy")]
        return np.stack([-factor * (level + line) / 100 for factor in self.factors])

    def save(self, folder: Path) -> None:
        raise NotImplementedError


def reranker(*factors: float, by_index: bool = False, max_rank: int = 5, in_shadow: bool = False) -> Reranker:
    config = TrainConfig(
        evidence="simulated", contextual=ContextualConfig(by_index=by_index), trust=TrustConfig(max_rank=max_rank)
    )
    info = PolicyInfo("v1", config, 0, 5, sum(MODALITIES.values()), True, 410, 900, 0.4, 0.5, 0.1, None, "00")
    nothing = Behaviour(np.zeros(1), np.ones(1), np.zeros((2, 1)), np.ones(1, dtype=bool))
    return Reranker(Policy(Opinion(factors), nothing, config.trust, 0.5, 0.1), info, small_world(), in_shadow)


def situation_of(patient: Patient) -> Situation:
    return build_situation(patient, small_world())


def ranked_of(patient: Patient) -> Ranked:
    """The base ranking as the plan hands it to a policy."""
    caught: list[Ranked] = []

    def catch(situation: Situation, ranked: Ranked) -> Ranked:
        caught.append(ranked)
        return ranked

    build_plan(patient, small_world(), reorder=catch)
    return caught[0]


def test_a_move_is_a_bounded_line_of_the_table() -> None:
    patient = patient_with(INFECTION)
    base = ranked_of(patient)
    after, moves = reranker(1.0, 1.1).rerank(situation_of(patient), base)
    assert len(base.scored) >= 2
    assert moves
    for scored in after.scored:
        lines = [c for c in scored.contributions if c.name == CONTRIBUTION]
        assert all(0 < c.value <= MAX_POINTS for c in lines)
        assert scored.score == sum(c.value for c in scored.contributions)
        assert all("of 410 simulated episodes (policy v1)" in c.because for c in lines)
    assert {id(s.candidate) for s in after.scored} == {id(s.candidate) for s in base.scored}


def test_members_that_disagree_move_nothing() -> None:
    patient = patient_with(INFECTION)
    after, moves = reranker(5.0, -5.0).rerank(situation_of(patient), ranked_of(patient))
    assert moves == ()
    assert after == ranked_of(patient)


def test_nothing_moves_from_beyond_the_trust_region() -> None:
    patient = patient_with(INFECTION)
    assert reranker(1.0, max_rank=1).rerank(situation_of(patient), ranked_of(patient))[1] == ()


def test_the_plan_shows_the_line_and_nothing_blocked_comes_back() -> None:
    patient = replace(patient_with(INFECTION), allergies=allergic_to(PENICILLINS))
    base = build_plan(patient, small_world())
    moved = build_plan(patient, small_world(), reorder=reranker(1.0))
    shown = [tuple(d.curie for d in line.drugs) for line in moved.lines]
    assert sorted(shown) == sorted(tuple(d.curie for d in line.drugs) for line in base.lines)
    assert any(c.name == CONTRIBUTION for line in moved.lines for c in line.contributions)
    assert [e.drugs for e in moved.excluded] == [e.drugs for e in base.excluded]


def test_a_policy_that_adds_what_it_was_not_given_changes_nothing() -> None:
    patient = patient_with(INFECTION)
    forged = ranked_of(patient_with(INFECTION)).scored[0]
    forged = replace(forged, verdicts=())
    plan = build_plan(patient, small_world(), reorder=lambda s, r: Ranked(r.condition, (forged, *r.scored)))
    assert plan.lines == build_plan(patient, small_world()).lines


def test_shadow_changes_nothing() -> None:
    patient = patient_with(INFECTION)
    base = ranked_of(patient)
    assert reranker(1.0, in_shadow=True)(situation_of(patient), base) is base


def test_a_policy_of_numbered_actions_is_refused() -> None:
    patient = patient_with(INFECTION)
    with pytest.raises(ModelError, match="described options"):
        reranker(1.0, by_index=True).rerank(situation_of(patient), ranked_of(patient))


def test_features_have_their_widths_and_missing_is_not_normal() -> None:
    nobody = fuse_patient(Patient("x", date(2026, 1, 1)))
    assert len(nobody) == sum(MODALITIES.values())
    assert nobody[:3] == (None, None, None)
    assert set(nobody[7 : 7 + 2 * len(LABS)]) == {None}
    smoker = Patient("x", date(2026, 1, 1), sex="female", lifestyle=(LifestyleFact("smoking", True),))
    assert fuse_patient(smoker)[1] == 1.0
    assert 1.0 in fuse_patient(smoker)[7 + 2 * len(LABS) :]
    scored = ranked_of(patient_with(INFECTION)).scored[0]
    features = describe_option(scored, small_world())
    assert len(features) == OPTION_WIDTH
    assert features[0] == 600.0
    assert features[len(OPTION_FEATURES)] == 1.0
    assert sum(x * x for x in features[-NUM_EMBEDDED:]) == pytest.approx(1.0)


def test_drugs_of_one_class_lie_together() -> None:
    penicillin, ampicillin = (np.array(embed_drugs((d,), small_world())) for d in (PENICILLIN, AMPICILLIN))
    assert penicillin @ ampicillin > 0.5
    assert not any(embed_drugs(("DRUGBANK:unknown",), small_world()))


def test_a_wide_disagreement_keeps_the_base_ranking() -> None:
    patient, sure = patient_with(INFECTION), reranker(1.0, 1.5)
    assert sure.rerank(situation_of(patient), ranked_of(patient))[1]
    narrow = replace(sure, policy=replace(sure.policy, widest=0.001))
    assert narrow.rerank(situation_of(patient), ranked_of(patient))[1] == ()
