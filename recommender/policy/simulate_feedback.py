"""Simulated feedback on real plans: patients of the graph's conditions, slates of the base ranking, a hidden truth.

What a drug truly does follows the graph (its stated line and its side effects) and a hidden deviation for each drug,
condition and age group, which the graph does not state and the learner is not told. The clinician who chooses sees the
age, and prefers what burdens less for the old: confounding by indication. What failed stands in the record of the next
visit, so that the second slate is one after a failed line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np

from recommender.knowledge import Knowledge
from recommender.patient import Concept, Condition, Mapping, Measurement, Medication, Origin, Patient, StopReason
from recommender.policy.arrays import Floats, softmax
from recommender.policy.features import to_record
from recommender.policy.world import LINE_EFFECT, UNSTATED_EFFECT
from recommender.recommend import Recommender
from recommender.score import Ranked, Scored
from recommender.situation import Situation

AS_OF: Final = date(2026, 1, 1)
OLD_YEARS: Final = 65
DEVIATION: Final = 0.3
POINTS_PER_ODDS: Final = 80.0
EXPLORATION: Final = 0.1
MAX_OPTIONS: Final = 8
MAX_LINES: Final = 3
HARM: Final = 0.03
HARM_PER_POINT: Final = 0.002
_ORIGIN: Final = Origin("simulated", AS_OF.isoformat())


@dataclass(frozen=True, slots=True)
class Slate:
    """What a plan offered for one condition: its candidates that passed the gate, best first."""

    situation: Situation
    options: tuple[Scored, ...]


def draw_patients(knowledge: Knowledge, size: int, seed: int, conditions: Collection[str] = ()) -> Iterator[Patient]:
    """Patients with one condition, of the given ones or else of all that the graph states several treatments for, and
    the usual few numbers."""
    rng = np.random.default_rng([seed, 21])
    treated = (c for c, rows in knowledge.indications_of.items() if len({r.drug for r in rows}) >= 3)
    several = sorted(conditions or treated)
    for i in range(size):
        age, curie = float(rng.integers(20, 90)), several[int(rng.integers(len(several)))]
        said = Concept(knowledge.name(curie), curies=(curie,), mapping=Mapping.EXACT)
        values = {"egfr_ml_min_1_73m2": rng.normal(100 - 0.5 * age, 12), "systolic_mmhg": rng.normal(130, 15)}
        yield Patient(
            f"simulated-{seed}-{i}",
            AS_OF,
            sex=("female", "male")[int(rng.integers(2))],
            stated_age_years=age,
            conditions=(Condition(said, "active", origin=_ORIGIN),),
            no_medications=True,
            no_known_allergies=True,
            measurements=tuple(Measurement(m, round(float(v), 1), "", _ORIGIN) for m, v in values.items()),
        )


def simulate_feedback(recommender: Recommender, patients: Iterable[Patient], seed: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the records of a feedback log: one episode a patient and condition, up to three lines of therapy each."""
    rng = np.random.default_rng([seed, 22])
    for patient in patients:
        mapped = recommender.map(patient)
        for condition in find_slates(recommender, mapped):
            yield from _treat(recommender, mapped, condition, rng, seed)


def find_slates(recommender: Recommender, patient: Patient) -> dict[str, Slate]:
    """What the base ranking offers a mapped patient, by condition; those with one option or none are left out."""
    caught: dict[str, Slate] = {}

    def catch(situation: Situation, ranked: Ranked) -> Ranked:
        if len(ranked.scored) > 1:
            caught[ranked.condition] = Slate(situation, ranked.scored[:MAX_OPTIONS])
        return ranked

    recommender.reordered(catch).recommend_mapped(patient)
    return caught


def true_effect(scored: Scored, age_years: float | None, seed: int) -> float:
    """The hidden chance of remission: by the stated line, off by a deviation of drug, condition and age group."""
    candidate = scored.candidate
    group = "old" if (age_years or 0.0) >= OLD_YEARS else "young"
    digest = hashlib.blake2b(f"{seed} {candidate.lead} {candidate.condition} {group}".encode(), digest_size=2).digest()
    deviation = DEVIATION * (2 * int.from_bytes(digest, "big") / 65535 - 1)
    return min(max(LINE_EFFECT.get(candidate.line, UNSTATED_EFFECT) + deviation, 0.02), 0.98)


def true_harm(scored: Scored) -> float:
    """The chance of a severe adverse event, more with the graph's side-effect burden."""
    return HARM - HARM_PER_POINT * min(_burden(scored), 0)


def _treat(
    recommender: Recommender, patient: Patient, condition: str, rng: np.random.Generator, seed: int
) -> Iterator[dict[str, Any]]:
    for step in range(MAX_LINES):
        slate = find_slates(recommender, patient).get(condition)
        if slate is None:
            return
        chances = _choose(slate, patient.age_years)
        action = int(rng.choice(chances.size, p=chances))
        chosen = slate.options[action]
        is_harmed = rng.random() < true_harm(chosen)
        is_helped = not is_harmed and rng.random() < true_effect(chosen, patient.age_years, seed)
        is_over = is_harmed or is_helped or step == MAX_LINES - 1
        outcome = {"effect": float(is_helped), "adverse_events": int(is_harmed), "burden": 0.1, "accepted": action == 0}
        episode = f"{patient.patient_id} {condition}"
        yield to_record(episode, step, slate.situation.patient, slate.options, recommender.knowledge) | {
            "action": action,
            "propensity": float(chances[action]),
            "outcome": outcome,
            "terminal": is_over,
            "evidence": "simulated",
        }
        if is_over:
            return
        patient = _remember(patient, chosen)


def _choose(slate: Slate, age_years: float | None) -> Floats:
    """The clinician's chances [A]: by the base score, and for the old by the burden as well."""
    wish = np.array([float(s.score) for s in slate.options])
    if (age_years or 0.0) >= OLD_YEARS:
        wish += np.array([float(_burden(s)) for s in slate.options])
    chances = softmax(wish[None] / POINTS_PER_ODDS)[0]
    return np.asarray((1 - EXPLORATION) * chances + EXPLORATION / chances.size)


def _remember(patient: Patient, failed: Scored) -> Patient:
    """The record of the next visit: the drugs were stopped because they did not help."""
    stopped = tuple(
        Medication(
            Concept(drug, curies=(drug,), mapping=Mapping.EXACT),
            "stopped",
            origin=_ORIGIN,
            stop_reason=StopReason.INEFFECTIVE,
        )
        for drug in failed.candidate.drugs
    )
    return replace(patient, medications=patient.medications + stopped, no_medications=False)


def _burden(scored: Scored) -> int:
    return sum(c.value for c in scored.contributions if c.name == "side_effect_burden")
