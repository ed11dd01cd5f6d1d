"""What was served, the feedback on it, and the way from a registry into plans."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from kg.errors import ModelError
from recommender.policy.episodes import write_episodes
from recommender.policy.feedback import read_feedback
from recommender.policy.log_file import drop_lines, read_lines
from recommender.policy.registry import RegistryState, _write_state, shadow_policy
from recommender.policy.rerank import Move, build_slate
from recommender.policy.served import LOG, MAX_AGE, SLATES, Offer, SlateLog
from recommender.policy.serving import load_reranker, with_policy
from recommender.policy.simulate_feedback import draw_patients, find_slates, simulate_feedback
from recommender.policy.train import train_policy
from recommender.recommend import Recommender
from tests.recommender.memory_graph import MemoryGraph
from tests.recommender.worlds import INFECTION, MACROLIDE, PENICILLIN, patient_with, small_rows, small_world

from .logs import bandit_log

WORLD = Recommender(MemoryGraph([], []), small_rows())


def to_pseudonym(patient_id: str) -> str:
    """Stands for the service's keyed hash."""
    return f"nobody-{len(patient_id)}"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy of simulated feedback, in shadow."""
    home = tmp_path_factory.mktemp("registry")
    records = list(simulate_feedback(WORLD, draw_patients(WORLD.knowledge, 120, 0), 0))
    (home / "log.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    write_episodes(read_feedback(home / "log.jsonl"), home / "log.parquet")
    train_policy(home / "log.parquet", home / "policy", 0)
    shadow_policy(home / "policy", home / "policies")
    return home / "policies"


def test_simulated_care_is_a_feedback_log_and_a_failed_drug_is_remembered(registry: Path) -> None:
    episodes = read_feedback(registry.parent / "log.jsonl")
    assert episodes.evidence == "simulated"
    assert episodes.num_episodes == 120
    second = np.flatnonzero(episodes.step == 1)
    assert second.size
    failed = episodes.observation[:, 6]
    assert (failed[second] == 1).all()
    assert (failed[episodes.step == 0] == 0).all()


def test_an_empty_registry_changes_nothing(tmp_path: Path) -> None:
    assert with_policy(WORLD, tmp_path) is WORLD


def test_what_rests_on_simulation_serves_in_the_demonstration_only(registry: Path, tmp_path: Path) -> None:
    shadow = load_reranker(registry, WORLD.knowledge)
    assert shadow is not None
    assert shadow.in_shadow
    version = shadow.info.version
    _write_state(registry, RegistryState(promoted=version))
    outside, inside = (load_reranker(registry, WORLD.knowledge, for_demo=d) for d in (False, True))
    _write_state(registry, RegistryState(shadow=version))
    assert outside is not None
    assert outside.in_shadow
    assert inside is not None
    assert not inside.in_shadow


def test_a_promoted_policy_that_ranks_no_plans_is_named(tmp_path: Path) -> None:
    write_episodes(bandit_log(lambda seen, action: 1.0, 60), tmp_path / "log.jsonl")
    train_policy(tmp_path / "log.jsonl", tmp_path / "policy", 0)
    version = shadow_policy(tmp_path / "policy", tmp_path).version
    assert load_reranker(tmp_path, small_world()) is None
    _write_state(tmp_path, RegistryState(promoted=version))
    with pytest.raises(ModelError, match="policy rollback"):
        load_reranker(tmp_path, small_world())


def test_feedback_is_joined_to_what_was_shown(registry: Path, tmp_path: Path) -> None:
    log = SlateLog(tmp_path, to_pseudonym)
    serving = with_policy(WORLD, registry, slates=log)
    serving.recommend(patient_with(INFECTION))
    lines = serving.recommend(patient_with(INFECTION)).lines
    first = next(line for line in lines if line.drugs[0].curie == PENICILLIN)
    assert not log.answer(Offer(INFECTION, (PENICILLIN,), first.score + 1), accepted=True)
    assert log.answer(Offer(INFECTION, (PENICILLIN,), first.score), accepted=True)
    found = read_feedback(tmp_path / LOG)
    assert found.reward[0] == pytest.approx(0.05)
    assert 0 < found.propensity[0] < 1
    assert not log.answer(Offer(INFECTION, (PENICILLIN,), first.score), accepted=True)
    assert oct((tmp_path / SLATES).stat().st_mode)[-3:] == "600"
    assert '"p"' not in (tmp_path / SLATES).read_text(encoding="utf-8")


def test_feedback_that_fits_two_patients_is_not_guessed(registry: Path, tmp_path: Path) -> None:
    log = SlateLog(tmp_path, to_pseudonym)
    serving = with_policy(WORLD, registry, slates=log)
    for patient in (patient_with(INFECTION), patient_with(INFECTION, birth_date=date(1980, 1, 1))):
        lines = serving.recommend(patient).lines
    score = next(line.score for line in lines if line.drugs[0].curie == MACROLIDE)
    assert not log.answer(Offer(INFECTION, (MACROLIDE,), score), accepted=False)
    assert not (tmp_path / LOG).exists()


def test_a_card_s_feedback_finds_its_own_patient(registry: Path, tmp_path: Path) -> None:
    """Two patients were shown the same regimen: the page could not say whose it was, a card can."""
    log = SlateLog(tmp_path, to_pseudonym)
    serving = with_policy(WORLD, registry, slates=log)
    for patient_id in ("p", "another"):
        lines = serving.recommend(patient_with(INFECTION, patient_id=patient_id)).lines
    line = next(line for line in lines if line.drugs[0].curie == MACROLIDE)
    offers = {name: Offer(INFECTION, (drug,), line.score) for name, drug in (("s1", MACROLIDE), ("s2", PENICILLIN))}
    log.keep_card("card", "another", offers)
    log.keep_card("single", "another", {"s1": offers["s1"]})
    assert not log.answer_card("unknown card", ["s1"])
    assert not log.answer_card("card", [])
    assert not log.answer_card("card", ["s3"])
    assert log.answer_card("card", ["s1"])
    assert [r["patient"] for r in read_lines(tmp_path / LOG)] == [to_pseudonym("another")]
    found = read_feedback(tmp_path / LOG)
    assert 0 < found.propensity[0] < 1
    log.erase("another")
    assert read_lines(tmp_path / LOG) == []
    assert {line["patient"] for line in read_lines(tmp_path / SLATES)} == {to_pseudonym("p")}


def test_a_refused_card_with_one_suggestion_is_learnt_from(registry: Path, tmp_path: Path) -> None:
    log = SlateLog(tmp_path, to_pseudonym)
    line = with_policy(WORLD, registry, slates=log).recommend(patient_with(INFECTION)).lines[0]
    log.keep_card("single", "p", {"s1": Offer(INFECTION, tuple(d.curie for d in line.drugs), line.score)})
    assert log.answer_card("single", [])
    assert read_feedback(tmp_path / LOG).reward[0] == 0


def test_slates_of_yesterday_go(registry: Path, tmp_path: Path) -> None:
    log = SlateLog(tmp_path, to_pseudonym)
    with_policy(WORLD, registry, slates=log).recommend(patient_with(INFECTION))
    assert log.expire() == 0
    path = tmp_path / SLATES
    old = json.loads(path.read_text(encoding="utf-8"))
    old["time"] = (datetime.fromisoformat(old["time"]) - MAX_AGE).isoformat()
    path.write_text(path.read_text(encoding="utf-8") + json.dumps(old) + "\n", encoding="utf-8")
    assert log.expire() == 1
    assert len(read_lines(path)) == 1
    assert oct(path.stat().st_mode)[-3:] == "600"
    assert drop_lines(tmp_path / "absent", lambda line: True) == 0


def test_a_move_says_what_it_rests_on(registry: Path) -> None:
    found = load_reranker(registry, WORLD.knowledge, for_demo=True)
    assert found is not None
    move = Move((MACROLIDE,), before=2, after=0, points=40, gain=0.4, spread=0.1)
    patient = patient_with(INFECTION)
    slate = find_slates(WORLD, WORLD.map(patient))[INFECTION]
    words = found._explain(move, build_slate(slate.situation, slate.options, found.info, WORLD.knowledge))
    assert words.startswith("moved up 2: patients with these features improved more on it by 0.40 ± 0.10, ")
    assert re.search(r"\d+ episodes like this one \(effective n \d+\) of 120 simulated episodes", words)
