"""Leave one modality out: what the ranking policy loses when a part of the patient is hidden from it.

Every patient has one binary trait for each of the six modalities, and it shows there only: age, eGFR, a genomic
finding, smoking, a mention in a note, the mean of an image vector. Each option of a slate works for the bearers of one
trait and poorly for others, so no modality is idle. Patients go through `fuse_patient`, as in a plan. A check of the
machinery, not of medicine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from recommender.patient import GenomicFinding, ImageVector, LifestyleFact, Measurement, Patient, TextMention
from recommender.policy.arrays import Bools, Floats, Ints, softmax
from recommender.policy.episodes import Episodes
from recommender.policy.features import MODALITIES, fuse_patient
from recommender.policy.state import build_states
from recommender.policy.train import choose_config, fit_policy

NUM_TRAITS: Final = len(MODALITIES)
SIZE: Final = 5_000
FITS, MISFITS, LEVEL_SPREAD = 0.7, 0.2, 0.05
POINTS: Final = 100.0
TEMPERATURE: Final = 60.0
_AS_OF: Final = date(2026, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """N decisions: what is seen [N, D], options [N, A, G], base scores and true chances of remission [N, A]."""

    seen: Floats
    options: Floats
    base: Floats
    chance: Floats

    def log(self, rng: np.random.Generator) -> Episodes:
        """One-step episodes: the clinician prefers what the base ranking does."""
        rows, wish = np.arange(len(self.seen)), softmax(self.base / TEMPERATURE)
        action = np.array([rng.choice(w.size, p=w) for w in wish])
        return Episodes(
            ids=tuple(map(str, rows)),
            episode=rows,
            step=np.zeros(rows.size, dtype=np.int64),
            observation=self.seen,
            action=action,
            reward=(rng.random(rows.size) < self.chance[rows, action]).astype(float),
            propensity=wish[rows, action],
            terminal=np.ones(rows.size, dtype=bool),
            mask=np.ones(self.base.shape, dtype=bool),
            base=self.base,
            options=self.options,
            evidence="simulated",
        )

    def value(self, action: Ints) -> float:
        """The true mean chance of remission of what was chosen [N]."""
        return float(self.chance[np.arange(action.size), action].mean())


def draw(size: int, rng: np.random.Generator) -> Cohort:
    """Patients with traits, each offered one option a trait; the base ranking knows the options' levels, no more."""
    traits = rng.random((size, NUM_TRAITS)) < 0.5
    seen = np.array([[np.nan if x is None else x for x in fuse_patient(to_patient(t, rng))] for t in traits])
    for_trait = np.argsort(rng.random((size, NUM_TRAITS)), axis=1)
    level = rng.normal(0, LEVEL_SPREAD, (size, NUM_TRAITS))
    fits = np.take_along_axis(traits, for_trait, axis=1)
    options = np.concatenate([np.eye(NUM_TRAITS)[for_trait], level[:, :, None]], axis=2)
    return Cohort(seen, options, POINTS * (1 + level), np.clip(np.where(fits, FITS, MISFITS) + level, 0, 1))


def to_patient(traits: Bools, rng: np.random.Generator) -> Patient:
    """A record that shows each trait in its own modality."""
    old, ill, carries, smokes, mentioned, bright = traits
    return Patient(
        "simulated",
        _AS_OF,
        stated_age_years=float(rng.integers(65, 90) if old else rng.integers(20, 65)),
        measurements=(Measurement("egfr_ml_min_1_73m2", float(rng.normal(40 if ill else 90, 10)), ""),),
        genome=(GenomicFinding("CYP2C19", "poor metaboliser"),) if carries else (),
        lifestyle=(LifestyleFact("smoking", bool(smokes)),),
        mentions=tuple(TextMention("cough", "HP:0012735", "symptom", negated=n) for n in (True, not mentioned)),
        images=(ImageVector(tuple(rng.normal(1.0 if bright else -1.0, 0.5, 8)), "simulated"),),
    )


def measure_modalities(seeds: range) -> dict[str, list[float]]:
    """Shares of the gap from base ranking to oracle by what is hidden, one a seed."""
    rows: dict[str, list[float]] = {}
    for seed in seeds:
        rng = np.random.default_rng([seed, 31])
        log, judged = draw(SIZE, rng).log(rng), draw(SIZE, rng)
        for name, hidden in (("nothing", np.zeros(log.observation.shape[1], dtype=bool)), *find_columns()):
            rows.setdefault(f"without {name}", []).append(measure_share(log, judged, hidden, rng))
        print(f"seed {seed}: " + ", ".join(f"{k} {v[-1]:.3f}" for k, v in rows.items()), flush=True)
    return rows


def find_columns() -> list[tuple[str, Bools]]:
    """Which values of the fused patient belong to each modality."""
    owner = np.repeat(np.arange(NUM_TRAITS), list(MODALITIES.values()))
    return [(name, owner == i) for i, name in enumerate(MODALITIES)]


def measure_share(log: Episodes, judged: Cohort, hidden: Bools, rng: np.random.Generator) -> float:
    """The share of the gap that a policy closes which never saw the hidden columns."""
    blind = replace(log, observation=np.where(hidden, np.nan, log.observation))
    policy = fit_policy(blind, 0, choose_config(blind))
    asked = replace(judged, seen=np.where(hidden, np.nan, judged.seen)).log(rng)
    found = judged.value(policy.decide(build_states(asked, NUM_TRAITS)).action)
    first, best = judged.value(judged.base.argmax(axis=1)), judged.value(_best(judged, policy.trust.max_rank))
    return (found - first) / (best - first)


def _best(judged: Cohort, max_rank: int) -> Ints:
    """The truly best option inside the trust region [N]."""
    rank = np.argsort(np.argsort(-judged.base, axis=1), axis=1)
    return np.asarray(np.where(rank < max_rank, judged.chance, -np.inf).argmax(axis=1))
